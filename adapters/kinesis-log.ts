/** The ordered log on Kinesis: appended to by the front door, and read shard by shard. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import type { EventLog } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { RETRIES, type RetryPolicy, withRetries } from './aws-retry.ts'
import type { CapacityMeter } from './capacity-meter.ts'
import { appendBy } from './kinesis-append.ts'
import { decodeRecord, parsePosition } from './kinesis-records.ts'
import { assertLimit } from './port-checks.ts'

export type KinesisLogOptions = {
  client: KinesisClient
  stream: string
  retries?: RetryPolicy
}

/** Appends to the whole stream, as appendBy does. */
export function kinesisAppend(options: KinesisLogOptions & { meter?: CapacityMeter }): EventLog['append'] {
  const { client, ...others } = options
  return appendBy({ ...others, put: (call) => client.send(new PutRecordsCommand(call)) })
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
