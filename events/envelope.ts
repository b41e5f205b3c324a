/** What every spelling says beside its readings: when, under which number, where, and what nobody asked for. */
import { ADDED_ON_THE_WAY } from './canonical.ts'
import type { JsonObject } from './decode.ts'
import type { DeviceReport } from './event.ts'
import type { Rejected } from './rejection.ts'
import type { EnvelopeWire } from './schemas.ts'
import { readTimestamp } from './timestamp.ts'

/** A report before it is settled whose it is. */
export type Reading = Omit<DeviceReport, 'device_id' | 'said'>

/** The parts of a reading that the envelope decides. */
export type Framed = Omit<Reading, 'device_type' | 'event_type' | 'spelling' | 'fields'>

/** Below this a timestamp is the time since the device booted (DESIGN §3); from here on, since the epoch. */
export const FIRST_EPOCH_MS = 10 ** 12

const MAX_SEQUENCE = 999_999_999

const ENVELOPE_FIELDS = [
  'device_id',
  'device_type',
  'timestamp',
  'uptime_ms',
  'event_type',
  'event_id',
  'sequence',
  'location',
  'time_anomaly',
]

/** The fields of a spelling that do not go to `extra`: its own, the envelope's, and what was added on the way. */
export function knownFields(...own: string[]): ReadonlySet<string> {
  return new Set([...ENVELOPE_FIELDS, ...ADDED_ON_THE_WAY, ...own])
}

/**
 * Reads the envelope of a message whose schema has been checked. One without `timestamp` is stamped by its `uptime_ms`,
 * whatever that holds: after a time sync the reference firmware writes the epoch there too, so only a value below
 * 10^12 beside an epoch timestamp is taken for an uptime.
 */
export function readEnvelope(
  message: EnvelopeWire & JsonObject,
  known: ReadonlySet<string>,
): Framed | Rejected {
  const uptime_ms = message.uptime_ms ?? undefined
  const stamp = message.timestamp ?? undefined
  const reported_timestamp =
    stamp === undefined && uptime_ms !== undefined ? uptime_ms : readTimestamp('timestamp', stamp)
  if (typeof reported_timestamp !== 'number') return reported_timestamp

  const framed: Framed = { reported_timestamp, extra: unknownFields(message, known), flags: [] }
  if (uptime_ms !== undefined && uptime_ms < FIRST_EPOCH_MS && reported_timestamp >= FIRST_EPOCH_MS)
    framed.uptime_ms = uptime_ms
  if (message.event_id) framed.device_event_id = message.event_id
  if (message.location) framed.payload_location = message.location
  if (message.time_anomaly) framed.flags.push('time_anomaly')
  if (typeof message.sequence === 'number') readSequence(framed, message.sequence)
  return framed
}

/** A counter too long for a key orders nothing, but the message is as good as any: kept, and flagged. */
function readSequence(framed: Framed, sequence: number): void {
  if (sequence <= MAX_SEQUENCE) framed.sequence = sequence
  else {
    framed.extra.sequence = sequence
    framed.flags.push('sequence_out_of_range')
  }
}

/** What is left beside `known`; null is the same as absent here too. */
export function unknownFields(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  const unknown: JsonObject = {}
  for (const key of Object.keys(object))
    if (!known.has(key) && object[key] !== null) unknown[key] = object[key]
  return unknown
}
