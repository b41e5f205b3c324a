/**
 * A night over long messages, alone in its process: `node bench/wide-night.ts --rows 35000 --bytes 6000`, or of a month that
 * is over `… --rows 60000 --devices 3 --days 30 --alike`. With `--fleet 600000` so many short ones of others beside them.
 */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { folderArchive } from '../adapters/folder-archive.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { filesOf } from '../embedded/folder.ts'
import type { LogRecord } from '../events/record.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { charger } from '../test/archive/archived-records.ts'
import { DAY_MS, putSessions, quiet, START } from './archive-day.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '35000' },
    bytes: { type: 'string', default: '6000' },
    devices: { type: 'string', default: '1' },
    days: { type: 'string', default: '1' },
    fleet: { type: 'string', default: '0' },
    alike: { type: 'boolean', default: false },
  },
})
const [rows, bytes, devices, days, fleet] = [
  values.rows,
  values.bytes,
  values.devices,
  values.days,
  values.fleet,
].map(Number) as [number, number, number, number, number]
/** As much as a landing file is given. */
const FILE_BYTES = 8 * 1024 * 1024

const data = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
try {
  await land(longOnes())
  await land(shortOnes())
  await putSessions(data, [])
  const night = [join(import.meta.dirname, 'archive-night.ts'), data, String(rows + fleet)]
  console.log(execFileSync(process.execPath, night, { encoding: 'utf8' }))
} finally {
  rmSync(data, { recursive: true, force: true })
}

/** Days in November are the day of the night; more than one lie in October. */
function* longOnes(): Generator<LogRecord> {
  const [first, per_day] = [days > 1 ? Date.UTC(2026, 9, 1) : START, Math.ceil(rows / days)]
  for (let n = 0; n < rows; n++) {
    const at = first + Math.floor(n / per_day) * DAY_MS + Math.floor(((n % per_day) * 86_000_000) / per_day)
    yield charger(n + 1, at, { note: note(n) }, `dev-${n % devices}`)
  }
}

function note(n: number): string {
  if (values.alike) return textOf(0).slice(0, -20) + textOf(n + 1).slice(0, 20)
  return textOf(n)
}

/** Nothing in it can be compressed. */
function textOf(n: number): string {
  let text = ''
  for (let part = 0; text.length < bytes; part++) text += hash('sha512', `${n} ${part}`, 'base64')
  return text.slice(0, bytes)
}

function* shortOnes(): Generator<LogRecord> {
  for (let n = 0; n < fleet; n++)
    yield charger(rows + n + 1, START + Math.floor((n * 86_000_000) / fleet), {}, `short-${n % 300}`)
}

async function land(records: Iterable<LogRecord>): Promise<void> {
  const files = folderArchive(filesOf(data).archive)
  const metrics = { count() {}, gauge() {} }
  const ports = { files, write: writeLanding, store: memoryStore(), metrics, logger: quiet }
  let batch: LogRecord[] = []
  let held = 0
  const put = async () => {
    if (batch.length > 0) await archiveBatch(batch, ports)
    batch = []
    held = 0
  }
  for (const record of records) {
    batch.push(record)
    held += record.payload.byteLength
    if (held > FILE_BYTES || batch.length === 10_000) await put()
  }
  await put()
}
