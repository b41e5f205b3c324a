/** The client of Kinesis; beside the others, because the processor loads it only when it has something to say. */
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { type Elsewhere, requestHandler } from './aws-clients.ts'

/** Over HTTP/1.1, which costs nothing at these rates and works against every endpoint. */
export function createKinesisClient(elsewhere: Elsewhere = {}): KinesisClient {
  return new KinesisClient({ ...elsewhere, maxAttempts: 1, requestHandler: requestHandler() })
}
