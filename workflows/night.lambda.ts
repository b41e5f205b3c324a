/** The night on AWS: the steps of `nightly.asl.json`, each a function of its own, all of this code. */
import type { Context } from 'aws-lambda'
import { createArchiveClient, createDynamoClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { duckdbAudit } from '../adapters/duckdb-audit.ts'
import { duckdbMarks } from '../adapters/duckdb-marks.ts'
import { duckdbNight } from '../adapters/duckdb-night.ts'
import { duckdbPublish } from '../adapters/duckdb-publish.ts'
import { dynamodbArchiveBook } from '../adapters/dynamodb-archive-book.ts'
import { dynamodbEnergy } from '../adapters/dynamodb-energy.ts'
import { DynamoPersistence } from '../adapters/dynamodb-idempotency.ts'
import { dynamodbReads } from '../adapters/dynamodb-reads.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { functionDuck } from '../adapters/function-duck.ts'
import { idempotentSteps, type NightTasks } from '../adapters/idempotent-steps.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisShards } from '../adapters/kinesis-shards.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { s3Archive } from '../adapters/s3-archive.ts'
import { createNightsClient, nightBefore } from '../adapters/sfn-nights.ts'
import { auditShards } from './audit-shards.ts'
import { inOneLine } from './night-error.ts'
import { withDay } from './night-input.ts'
import { BadNight } from './night-ports.ts'
import { type NightStep, nightTasks } from './night-tasks.ts'

const { table_prefix, stream, archive_bucket, night } = requireEnvironment([
  'table_prefix',
  'stream',
  'archive_bucket',
  'night',
])
const service = serviceName(table_prefix, 'night')
const logger = createPowertoolsLogger(service)
const metrics = createPowertoolsMetrics(service)
const dynamodb = { client: createDynamoClient(), table_prefix }
const files = s3Archive({ client: createArchiveClient(), bucket: archive_bucket })
const kinesis = createKinesisClient()
const nights = createNightsClient()
const book = dynamodbArchiveBook(dynamodb)
const duck = functionDuck()
const engine = duckdbAudit(files, duck)

/** Less than the quarter of an hour that a function has, by what it takes to compare what was read. */
const TURN_MS = 9 * 60_000

const tasks: NightTasks = {
  ...nightTasks({
    files,
    engine: duckdbNight(files, duck),
    audit: engine,
    log: null,
    reads: dynamodbReads({ ...dynamodb, now: Date.now }),
    source: duckdbMarks(files, duck),
    energy: dynamodbEnergy(dynamodb),
    publish: duckdbPublish(files, duck),
    book,
    now: Date.now,
    metrics,
    logger,
  }),
  Audit: (input: never) =>
    auditShards(input, {
      shards: () => kinesisShards({ client: kinesis, stream }),
      book,
      engine,
      now: Date.now,
      turn_ms: TURN_MS,
    }),
}
const perform = idempotentSteps({ tasks, persistence: new DynamoPersistence(dynamodb) })

export const plan = handlerOf('Plan')
export const spread = handlerOf('Spread')
export const compact = handlerOf('Compact')
export const verify = handlerOf('Verify')
export const publish = handlerOf('Publish')
export const aggregate = handlerOf('Aggregate')
export const planMonths = handlerOf('PlanMonths')
export const gatherMonth = handlerOf('GatherMonth')
export const verifyMonth = handlerOf('VerifyMonth')
export const publishMonth = handlerOf('PublishMonth')
export const audit = handlerOf('Audit')
export const finish = handlerOf('Finish')

type Remaining = Pick<Context, 'getRemainingTimeInMillis'>

function handlerOf(step: NightStep): (event: object, context: Remaining) => Promise<object> {
  return async (event, context) => {
    try {
      const input = withDay(event)
      const run = input.run as string
      if (step === 'Plan') await refuseSecond(run)
      return await perform(run, { step, input }, () => context.getRemainingTimeInMillis())
    } catch (error) {
      logger.error('a step of the night failed', { step, error: (error as Error).stack })
      throw inOneLine(error as Error)
    } finally {
      metrics.flush()
    }
  }
}

async function refuseSecond(run: string): Promise<void> {
  const other = await nightBefore(nights, night, run)
  if (other !== null) throw new BadNight(`the night ${other} is at work: wait for its end`)
}
