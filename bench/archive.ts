/**
 * The archive: compaction of many small files against a bare DuckDB COPY of them, and a part of a big day from landing
 * files to verified partitions and aggregates. `node bench/archive.ts --rows 288000`
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { duckdbNight } from '../adapters/duckdb-night.ts'
import { openDuck, parquetFiles, sqlText } from '../adapters/duckdb-open.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { sqliteArchiveBook } from '../adapters/sqlite-archive-book.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import { filesOf } from '../embedded/folder.ts'
import { nightOf } from '../embedded/night-home.ts'
import type { LogRecord } from '../events/record.ts'
import { newFleet, runFleet } from '../firmware-model/fleet.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { addSums } from '../workflows/staging.ts'
import { showRace, type Timed } from './timing.ts'

const { values } = parseArgs({
  options: {
    /** Of the big day; 28,800,000 is all of it. */
    rows: { type: 'string', default: '288000' },
    rounds: { type: 'string', default: '5' },
  },
})

const DAY = '2026-11-20'
const START = Date.UTC(2026, 10, 20)
const DAY_MS = 86_400_000
const REPORT_MS = 60_000
const root = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
const quiet = { info() {}, warn() {}, error() {} }
const metrics = { count() {}, gauge() {} }

try {
  await raceCompaction()
  await measureDay(Number(values.rows))
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** A day of chargers that report every minute while a car is there, in order of arrival. */
function* dayOfRecords(rows: number, chargers: number): Generator<LogRecord> {
  let position = 0
  for (let fleetOf = 0; position < rows; fleetOf++) {
    const fleet = newFleet({
      seed: 7 + fleetOf,
      chargers,
      thermostats: 0,
      start_at: START,
      pace: 'calm',
      id_prefix: `f${fleetOf}-`,
    })
    for (const { sim } of fleet.members)
      if (sim.device_type === 'evse' && sim.evse.config.telemetry_interval_ms !== null)
        sim.evse.config.telemetry_interval_ms = REPORT_MS
    for (let hour = 1; hour <= 24 && position < rows; hour++) {
      for (const { at, topic, payload } of runFleet(fleet, START + hour * (DAY_MS / 24)).events) {
        if (position === rows) return
        yield recordOf(++position, Math.min(at, START + DAY_MS - 1), topic, payload)
      }
    }
  }
}

function recordOf(
  position: number,
  received_at: number,
  topic: string,
  payload: string | Uint8Array,
): LogRecord {
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
  return {
    position: String(position).padStart(20, '0'),
    received_at,
    source: 'mqtt',
    topic,
    payload: bytes,
    verdict: 'ok',
  }
}

async function land(data: string, rows: number, perFile: number, chargers = 200): Promise<void> {
  const files = folderArchive(filesOf(data).archive)
  const ports = { files, write: writeLanding, store: memoryStore(), metrics, logger: quiet }
  let batch: LogRecord[] = []
  for (const record of dayOfRecords(rows, chargers)) {
    if (batch.push(record) < perFile) continue
    await archiveBatch(batch, ports)
    batch = []
  }
  if (batch.length > 0) await archiveBatch(batch, ports)
}

/** 500 files of 200 rows, contestants in turns. */
async function raceCompaction(): Promise<void> {
  const data = join(root, 'small')
  await land(data, 100_000, 200, 1)
  const files = folderArchive(filesOf(data).archive)
  const names = (await files.list('landing/')).map(({ name }) => name)
  const engine = duckdbNight(files)
  const { sums } = await engine.survey(names)
  const layouts = { [DAY]: 'shared' as const }
  const of = { sources: names, layouts, landed: addSums(sums), staging: 'staging/bench/' }
  const bare = async () => {
    const duck = await openDuck()
    const paths = await files.bring(names, duck.scratch)
    await duck.run(`COPY (SELECT * FROM ${parquetFiles(paths)} ORDER BY device_id, event_time)
      TO ${sqlText(join(duck.scratch, 'out.parquet'))} (FORMAT parquet, COMPRESSION zstd)`)
    await duck.close()
  }
  const compact = async () => {
    const made = await engine.compact(of)
    await files.remove(made.partitions.map(({ staged }) => staged))
  }
  const compactAndVerify = async () => {
    const landed = addSums((await engine.survey(names)).sums)
    await engine.verify(of, await engine.compact({ ...of, landed }))
  }
  showCpu(
    `${names.length} files of 200 rows, CPU time a row`,
    await raceCpu(
      [
        ['a bare DuckDB COPY, sorted', bare],
        ['compaction', compact],
        ['survey, compaction and verification', compactAndVerify],
      ],
      100_000,
    ),
  )
}

async function raceCpu(contestants: [string, () => Promise<unknown>][], rows: number): Promise<Timed[]> {
  const spent = new Map<string, number[]>(contestants.map(([name]) => [name, []]))
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [name, run] of contestants) {
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      if (round > 0) spent.get(name)?.push(((user + system) * 1_000) / rows)
    }
  }
  return contestants.map(([name]) => ({ name, ns_per_event: median(spent.get(name) ?? []) }))
}

function median(all: number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
}

function showCpu(title: string, timed: Timed[]): void {
  showRace(title, timed)
}

/** Landing files to verified partitions and aggregates, with an empty log beside them: the audit has nothing to compare. */
async function measureDay(rows: number): Promise<void> {
  const data = join(root, 'day')
  mkdirSync(data)
  const paths = filesOf(data)
  sqliteLog(paths.log).close()
  sqliteStore(paths.hot).close()
  sqliteArchiveBook(paths.book).close()
  const landing = performance.now()
  await land(data, rows, 10_000)
  const landed_s = (performance.now() - landing) / 1_000
  const steps: Record<string, number> = {}
  let step = 'Plan'
  let since = performance.now()
  const before = process.cpuUsage()
  const started = performance.now()
  const done = await nightOf({
    data,
    day: DAY,
    logger: quiet,
    now: () => START + 2 * DAY_MS,
    onProgress: (progress) => {
      const now = performance.now()
      steps[step] = Math.round((steps[step] ?? 0) + now - since)
      step = progress.step
      since = now
    },
  })
  const wall_s = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage(before)
  const kept = (await folderArchive(paths.archive).list('2026/')).reduce((sum, { bytes }) => sum + bytes, 0)
  const cpu_s = (user + system) / 1e6
  console.log(
    `\n${rows.toLocaleString('en')} rows of a day, from landing files to verified partitions and aggregates`,
  )
  console.log({
    well: done.well,
    partitions: done.partitions,
    landing_rows_per_s: Math.round(rows / landed_s),
    wall_s: Math.round(wall_s * 10) / 10,
    cpu_s: Math.round(cpu_s * 10) / 10,
    rows_per_s: Math.round(rows / wall_s),
    /** What two cores would do that nobody else uses, if both were always busy. */
    rows_per_s_of_two_cores: Math.round((rows / cpu_s) * 2),
    bytes_per_row: Math.round((kept / rows) * 10) / 10,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    steps_ms: steps,
  })
}
