/** The archive on AWS: one batch of one shard becomes landing files. Lambda keeps the place; a batch that comes again lands again. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { createArchiveClient, createDynamoClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { decodeLambdaRecord, lagOf, lowestSequence } from '../adapters/kinesis-event.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { s3Archive } from '../adapters/s3-archive.ts'
import { archiveBatch } from './archive-batch.ts'

const { table_prefix, archive_bucket } = requireEnvironment(['table_prefix', 'archive_bucket'])
const service = serviceName(table_prefix, 'archive')
const logger = createPowertoolsLogger(service)
const metrics = createPowertoolsMetrics(service)
const store = dynamodbStore({ client: createDynamoClient(), table_prefix })
const files = s3Archive({ client: createArchiveClient(), bucket: archive_bucket })

/** What is unwell is tried again from the first record; whatever a record holds is archived, so none can be at fault. */
export async function handler({ Records }: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  try {
    await archiveBatch(Records.map(decodeLambdaRecord), {
      files,
      write: writeLanding,
      store,
      metrics,
      logger,
    })
    metrics.gauge('archive_lag_ms', lagOf(Records, Date.now()))
    return { batchItemFailures: [] }
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error
    const itemIdentifier = lowestSequence(Records)
    metrics.count('archive_batches_failed')
    logger.warn('a batch could not be archived, it is tried again', {
      from: itemIdentifier,
      reason: error.message,
    })
    return { batchItemFailures: [{ itemIdentifier }] }
  } finally {
    metrics.flush()
  }
}
