/** The ordered log on Kinesis: appended to by the front door, and read shard by shard. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis'
import type { EventLog } from '../events/ports.ts'
import type { LogRecord, NewRecord } from '../events/record.ts'
import { RETRIES, type RetryPolicy, Unprocessed, withRetries } from './aws-retry.ts'
import type { CapacityMeter } from './capacity-meter.ts'
import { partitionKeyOf } from './kinesis-key.ts'
import { decodeRecord, encodeRecord, parsePosition } from './kinesis-records.ts'
import { assertLimit } from './port-checks.ts'

export type KinesisLogOptions = {
  client: KinesisClient
  stream: string
  retries?: RetryPolicy
  meter?: CapacityMeter
}

/** Bounds of one call; Kinesis takes 5 MB, keys included. */
const MAX_CALL_RECORDS = 500
const MAX_CALL_BYTES = 4 * 1024 * 1024
const PUT_UNIT_BYTES = 25 * 1024

/**
 * Appends to the whole stream. Rejects with InfrastructureError where some of the records may not be durable; others may
 * be, and whoever sends all of them again makes duplicates, which the processor knows.
 */
export function kinesisAppend(options: KinesisLogOptions): EventLog['append'] {
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

async function putRecords(options: KinesisLogOptions, entries: Entry[]): Promise<void> {
  const { client, stream: StreamName, retries = RETRIES, meter } = options
  let left = entries
  const attempt = async () => {
    const put = await client.send(new PutRecordsCommand({ StreamName, Records: left }))
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

/** Reads one shard. `tail` walks to its end: for a tool or a test, not for every record. */
export function kinesisShard(
  options: KinesisLogOptions & { shard_id: string },
): Pick<EventLog, 'read' | 'tail'> {
  const { client, stream: StreamName, shard_id: ShardId, retries = RETRIES } = options
  /** Where the last read ended, which saves whoever reads on to ask for an iterator. It lives five minutes. */
  let open: { after: string; iterator: string } | null = null

  const retried = <T>(what: string, send: () => Promise<T>) =>
    withRetries(`${what} ${StreamName}`, send, retries)

  async function iteratorAfter(position: string): Promise<string> {
    const sequence = parsePosition(position, ShardId)
    if (open?.after === position) return open.iterator
    const from =
      sequence === null
        ? { ShardIteratorType: 'TRIM_HORIZON' as const }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: sequence }
    const command = new GetShardIteratorCommand({ StreamName, ShardId, ...from })
    const { ShardIterator = '' } = await retried('GetShardIterator', () => client.send(command))
    return ShardIterator
  }

  async function read(after: string, limit: number): Promise<LogRecord[]> {
    assertLimit(limit)
    let iterator: string | undefined = await iteratorAfter(after)
    open = null
    while (iterator !== undefined) {
      const command: GetRecordsCommand = new GetRecordsCommand({
        ShardIterator: iterator,
        Limit: Math.min(limit, 10_000),
      })
      const page = await retried('GetRecords', () => client.send(command))
      const records = (page.Records ?? []).map(({ Data, SequenceNumber, ApproximateArrivalTimestamp }) =>
        decodeRecord(Data ?? new Uint8Array(), {
          shard_id: ShardId,
          sequence_number: SequenceNumber ?? '',
          arrived_at: ApproximateArrivalTimestamp?.getTime() ?? 0,
        }),
      )
      iterator = page.NextShardIterator
      // An empty page in the middle of a shard is nothing unusual: only the end is the end.
      if (records.length === 0 && (page.MillisBehindLatest ?? 0) > 0) continue
      if (iterator !== undefined) open = { after: records.at(-1)?.position ?? after, iterator }
      return records
    }
    return []
  }

  async function tail(): Promise<string> {
    let last = ''
    for (;;) {
      const records = await read(last, 10_000)
      if (records.length === 0) return last
      last = records.at(-1)?.position ?? last
    }
  }

  return { read, tail }
}
