/** Clients of the AWS SDK as the homes use them. In a Lambda they are told nothing: region and credentials are in the environment. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { CALLS_AT_ONCE } from './dynamodb-calls.ts'

/** Where a client is not to find AWS by itself. */
export type Elsewhere = {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/** A call that hangs is tried again; one that DynamoDB answers at all, it answers within milliseconds. */
const CONNECT_MS = 1_000
const ANSWER_MS = 3_000

/** One attempt a call: `aws-retry.ts` retries, and it alone. */
export function createDynamoClient(elsewhere: Elsewhere = {}): DynamoDBClient {
  return new DynamoDBClient({ ...elsewhere, maxAttempts: 1, requestHandler: requestHandler() })
}

/** For small objects. Names a bucket in the path where it is told an endpoint: a stand-in has no name for each bucket. */
export function createS3Client(elsewhere: Elsewhere = {}): S3Client {
  const forcePathStyle = elsewhere.endpoint !== undefined
  return new S3Client({ ...elsewhere, forcePathStyle, maxAttempts: 1, requestHandler: requestHandler() })
}

/** A file of the archive is some megabytes. */
const FILE_MS = 60_000

/** The same for files of the archive, which take their time. */
export function createArchiveClient(elsewhere: Elsewhere = {}): S3Client {
  const forcePathStyle = elsewhere.endpoint !== undefined
  const handler = requestHandler(FILE_MS)
  return new S3Client({ ...elsewhere, forcePathStyle, maxAttempts: 1, requestHandler: handler })
}

/** For a client of any service. */
export function requestHandler(answer_ms = ANSWER_MS): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets: CALLS_AT_ONCE }
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_MS,
    requestTimeout: answer_ms,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: agent,
  })
}
