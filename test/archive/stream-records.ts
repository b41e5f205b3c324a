/** Records as a stream has them. */
import { positionOf } from '../../adapters/kinesis-records.ts'
import type { LogRecord } from '../../events/record.ts'

/** The first moment of the shards: 2026-11-01. */
const BEGAN_S = BigInt(Date.UTC(2026, 10, 1) / 1_000)

/** The position that a shard gives its record of that number at that moment: the Lambda guide shows such numbers. */
export function streamPosition(nth: number | bigint, at_ms: number, shard = 0): string {
  const began = (2n << 40n) + (BEGAN_S << 4n) + BigInt(shard % 16)
  const clock = BigInt(Math.floor(at_ms / 1_000))
  const sequence = (began << 144n) + (BigInt(nth) << 80n) + (clock << 36n) + (BigInt(shard) << 4n) + 2n
  const shard_id = `shardId-${String(shard).padStart(12, '0')}`
  return positionOf({ sequence_number: String(sequence), shard_id })
}

/** The record in that place. */
export function onStream(record: LogRecord, nth: number, shard = 0, at_ms = record.received_at): LogRecord {
  return { ...record, position: streamPosition(nth, at_ms, shard) }
}
