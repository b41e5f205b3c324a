/** The stream of a function that seldom has anything to put on it: its client is loaded with the first call. */
import type { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import type { EventLog } from '../events/ports.ts'
import { requestHandler } from './aws-clients.ts'
import { appendBy } from './kinesis-append.ts'

type Sdk = { client: KinesisClient; Put: typeof PutRecordsCommand }

export function lateKinesisAppend(stream: string): EventLog['append'] {
  let sdk: Promise<Sdk> | null = null
  const load = async (): Promise<Sdk> => {
    const { KinesisClient, PutRecordsCommand: Put } = await import('@aws-sdk/client-kinesis')
    return { client: new KinesisClient({ maxAttempts: 1, requestHandler: requestHandler() }), Put }
  }
  return appendBy({
    stream,
    put: async (call) => {
      sdk ??= load()
      const { client, Put } = await sdk
      return client.send(new Put(call))
    },
  })
}
