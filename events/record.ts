/** What the log holds: every message as it came, with its bytes, where and when it came in, in one order. */

/** Who put a record on the log. Only `internal` ones may say `config` and `until`. */
export type RecordSource = 'mqtt' | 'http' | 'import' | 'internal'

/** A message at the front door, before the log has given it a position. */
export type NewRecord = {
  /** Stamped once, at the front door; carried through redelivery, replay and migration. */
  received_at: number
  source: RecordSource
  topic: string
  payload: Uint8Array
  /** What the rule in front of the stream thought of it (`ok`, or why not); the processor decides. */
  verdict: string
}

/** A record of the log. Positions are strings that sort as the log does; they are never numbers. */
export type LogRecord = NewRecord & { position: string }

/** A record that says what it says without its bytes, which are made where somebody asks for them. */
export type ToldRecord = LogRecord & {
  /** The object that its payload decodes to; null where only the bytes tell. */
  message(): Record<string, unknown> | null
  /** A whole number below 2^53 that follows from what makes its payload: of two records that share one it is the same. */
  print(): number
  /** What its payload would take, more or less. */
  readonly payload_bytes: number
  /** Bytes of its own that it holds: of one that is kept as it came its payload, of others nothing. */
  readonly held_bytes: number
}

export function isTold(record: LogRecord): record is ToldRecord {
  return 'message' in record
}

/** Verdict of a record that a replay has put on a log again: nobody is notified of what it leads to. */
export const REPLAYED = 'replayed'

export const MAX_PAYLOAD_BYTES = 64 * 1024

/** Payload of a record on `configTopic(device_id)`. */
export type ConfigMessage = {
  device_id: string
  effective_from: number
  written_at: number
  config: import('./event.ts').DeviceConfig
}

/**
 * Payload of a record on `pairTopic(device_id)`: what a member of the pair `device_id` said, under the identity and the key
 * that it has there, so that it is the same one however often it is fed.
 */
export type PairMessage = {
  device_id: string
  location: string
  identity: string
  key: import('./key.ts').EventKey
  reported_timestamp: number
  time_quality: import('./event.ts').TimeQuality
  fields: import('./event.ts').PairFields
  /** It was fed, and no longer holds: what is known now puts it elsewhere, or nowhere. */
  retracted?: true
}

/** Payload of a record on `untilTopic(device_id)`, or, behind what its members said, on a pair's: time has reached `until` for this device. It names no timer. */
export type UntilMessage = { device_id: string; until: number }
