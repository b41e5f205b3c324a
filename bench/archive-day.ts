/** A day of a fleet for benches of the archive: its landing files, and its sessions in the hot store. */
import { folderArchive } from '../adapters/folder-archive.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { sqliteArchiveBook } from '../adapters/sqlite-archive-book.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import { filesOf } from '../embedded/folder.ts'
import { deviceHash } from '../events/archive.ts'
import type { DeviceWrite, Summary } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { newFleet, runFleet } from '../firmware-model/fleet.ts'
import type { SessionTruth } from '../firmware-model/fleet-event.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { onStream } from '../test/archive/stream-records.ts'

export const DAY = '2026-11-20'
export const START = Date.UTC(2026, 10, 20)
export const DAY_MS = 86_400_000
const REPORT_MS = 60_000
export const quiet = { info() {}, warn() {}, error() {} }
const metrics = { count() {}, gauge() {} }

/** How much of a day, of fleets of so many chargers, in files of so many rows. */
export type DayToLand = {
  rows: number
  chargers: number
  per_file: number
  /** All of it is said to be of one device. */
  one_device?: boolean
  /** In the places of so many shards of a stream, not of one machine's log. */
  shards?: number
}

/** Lands the records, and puts the day's sessions into the hot store of the same folder. */
export async function landDay(
  data: string,
  { rows, chargers, per_file, one_device, shards }: DayToLand,
): Promise<void> {
  const files = folderArchive(filesOf(data).archive)
  const ports = { files, write: writeLanding, store: memoryStore(), metrics, logger: quiet }
  const sessions: SessionTruth[] = []
  let batch: LogRecord[] = []
  for (const record of recordsOfDay({ rows, chargers, one_device: one_device ?? false }, sessions)) {
    if (batch.push(shards ? streamed(record, shards) : record) < per_file) continue
    await archiveBatch(batch, ports)
    batch = []
  }
  if (batch.length > 0) await archiveBatch(batch, ports)
  await putSessions(data, sessions)
}

/** Chargers that report every minute while a car is there, each fleet in order of arrival. */
function* recordsOfDay(
  { rows, chargers, one_device }: Required<Omit<DayToLand, 'per_file' | 'shards'>>,
  sessions: SessionTruth[],
): Generator<LogRecord> {
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
      const { events, truth } = runFleet(fleet, START + hour * (DAY_MS / 24))
      sessions.push(...truth.filter((one): one is SessionTruth => one.kind === 'session'))
      for (const { at, device_id, topic, payload } of events) {
        if (position === rows) return
        const named = (text: string) => (one_device ? text.replaceAll(device_id, 'evse-1') : text)
        yield recordOf(++position, Math.min(at, START + DAY_MS - 1), named(topic), named(payload))
      }
    }
  }
}

/** Numbers as the stand-in of Kinesis gives them: its shards count together. */
function streamed(record: LogRecord, shards: number): LogRecord {
  return onStream(record, Number(record.position), deviceHash(record.topic) % shards)
}

function recordOf(position: number, received_at: number, topic: string, payload: string): LogRecord {
  return {
    position: String(position).padStart(20, '0'),
    received_at,
    source: 'mqtt',
    topic,
    payload: new TextEncoder().encode(payload),
    verdict: 'ok',
  }
}

/** As the chart would have put them, as far as the night reads them. */
export async function putSessions(data: string, sessions: readonly SessionTruth[]): Promise<void> {
  const { log, hot, book } = filesOf(data)
  sqliteLog(log).close()
  sqliteArchiveBook(book).close()
  const store = sqliteStore(hot)
  const byDevice = Map.groupBy(sessions, ({ device_id }) => device_id)
  await store.write({ devices: [...byDevice].map(deviceWrite), quarantined: [] })
  store.close()
}

function deviceWrite([device_id, sessions]: [string, SessionTruth[]]): DeviceWrite {
  const state = {
    device_id,
    device_type: 'evse',
    location: null,
    version: 1,
    applied: 1,
    next_due: null,
    standing: null,
  } as const
  return {
    device_id,
    puts: sessions.map((session) => ({ table: 'summaries', item: summaryOf(session) })),
    state: { ...state, last_received_at: START, state: '{}' },
    expected_version: 0,
  }
}

function summaryOf({ device_id, started_at, ended_at, energy_kwh, charging_ms }: SessionTruth): Summary {
  const legs = charging_ms > 0 ? [{ started_at, ended_at: started_at + charging_ms }] : []
  const body = { started_at, ended_at, energy_kwh, legs, end_reason: 'unplugged' }
  return {
    kind: 'session',
    id: `${device_id} ${started_at}`,
    device_id,
    location: null,
    started_at,
    applied: 1,
    body,
  }
}
