/** The API on AWS: the same app, asked by an HTTP API (payload format 2.0). Who may ask has been settled in front of it. */
import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
import { bodyLimit } from 'hono/body-limit'
import { athenaQuery } from '../adapters/athena-query.ts'
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { dynamodbEnergy } from '../adapters/dynamodb-energy.ts'
import { dynamodbReads } from '../adapters/dynamodb-reads.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { iotDownlink } from '../adapters/iot-downlink.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisDoor } from '../adapters/kinesis-door.ts'
import { kinesisAppend } from '../adapters/kinesis-log.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createApi } from './app.ts'
import { gatewayPath } from './gateway-path.ts'
import { Problem, problemResponse } from './problem.ts'
import { createRoutes } from './routes.ts'

const { table_prefix, stream, iot_endpoint, athena_workgroup, athena_database } = requireEnvironment([
  'table_prefix',
  'stream',
  'iot_endpoint',
  'athena_workgroup',
  'athena_database',
])
const logger = createPowertoolsLogger(serviceName(table_prefix, 'api'))
const dynamodb = { client: createDynamoClient(), table_prefix }
const store = dynamodbReads({ ...dynamodb, now: Date.now })
const door = kinesisDoor(kinesisAppend({ client: createKinesisClient(), stream }), Date.now)

const downlink = iotDownlink({ endpoint: iot_endpoint, now: Date.now })

/** As much as an IoT message may have: what is larger, neither the stream nor the quarantine could hold whole. */
const MAX_BODY_BYTES = 128 * 1024

const api = createApi({
  store,
  door,
  downlink,
  energy: dynamodbEnergy(dynamodb),
  query: athenaQuery({ workgroup: athena_workgroup, database: athena_database }),
  now: Date.now,
  health: async () => ({ home: 'aws' }),
  pages: new Map(),
  logger,
})
const app = new Hono()
app.use(
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: ({ req }) =>
      problemResponse(new Problem(413, `a body has at most ${MAX_BODY_BYTES} bytes`), req.path),
  }),
)
app.all('*', (context) => api.fetch(context.req.raw))
const answer = handle(app)
const paths = createRoutes().map(({ path }) => path)

/** Payload format 2.0. */
type Asked = Extract<Parameters<typeof answer>[0], { rawPath: string }>

export function handler(event: Asked): ReturnType<typeof answer> {
  return answer({ ...event, rawPath: gatewayPath(event.rawPath, paths) })
}
