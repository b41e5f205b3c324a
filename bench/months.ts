/**
 * A month of a small site, put together: files, bytes, and what S3 asks for them. `node bench/months.ts --chargers 20`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parquetOptions } from '../adapters/duckdb-columns.ts'
import { openDuck, sqlText } from '../adapters/duckdb-open.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { filesOf } from '../embedded/folder.ts'
import { nightOf } from '../embedded/night-home.ts'
import { type ArchiveFile, DAY_MS } from '../events/archive.ts'
import { SMALL_FILE_BYTES } from '../events/archive-months.ts'
import type { LogRecord } from '../events/record.ts'
import { newFleet, runFleet } from '../firmware-model/fleet.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { putSessions, quiet } from './archive-day.ts'

const { values } = parseArgs({
  options: {
    chargers: { type: 'string', default: '20' },
    thermostats: { type: 'string', default: '10' },
    /** A reading so often while a car is there; as each board does unless told. */
    report_s: { type: 'string' },
  },
})

/** Dollars, us-east-1. Source: the price list of S3, November 2026. */
const GB_MONTH = { standard: 0.023, infrequent: 0.0125, instant: 0.004 }
const PER_1000 = { put: 0.005, get: 0.0004, get_instant: 0.01 }
/** To open a file and read it: its footer, and what follows. */
const GETS_A_FILE = 2

const START = Date.UTC(2026, 9, 1)
const data = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
try {
  const files = folderArchive(filesOf(data).archive)
  await land()
  await night('2026-10-31')
  const days = await files.list('2026/10/')
  const cpu = process.cpuUsage()
  await night('2026-11-02')
  const { user, system } = process.cpuUsage(cpu)
  const left = await files.list('2026/10/')
  const months = await files.list('months/')
  console.log({
    small_files: days.filter(({ bytes }) => bytes < SMALL_FILE_BYTES).length,
    'files that were big enough': left.length,
    cpu_s: Math.round((user + system) / 1e5) / 10,
  })
  show('a file a device and day', days)
  show('put together', [...left, ...months])
  console.log({ bytes_sorted_by_day: await sortedByDay(months.map(({ name }) => name)) })
} finally {
  rmSync(data, { recursive: true, force: true })
}

async function land(): Promise<void> {
  const files = folderArchive(filesOf(data).archive)
  const ports = {
    files,
    write: writeLanding,
    store: memoryStore(),
    metrics: { count() {}, gauge() {} },
    logger: quiet,
  }
  const [chargers, thermostats] = [Number(values.chargers), Number(values.thermostats)]
  const fleet = newFleet({ seed: 7, chargers, thermostats, start_at: START, pace: 'calm' })
  for (const { sim } of fleet.members)
    if (values.report_s && sim.device_type === 'evse')
      sim.evse.config.telemetry_interval_ms = Number(values.report_s) * 1_000
  let position = 0
  for (let day = 1; day <= 31; day++) {
    const { events } = runFleet(fleet, START + day * DAY_MS)
    const batch = events.map(({ at, topic, payload }): LogRecord => {
      const bytes = new TextEncoder().encode(payload)
      const received_at = Math.min(at, START + day * DAY_MS - 1)
      return {
        position: String(++position).padStart(20, '0'),
        received_at,
        source: 'mqtt',
        topic,
        payload: bytes,
        verdict: 'ok',
      }
    })
    await archiveBatch(batch, ports)
  }
  await putSessions(data, [])
  console.log(`${position.toLocaleString('en')} rows of ${fleet.members.length} devices in 31 days`)
}

function night(day: string): Promise<unknown> {
  return nightOf({ data, day, logger: quiet, now: () => Date.UTC(2026, 10, 20) })
}

function show(what: string, all: readonly ArchiveFile[]): void {
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0)
  const small = all.filter((one) => one.bytes < SMALL_FILE_BYTES)
  const big_gb = all.reduce((sum, one) => sum + (one.bytes < SMALL_FILE_BYTES ? 0 : one.bytes), 0) / 1e9
  const small_gb = small.reduce((sum, one) => sum + one.bytes, 0) / 1e9
  const billed_gb = all.reduce((sum, one) => sum + Math.max(one.bytes, SMALL_FILE_BYTES), 0) / 1e9
  const dollars = (n: number) => Number(n.toPrecision(3))
  console.log(what, {
    files: all.length,
    bytes,
    below_128_kb: small.length,
    /** A month's keeping, when it is older than 90 days: what is small stays in the standard class. */
    keeping_a_month: dollars(big_gb * GB_MONTH.instant + small_gb * GB_MONTH.standard),
    /** The same if small files were moved too, each as 128 KB. */
    keeping_if_all_moved: dollars(billed_gb * GB_MONTH.instant),
    puts: dollars((all.length / 1_000) * PER_1000.put),
    /** One question about the whole month, which opens every file. */
    gets_of_a_question: dollars(
      (GETS_A_FILE / 1_000) *
        ((all.length - small.length) * PER_1000.get_instant + small.length * PER_1000.get),
    ),
  })
}

/** What the order that was not taken would come to. */
async function sortedByDay(names: readonly string[]): Promise<number> {
  const duck = await openDuck()
  try {
    let bytes = 0
    for (const path of await folderArchive(filesOf(data).archive).bring(names, duck.scratch)) {
      const out = join(duck.scratch, 'by-day.parquet')
      await duck.run(`COPY (FROM ${sqlText(path)} ORDER BY event_time::DATE, device_id, event_time)
        TO ${sqlText(out)} ${parquetOptions()}`)
      bytes += (await stat(out)).size
    }
    return bytes
  } finally {
    await duck.close()
  }
}
