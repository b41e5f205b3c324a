/**
 * Decode → validate → advance → encode on one core, against decode, parse and validate alone. Records come as a stream has
 * them, in base64; encoded is what SQLite's statements are run with: columns, bodies and states as JSON. `npm run bench`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '../adapters/memory-store.ts'
import { valuesOf } from '../adapters/sqlite-rows.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import { parseReport } from '../events/parse.ts'
import type { HotStore, Logger, Metrics } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { telemetryTopic } from '../events/topics.ts'
import { applyRecords } from '../processors/apply-records.ts'
import { type DeviceRecord, openRecord, readRecord } from '../processors/decode-record.ts'
import { processBatch } from '../processors/process-batch.ts'
import { race, showRace } from './timing.ts'

const DEVICES = 30
const BATCH = 500
const BATCHES = 20
/** A record as a stream delivers it. */
type Recorded = Omit<LogRecord, 'payload'> & { base64: string }

const quiet: Logger = { info() {}, warn() {}, error() {} }
const uncounted: Metrics = { count() {}, gauge() {} }

/** A fleet that charges: plugged in, telemetry every ten seconds with a growing register, unplugged, again. */
function records(batches: number): Recorded[] {
  const start = Date.UTC(2026, 10, 2)
  return Array.from({ length: batches * BATCH }, (_, n) => {
    const device_id = `charger-${n % DEVICES}`
    const step = Math.floor(n / DEVICES)
    const inSession = step % 40
    const pilot_state = inSession === 0 ? 'A' : inSession === 1 ? 'B' : inSession === 38 ? 'B' : 'C'
    const timestamp = start + step * 10_000
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
    const base64 = Buffer.from(JSON.stringify(message)).toString('base64')
    const position = String(n + 1).padStart(20, '0')
    return {
      position,
      source: 'mqtt',
      topic: telemetryTopic('evse', device_id),
      received_at: timestamp + 80,
      base64,
      verdict: 'unchecked',
    }
  })
}

const log = records(BATCHES)
const noLookups = memoryStore()

function decoded({ base64, position, source, topic, received_at, verdict }: Recorded): LogRecord {
  return { position, source, topic, received_at, verdict, payload: Buffer.from(base64, 'base64') }
}

function batchAt(from: number): LogRecord[] {
  return log.slice(from, from + BATCH).map(decoded)
}

function parseOnly(): number {
  let parsed = 0
  for (let from = 0; from < log.length; from += BATCH)
    for (const { topic, payload } of batchAt(from)) if ('report' in parseReport({ topic, payload })) parsed++
  return parsed
}

/** The whole path without a store: state parsed and serialised once a device and batch. */
async function applyOnly(): Promise<void> {
  const states = new Map<string, Parameters<typeof applyRecords>[0]>()
  for (let from = 0; from < log.length; from += BATCH) {
    const byDevice = new Map<string, DeviceRecord[]>()
    for (const record of batchAt(from)) {
      const read = readRecord(openRecord(record), () => null) as DeviceRecord
      const known = byDevice.get(read.device_id)
      if (known) known.push(read)
      else byDevice.set(read.device_id, [read])
    }
    for (const [device_id, batch] of byDevice) {
      const { write } = await applyRecords(states.get(device_id) ?? null, batch, noLookups)
      if (!write) continue
      for (const { table, item } of write.puts) valuesOf(table, item)
      valuesOf('states', write.state)
      states.set(device_id, write.state)
    }
  }
}

async function stored(store: HotStore): Promise<void> {
  for (let from = 0; from < log.length; from += BATCH)
    await processBatch(batchAt(from), { store, metrics: uncounted, logger: quiet }, 'bench')
}

const folder = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
let file = 0
const per_round = log.length
const timed = await race(
  [
    { name: 'decode, parse, validate', per_round, run: parseOnly },
    { name: 'decode → validate → advance → encode', per_round, run: applyOnly },
    { name: 'the same into the memory store', per_round, run: () => stored(memoryStore()) },
    {
      name: 'the same into SQLite, durable',
      per_round,
      run: async () => {
        const store = sqliteStore(join(folder, `hot-${file++}.sqlite`))
        await stored(store)
        store.close()
      },
    },
  ],
  9,
)
rmSync(folder, { recursive: true })
showRace(`${DEVICES} chargers, ${log.length} events in batches of ${BATCH}, one core`, timed)
