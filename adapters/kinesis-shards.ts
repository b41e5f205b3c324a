/** The shards of a stream as logs of their own, read no faster than leaves room for those who must keep up. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type KinesisClient, ListShardsCommand, type ListShardsOutput } from '@aws-sdk/client-kinesis'
import type { ShardOfLog } from '../workflows/audit-shards.ts'
import { RETRIES, withRetries } from './aws-retry.ts'
import { kinesisShard } from './kinesis-log.ts'

export type ShardPace = { bytes_a_second: number; reads_a_second: number }

/** Of the 2 MB and 5 reads a second that a shard gives to all who read it. */
const PACE: ShardPace = { bytes_a_second: 1.5 * 1024 * 1024, reads_a_second: 2 }

/** What a record takes on the stream beside its payload, which is base64 there. */
const AROUND_BYTES = 160

export async function kinesisShards(
  { client, stream }: { client: KinesisClient; stream: string },
  pace: ShardPace = PACE,
): Promise<ShardOfLog[]> {
  const shards: ShardOfLog[] = []
  let NextToken: string | undefined
  do {
    const command = new ListShardsCommand(NextToken ? { NextToken } : { StreamName: stream })
    const page: ListShardsOutput = await withRetries('ListShards', () => client.send(command), RETRIES)
    for (const { ShardId = '' } of page.Shards ?? [])
      shards.push({
        shard_id: ShardId,
        log: paced(kinesisShard({ client, stream, shard_id: ShardId }), pace),
      })
    NextToken = page.NextToken
  } while (NextToken)
  return shards
}

function paced(log: ShardOfLog['log'], pace: ShardPace): ShardOfLog['log'] {
  let next_at = 0
  return {
    read: async (after, limit) => {
      const wait_ms = next_at - performance.now()
      if (wait_ms > 0) await sleep(wait_ms)
      const begun = performance.now()
      const records = await log.read(after, limit)
      const bytes = records.reduce((sum, { payload }) => sum + (payload.byteLength * 4) / 3 + AROUND_BYTES, 0)
      next_at = begun + Math.max(1 / pace.reads_a_second, bytes / pace.bytes_a_second) * 1_000
      return records
    },
  }
}
