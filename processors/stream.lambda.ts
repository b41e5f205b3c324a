/** The processor on AWS: one batch of one shard. Lambda keeps the place, and comes back with all from the lowest failed record on. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { createDynamoClient, createKinesisClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { kinesisFeed } from '../adapters/kinesis-door.ts'
import { decodeLambdaRecord, lagOf, lowestSequence } from '../adapters/kinesis-event.ts'
import { kinesisAppend } from '../adapters/kinesis-log.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { NewerState } from '../statecharts/device-state.ts'
import { processBatch, WriteConflict } from './process-batch.ts'

const { table_prefix, stream } = requireEnvironment(['table_prefix', 'stream'])
const service = serviceName(table_prefix, 'processor')
const logger = createPowertoolsLogger(service)
const metrics = createPowertoolsMetrics(service)
const store = dynamodbStore({ client: createDynamoClient(), table_prefix })
const feed = kinesisFeed(kinesisAppend({ client: createKinesisClient(), stream }), Date.now)

/** A poisonous record is quarantined and a broken one of our own throws; what is unwell is tried again from its first record. */
export async function handler({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const records = Records.map(decodeLambdaRecord)
  try {
    await processBatch(records, { store, metrics, logger, feed })
    metrics.gauge('lag_ms', lagOf(Records, Date.now()))
    return { batchItemFailures: [] }
  } catch (error) {
    if (!isUnwell(error)) throw error
    const held = error instanceof NewerState ? error.position : ''
    // What lies before a record that waits for newer code is done.
    const undone = held ? Records.filter((_, n) => (records[n]?.position ?? '') >= held) : Records
    const itemIdentifier = lowestSequence(undone)
    metrics.count('batches_failed')
    if (held) metrics.count('held_for_newer_code')
    logger.warn(held ? 'the shard waits for newer code' : 'a batch failed, it is tried again', {
      from: itemIdentifier,
      reason: error.message,
    })
    return { batchItemFailures: [{ itemIdentifier }] }
  } finally {
    metrics.flush()
  }
}

function isUnwell(error: unknown): error is Error {
  return error instanceof InfrastructureError || error instanceof WriteConflict || error instanceof NewerState
}
