/** A stream as Lambda's poller sees it: its shards, which came out of which, and their records as they stand. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis'

export type ShardRecord = { sequence: string; partition_key: string; data: Uint8Array; arrived_at: number }
export type Shard = { id: string; parents: string[] }

export async function shardsOf(client: KinesisClient, StreamName: string): Promise<Shard[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }))
  return Shards.map(({ ShardId = '', ParentShardId, AdjacentParentShardId }) => ({
    id: ShardId,
    parents: [ParentShardId, AdjacentParentShardId].flatMap((id) => (id ? [id] : [])),
  }))
}

/**
 * All records after `after` ('' is the beginning), until `most` are there, or the end was reached and no more came within
 * `window_ms`. `closed`: there will never be more behind them.
 */
export async function readShard(
  client: KinesisClient,
  from: { stream: string; shard_id: string; after: string },
  { most, window_ms }: { most: number; window_ms: number },
): Promise<{ records: ShardRecord[]; closed: boolean }> {
  const { stream: StreamName, shard_id: ShardId, after } = from
  const where =
    after === ''
      ? { ShardIteratorType: 'TRIM_HORIZON' as const }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: after }
  const opened = await client.send(new GetShardIteratorCommand({ StreamName, ShardId, ...where }))
  const until = performance.now() + window_ms
  const records: ShardRecord[] = []
  let ShardIterator = opened.ShardIterator
  while (ShardIterator && records.length < most) {
    const Limit = most - records.length
    const page: import('@aws-sdk/client-kinesis').GetRecordsCommandOutput = await client.send(
      new GetRecordsCommand({ ShardIterator, Limit }),
    )
    for (const {
      SequenceNumber = '',
      PartitionKey = '',
      Data,
      ApproximateArrivalTimestamp,
    } of page.Records ?? [])
      records.push({
        sequence: SequenceNumber,
        partition_key: PartitionKey,
        data: Data ?? new Uint8Array(),
        arrived_at: ApproximateArrivalTimestamp?.getTime() ?? 0,
      })
    ShardIterator = page.NextShardIterator
    const at_end = (page.Records ?? []).length === 0 && (page.MillisBehindLatest ?? 0) === 0
    if (at_end && performance.now() >= until) break
  }
  return { records, closed: !ShardIterator }
}
