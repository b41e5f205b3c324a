/** The sweep on AWS: once a minute, told by the scheduler. */
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisDoor } from '../adapters/kinesis-door.ts'
import { kinesisAppend } from '../adapters/kinesis-log.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { sweep } from './sweep.ts'

const { table_prefix, stream } = requireEnvironment(['table_prefix', 'stream'])
const metrics = createPowertoolsMetrics(serviceName(table_prefix, 'sweep'))
const store = dynamodbStore({ client: createDynamoClient(), table_prefix })
const door = kinesisDoor(kinesisAppend({ client: createKinesisClient(), stream }), Date.now)

/** What fails is swept a minute later: the timers are still due. */
export async function handler(): Promise<void> {
  try {
    metrics.count('devices_swept', await sweep({ store, door }, Date.now()))
  } finally {
    metrics.flush()
  }
}
