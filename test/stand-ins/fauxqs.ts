/** The stand-in of S3, in this process on a free port. */
import type { S3Client } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import { createS3Client } from '../../adapters/aws-clients.ts'
import { atEndpoint } from './dynalite.ts'

export type Fauxqs = {
  endpoint: string
  client: S3Client
  /** A new and empty bucket; resolves with its name. */
  newBucket(): Promise<string>
  stop(): Promise<void>
}

export async function startS3(): Promise<Fauxqs> {
  const server = await startFauxqs({ port: 0, logger: false })
  const endpoint = `http://127.0.0.1:${server.port}`
  const client = createS3Client(atEndpoint(endpoint))
  let buckets = 0
  return {
    endpoint,
    client,
    newBucket: async () => server.createBucket(`bucket-${buckets++}`).bucketName,
    stop: async () => {
      client.destroy()
      await server.stop()
    },
  }
}
