/**
 * A record of the log as the stream carries it: one JSON object, the same whether an IoT rule wrote it or we did. What
 * cannot be read as one is a record all the same, whose bytes the processor quarantines.
 */
import type { LogRecord, NewRecord, RecordSource } from '../events/record.ts'

/** What the rules select (`infra/rule-sql.ts`); they add a `ttl`, which the rows count from `received_at` themselves. */
type StreamRecord = {
  payload_base64: string
  topic: string
  source: RecordSource
  received_at: number
  verdict: string
}

export function encodeRecord({ payload, topic, source, received_at, verdict }: NewRecord): Uint8Array {
  const payload_base64 = Buffer.from(payload).toString('base64')
  const record: StreamRecord = { payload_base64, topic, source, received_at, verdict }
  return new TextEncoder().encode(JSON.stringify(record))
}

/** Where a record is on the stream, and when Kinesis took it (epoch ms). */
export type StreamPlace = { shard_id: string; sequence_number: string; arrived_at: number }

/** Never throws. */
export function decodeRecord(data: Uint8Array, place: StreamPlace): LogRecord {
  const position = positionOf(place)
  const record = readRecord(data)
  if (record) {
    const { payload_base64, topic, source, received_at, verdict } = record
    const payload = new Uint8Array(Buffer.from(payload_base64, 'base64'))
    return { position, received_at, source, topic, payload, verdict }
  }
  const unread = { source: 'mqtt', topic: '', verdict: 'not_a_record' } as const
  return { ...unread, position, received_at: place.arrived_at, payload: Uint8Array.from(data) }
}

const SOURCES: Record<RecordSource, true> = { mqtt: true, http: true, import: true, internal: true }
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function readRecord(data: Uint8Array): StreamRecord | null {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data))
  } catch {
    return null
  }
  const { payload_base64, topic, source, received_at, verdict } = (value ?? {}) as Partial<StreamRecord>
  if (typeof payload_base64 !== 'string' || !BASE64.test(payload_base64)) return null
  if (typeof topic !== 'string' || typeof verdict !== 'string') return null
  if (typeof source !== 'string' || !Object.hasOwn(SOURCES, source)) return null
  if (!Number.isSafeInteger(received_at) || (received_at as number) < 0) return null
  return { payload_base64, topic, source, received_at: received_at as number, verdict }
}

const SEQUENCE_DIGITS = 56

/** Sorts as the shard does, and nearly as time does over all shards. Sequence numbers are promised to differ within a shard only. */
export function positionOf({ sequence_number, shard_id }: Omit<StreamPlace, 'arrived_at'>): string {
  return `${paddedSequence(sequence_number)}.${shard_id}`
}

export function paddedSequence(sequence_number: string): string {
  return sequence_number.padStart(SEQUENCE_DIGITS, '0')
}

/** The sequence number in a position of this shard, null in '' (the beginning). @throws RangeError where it is none */
export function parsePosition(position: string, shard_id: string): string | null {
  if (position === '') return null
  const [digits = '', shard] = position.split('.')
  if (!/^\d{56}$/.test(digits) || shard !== shard_id)
    throw new RangeError(`${JSON.stringify(position)} is no position of ${shard_id}`)
  return digits.replace(/^0+(?=\d)/, '')
}
