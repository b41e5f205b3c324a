/**
 * Replay: events folded a second from the log and from NDJSON, on one core and with a thread a core, and the memory that
 * a verify of many events takes. `npm run bench:replay -- [events] [events of the memory run]`
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { recordLine } from '../adapters/ndjson-records.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { filesOf } from '../embedded/folder.ts'
import type { LogRecord } from '../events/record.ts'
import { telemetryTopic } from '../events/topics.ts'
import { foldRecords } from '../processors/replay-fold.ts'
import { EVERYTHING, type ReplaySource } from '../processors/replay-source.ts'
import { verify } from '../processors/replay-verify.ts'
import { threadedFold } from '../tools/replay-fold.ts'
import type { SourceOptions } from '../tools/replay-options.ts'
import { race, showRace } from './timing.ts'

const EVENTS = Number(process.argv[2] ?? 300_000)
const MANY = Number(process.argv[3] ?? 10_000_000)
const DEVICES = 1_000
const BATCH = 2_000
const START = Date.UTC(2026, 0, 5)
const utf8 = new TextEncoder()

/** The nth of a fleet that charges: plugged in, a reading every ten seconds with a growing register, unplugged, again. */
function recordAt(n: number): LogRecord {
  const device_id = `charger-${n % DEVICES}`
  const step = Math.floor(n / DEVICES)
  const inSession = step % 40
  const pilot_state = inSession === 0 ? 'A' : inSession === 1 || inSession === 38 ? 'B' : 'C'
  const timestamp = START + step * 10_000 + (n % DEVICES)
  const message = {
    device_type: 'evse',
    device_id,
    timestamp,
    location: 'garage_1',
    event_type: inSession < 3 || inSession === 38 ? 'state_change' : 'telemetry',
    pilot_state,
    pwm_duty_cycle: 50,
    current_draw: pilot_state === 'C' ? 16.02 : 0,
    proximity_detected: pilot_state !== 'A',
    session_id: `550e8400-e29b-41d4-a716-${String(Math.floor(step / 40)).padStart(12, '0')}`,
    energy_delivered_kwh: Math.max(0, inSession - 2) * 0.0106,
  }
  return {
    position: String(n + 1).padStart(20, '0'),
    source: 'mqtt',
    topic: telemetryTopic('evse', device_id),
    received_at: timestamp + 80,
    payload: utf8.encode(JSON.stringify(message)),
    verdict: 'unchecked',
  }
}

function batchAt(from: number, events: number): LogRecord[] {
  return Array.from({ length: Math.min(BATCH, events - from) }, (_, n) => recordAt(from + n))
}

async function writeBoth(folder: string): Promise<void> {
  const log = sqliteLog(filesOf(folder).log)
  const file = createWriteStream(join(folder, 'records.ndjson'))
  for (let from = 0; from < EVENTS; from += BATCH) {
    const records = batchAt(from, EVENTS)
    log.appendSync(records)
    const lines = records.map((record) => `${recordLine(record)}\n`).join('')
    if (!file.write(lines)) await new Promise((resolve) => file.once('drain', () => resolve(null)))
  }
  log.close()
  await new Promise<void>((resolve) => file.end(() => resolve()))
}

const nothing = { onPoison: () => {}, onRead: () => {} }

function folding(source: SourceOptions, threads: number): () => Promise<unknown> {
  const fold = threadedFold({ source, until: null, range: EVERYTHING, threads, ...nothing })
  return () => fold(async () => {})
}

const folder = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
try {
  await writeBoth(folder)
  const log = { kind: 'log', folder } as const
  const file = { kind: 'file', path: join(folder, 'records.ndjson') } as const
  const cores = availableParallelism()
  const timed = await race(
    [
      { name: 'the log, one thread', run: folding(log, 1), per_round: EVENTS },
      { name: `the log, ${cores} threads`, run: folding(log, cores), per_round: EVENTS },
      { name: 'NDJSON, one thread', run: folding(file, 1), per_round: EVENTS },
      { name: `NDJSON, ${cores} threads`, run: folding(file, cores), per_round: EVENTS },
    ],
    3,
  )
  showRace(`replay: ${EVENTS.toLocaleString('en')} events of ${DEVICES} chargers`, timed)
} finally {
  rmSync(folder, { recursive: true })
}

/** The fleet as it is made, from nowhere: what is measured is what a verify holds. */
const made: ReplaySource = {
  batches: async function* () {
    for (let from = 0; from < MANY; from += BATCH)
      yield { records: batchAt(from, MANY), name: 'made', position: `${from}` }
  },
}
const started = performance.now()
const { report } = await verify(
  {
    fold: async (tell) => [await foldRecords({ source: made, range: EVERYTHING, share: 0, shares: 1 }, tell)],
    stored: async () => [],
    device_ids: [],
  },
  EVERYTHING,
)
const took_s = (performance.now() - started) / 1_000
const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(
  `\nverify of ${MANY.toLocaleString('en')} events: ${report.appear.toLocaleString('en')} sessions, at most ${peak_mb} MB, ${took_s.toFixed(0)} s with the making of them`,
)
