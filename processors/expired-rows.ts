/** What the hot store has forgotten: each row's record is in the archive, or is written there now, as the row tells it. */
import type { ArchiveFiles } from '../events/archive.ts'
import { configArriving } from '../events/config-record.ts'
import { keyText } from '../events/key.ts'
import type { EventRow, Logger, Metrics } from '../events/ports.ts'
import type { ConfigMessage, LogRecord, PairMessage } from '../events/record.ts'
import { pairTopic, telemetryTopic } from '../events/topics.ts'
import { archiveBatch, type LandingWriter } from './archive-batch.ts'

/** A row that is gone, and where that stands among all that went. */
export type ForgottenRow = { row: EventRow; sequence: string }

export type ForgottenPorts = {
  files: ArchiveFiles
  write: LandingWriter
  /** Of the rows those whose record the archive has. */
  confirmed(rows: readonly EventRow[]): Promise<readonly EventRow[]>
  metrics: Metrics
  logger: Logger
}

/** What was decided follows from what was said, and is made again by a replay: it may go. */
export async function archiveForgotten(
  forgotten: readonly ForgottenRow[],
  ports: ForgottenPorts,
): Promise<void> {
  const said = forgotten.filter(({ row }) => row.origin !== 'chart')
  if (said.length === 0) return
  const found = new Set(await ports.confirmed(said.map(({ row }) => row)))
  const missing = said.filter(({ row }) => !found.has(row))
  ports.metrics.count('expired', said.length)
  if (missing.length === 0) return
  const { metrics, logger } = ports
  // Nothing of theirs came by IoT Wireless any more: whose they are is known.
  const store = { findAliases: async () => [], loadStates: async () => new Map() }
  const landed = await archiveBatch(missing.map(recordOfForgotten), { ...ports, store })
  metrics.count('expired_unarchived', missing.length)
  logger.error('rows whose time is over were not in the archive, and are written there from the rows', {
    rows: missing.length,
    first: keyText(missing[0]?.row as EventRow),
    landed,
  })
}

const SEQUENCE_DIGITS = 56

/** The bytes are gone, but the row has all that was read in them; what it comes to when it is read again is the same row. */
export function recordOfForgotten({ row, sequence }: ForgottenRow): LogRecord {
  const position = `${sequence.padStart(SEQUENCE_DIGITS, '0')}.expired`
  const { received_at } = row
  const kept = { position, received_at, verdict: 'expired' }
  if (row.origin === 'config') {
    const message = { ...(row.body as Omit<ConfigMessage, 'device_id'>), device_id: row.device_id }
    return { ...kept, ...configArriving(message) }
  }
  if (row.device_type === 'pair')
    return { ...kept, source: 'internal', topic: pairTopic(row.device_id), payload: bytesOf(pairOf(row)) }
  const topic = telemetryTopic(row.device_type, row.device_id)
  return { ...kept, source: 'mqtt', topic, payload: bytesOf(messageOf(row)) }
}

function pairOf(row: EventRow): PairMessage {
  const { device_id, location, identity, ts, ord, reported_timestamp, time_quality, body } = row
  const fields = body as PairMessage['fields']
  const key = { ts, ord }
  return { device_id, location: location ?? '', identity, key, reported_timestamp, time_quality, fields }
}

type Body = {
  flags?: string[]
  gpio?: object
  extra?: object
  payload_location?: string
  boot?: number
}

/** In the flat spelling, and a pin's in that of pins: what a pin meant was the configuration's to say. */
function messageOf({ device_id, device_type, event_type, reported_timestamp, body }: EventRow): object {
  const { flags = [], gpio, extra, payload_location, boot: _boot, ...fields } = body as Body
  const { event_id, sequence } = fields as { event_id?: string; sequence?: number }
  return {
    ...extra,
    ...(gpio ? { source: 'gpio', ...gpio, event_id, sequence } : { ...fields, device_type }),
    device_id,
    event_type,
    timestamp: reported_timestamp,
    ...(payload_location !== undefined && { location: payload_location }),
    ...(flags.includes('time_anomaly') && { time_anomaly: true }),
  }
}

function bytesOf(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message))
}
