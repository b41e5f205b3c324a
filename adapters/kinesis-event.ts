/** What Lambda hands over of a shard. */
import type { KinesisStreamRecord } from 'aws-lambda'
import type { LogRecord } from '../events/record.ts'
import { decodeRecord, paddedSequence } from './kinesis-records.ts'

/** Never throws. */
export function decodeLambdaRecord({ eventID, kinesis }: KinesisStreamRecord): LogRecord {
  const { data, sequenceNumber, approximateArrivalTimestamp } = kinesis
  return decodeRecord(Buffer.from(data, 'base64'), {
    // `shardId-000000000000:4959…`
    shard_id: eventID.split(':')[0] ?? '',
    sequence_number: sequenceNumber,
    // Seconds, with their fraction.
    arrived_at: Math.floor(approximateArrivalTimestamp * 1000),
  })
}

/** Sequence numbers have up to 56 digits: compared as texts of one length, never as numbers. */
export function lowestSequence(records: readonly Pick<KinesisStreamRecord, 'kinesis'>[]): string {
  const numbers = records.map(({ kinesis }) => kinesis.sequenceNumber)
  return numbers.reduce((lowest, one) => (paddedSequence(one) < paddedSequence(lowest) ? one : lowest))
}

/** How long the oldest of them has been on the stream at `now`, ms. */
export function lagOf(records: readonly Pick<KinesisStreamRecord, 'kinesis'>[], now: number): number {
  const arrivals = records.map(({ kinesis }) => kinesis.approximateArrivalTimestamp * 1000)
  return Math.max(0, Math.round(now - Math.min(now, ...arrivals)))
}
