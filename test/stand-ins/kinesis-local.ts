/** The stand-in of Kinesis that can split and merge shards: a process of its own on free ports. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { DescribeStreamSummaryCommand, type KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { createKinesisClient } from '../../adapters/kinesis-client.ts'
import { atEndpoint } from './dynalite.ts'

export type KinesisLocal = {
  endpoint: string
  client: KinesisClient
  /** Resolves when what was asked of the stream (made, split, merged) is done. */
  settled(stream: string): Promise<void>
  stop(): Promise<void>
}

const SOON = '10ms'

export async function startKinesisLocal(): Promise<KinesisLocal> {
  const main = createRequire(import.meta.url).resolve('kinesis-local/main.js')
  const [plain, tls] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      ...process.env,
      KINESIS_MOCK_CERT_PATH: join(dirname(main), 'server.json'),
      KINESIS_MOCK_PLAIN_PORT: String(plain),
      KINESIS_MOCK_TLS_PORT: String(tls),
      CREATE_STREAM_DURATION: SOON,
      SPLIT_SHARD_DURATION: SOON,
      MERGE_SHARDS_DURATION: SOON,
      UPDATE_SHARD_COUNT_DURATION: SOON,
      LOG_LEVEL: 'ERROR',
    },
  })
  const endpoint = `http://127.0.0.1:${plain}`
  const client = createKinesisClient(atEndpoint(endpoint))
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`kinesis-local ended with ${child.exitCode}`)
    await client.send(new ListStreamsCommand({}))
    return true
  })
  return {
    endpoint,
    client,
    settled: (stream) =>
      until(async () => {
        const command = new DescribeStreamSummaryCommand({ StreamName: stream })
        const { StreamDescriptionSummary } = await client.send(command)
        return StreamDescriptionSummary?.StreamStatus === 'ACTIVE'
      }),
    stop: async () => {
      client.destroy()
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await gone
    },
  }
}

const PATIENCE_MS = 30_000

async function until(holds: () => Promise<boolean>): Promise<void> {
  const give_up_at = performance.now() + PATIENCE_MS
  for (;;) {
    const late = performance.now() > give_up_at
    try {
      if (await holds()) return
      if (late) throw new Error(`it does not settle within ${PATIENCE_MS} ms`)
    } catch (error) {
      if (late) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** One that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as import('node:net').AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
