/** What DynamoDB forgets, on AWS: a batch of the table's stream, each row looked for in the archive. */
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { createArchiveClient } from '../adapters/aws-clients.ts'
import { serviceName } from '../adapters/aws-names.ts'
import { confirmedRows } from '../adapters/duckdb-confirm.ts'
import { readRemoval } from '../adapters/dynamodb-removals.ts'
import { requireEnvironment } from '../adapters/environment.ts'
import { functionDuck } from '../adapters/function-duck.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import { keptFiles } from '../adapters/kept-files.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { createPowertoolsLogger } from '../adapters/powertools-logger.ts'
import { createPowertoolsMetrics } from '../adapters/powertools-metrics.ts'
import { s3Archive } from '../adapters/s3-archive.ts'
import { archiveForgotten } from './expired-rows.ts'

const { table_prefix, archive_bucket } = requireEnvironment(['table_prefix', 'archive_bucket'])
const service = serviceName(table_prefix, 'expired')
const logger = createPowertoolsLogger(service)
const metrics = createPowertoolsMetrics(service)
const duck = functionDuck()
const files = s3Archive({ client: createArchiveClient(), bucket: archive_bucket })
/** A day of a big fleet is some hundred megabytes. */
const KEPT_BYTES = 2e9
const kept = keptFiles(files, `${duck.scratch_in}/kept`, KEPT_BYTES)

/** What is unwell is tried again from the first record. */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  try {
    await archiveForgotten(
      Records.flatMap((record) => readRemoval(record) ?? []),
      {
        files,
        write: writeLanding,
        confirmed: (rows) => confirmedRows(rows, kept, duck),
        metrics,
        logger,
      },
    )
    return { batchItemFailures: [] }
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error
    logger.warn('what has expired cannot be looked for, it is tried again', { reason: error.message })
    return { batchItemFailures: [{ itemIdentifier: Records[0]?.dynamodb?.SequenceNumber ?? '' }] }
  } finally {
    metrics.flush()
  }
}
