/** The stand-in of Kinesis, in this process on a free port. */
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { CreateStreamCommand, DescribeStreamCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { createKinesisClient } from '../../adapters/kinesis-client.ts'
import { atEndpoint } from './dynalite.ts'

const kinesalite = createRequire(import.meta.url)('kinesalite') as (options: object) => Server

export type Kinesalite = {
  endpoint: string
  client: KinesisClient
  /** A new and empty stream; resolves with its name and its shards. */
  newStream(shards: number): Promise<{ stream: string; shard_ids: string[] }>
  stop(): Promise<void>
}

export async function startKinesalite(): Promise<Kinesalite> {
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit: 1_000 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createKinesisClient(atEndpoint(endpoint))
  let streams = 0
  return {
    endpoint,
    client,
    newStream: async (shards) => {
      const stream = `stream-${streams++}`
      await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
      return { stream, shard_ids: await shardsOf(client, stream) }
    },
    stop: async () => {
      client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Once the stream is there: its shards are made a moment after the answer. */
async function shardsOf(client: KinesisClient, StreamName: string): Promise<string[]> {
  for (;;) {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }))
    if (StreamDescription?.StreamStatus === 'ACTIVE')
      return (StreamDescription.Shards ?? []).map(({ ShardId = '' }) => ShardId)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
