/** The way onto a stream: records in calls that keep the order of each device. */
import type {
  PutRecordsCommandInput,
  PutRecordsCommandOutput,
  PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis'
import type { EventLog } from '../events/ports.ts'
import type { NewRecord } from '../events/record.ts'
import { RETRIES, type RetryPolicy, Unprocessed, withRetries } from './aws-retry.ts'
import type { CapacityMeter } from './capacity-meter.ts'
import { partitionKeyOf } from './kinesis-key.ts'
import { encodeRecord } from './kinesis-records.ts'

/** One call of Kinesis. Whoever has a client already sends it; whoever seldom calls loads one first. */
export type PutRecords = (call: PutRecordsCommandInput) => Promise<PutRecordsCommandOutput>

export type AppendOptions = { put: PutRecords; stream: string; retries?: RetryPolicy; meter?: CapacityMeter }

/** Bounds of one call; Kinesis takes 5 MB, keys included. */
const MAX_CALL_RECORDS = 500
const MAX_CALL_BYTES = 4 * 1024 * 1024
const PUT_UNIT_BYTES = 25 * 1024

/**
 * Appends to the whole stream. Rejects with InfrastructureError where some of the records may not be durable; others may
 * be, and whoever sends all of them again makes duplicates, which the processor knows.
 */
export function appendBy(options: AppendOptions): EventLog['append'] {
  return async (records) => {
    for (const call of callsOf(records)) await putRecords(options, call)
  }
}

/** A record as the wire has it. */
type Entry = PutRecordsRequestEntry & { PartitionKey: string; Data: Uint8Array }

/**
 * The records in calls, in order, none of which holds two of one device: Kinesis promises no order within a call, and what
 * it refuses of one is sent again behind what it took.
 */
function callsOf(records: readonly NewRecord[]): Entry[][] {
  const calls: Entry[][] = []
  let devices = new Set<string>()
  let bytes = 0
  for (const record of records) {
    const PartitionKey = partitionKeyOf(record)
    const entry = { PartitionKey, Data: encodeRecord(record) }
    const size = entry.Data.byteLength + Buffer.byteLength(PartitionKey)
    const fits = devices.size < MAX_CALL_RECORDS && bytes + size <= MAX_CALL_BYTES
    if (calls.length === 0 || !fits || devices.has(PartitionKey)) {
      calls.push([])
      devices = new Set()
      bytes = 0
    }
    calls.at(-1)?.push(entry)
    devices.add(PartitionKey)
    bytes += size
  }
  return calls
}

async function putRecords(options: AppendOptions, entries: Entry[]): Promise<void> {
  const { put: send, stream: StreamName, retries = RETRIES, meter } = options
  let left = entries
  const attempt = async () => {
    const put = await send({ StreamName, Records: left })
    const results = put.Records ?? []
    const refused = left.filter((_, n) => results[n]?.SequenceNumber === undefined)
    const units = unitsOf(left) - unitsOf(refused)
    meter?.spend('PutRecords', StreamName, { requests: 1, units })
    left = refused
    if (refused.length === 0) return
    const reason = results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode
    throw new Unprocessed(`${refused.length} records refused, one with ${reason}`)
  }
  await withRetries(`PutRecords ${StreamName}`, attempt, retries, {
    onRetry: () => meter?.retried('PutRecords'),
  })
}

function unitsOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { Data }) => sum + Math.ceil(Data.byteLength / PUT_UNIT_BYTES), 0)
}
