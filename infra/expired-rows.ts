/** What the table of events forgets is looked for in the archive, and written there where it is not. */
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ARCHIVE_VARIABLES, GIVEN_UP_FOLDER } from '../adapters/aws-names.ts'
import { REMOVAL_FILTER } from '../adapters/dynamodb-removals.ts'
import { LANDING } from '../events/archive.ts'
import type { ArchiveBucket } from './archive-bucket.ts'
import { BundledFunction } from './bundled-function.ts'
import type { EventStream } from './event-stream.ts'
import type { FailureBucket } from './failure-bucket.ts'
import type { Stage } from './stages.ts'
import type { Tables } from './tables.ts'

export type ExpiredRowsProps = {
  stage: Stage
  log: EventStream
  tables: Tables
  failures: FailureBucket
  archive: ArchiveBucket
}

/** The table's stream keeps a day. */
const MAX_AGE_S = 23 * 3_600

export class ExpiredRows extends Construct {
  readonly function: BundledFunction

  constructor(scope: Construct, id: string, props: ExpiredRowsProps) {
    super(scope, id)
    const { stage, log, tables, failures, archive } = props
    const streamArn = tables.streamArn('events')
    this.function = new BundledFunction(this, 'Watcher', {
      stage,
      name: 'expired',
      entry: 'processors/expired.lambda.ts',
      stream_name: log.stream_name,
      environment: { [ARCHIVE_VARIABLES.archive_bucket]: archive.bucket.bucketName },
      memory_mb: stage.night.memory_mb,
      storage_mb: 4_096,
      timeout_s: 300,
    })
    const { bucketArn } = failures.bucket
    const to = this.function
    to.may(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [streamArn])
    to.may(['s3:ListBucket'], [archive.bucket.bucketArn, bucketArn])
    to.may(['s3:GetObject'], [archive.objects()])
    to.may(['s3:PutObject'], [archive.objects(LANDING), `${bucketArn}/${GIVEN_UP_FOLDER}*`])
    const mapping = new CfnEventSourceMapping(this, 'Mapping', {
      eventSourceArn: streamArn,
      functionName: to.lambda.functionArn,
      startingPosition: 'TRIM_HORIZON',
      // A batch is a look into files of a day: the more rows at once the fewer looks.
      batchSize: 10_000,
      maximumBatchingWindowInSeconds: 300,
      filterCriteria: { filters: [{ pattern: JSON.stringify(REMOVAL_FILTER) }] },
      functionResponseTypes: ['ReportBatchItemFailures'],
      bisectBatchOnFunctionError: true,
      maximumRecordAgeInSeconds: MAX_AGE_S,
      maximumRetryAttempts: stage.consumer.attempts,
      destinationConfig: { onFailure: { destination: bucketArn } },
    })
    mapping.node.addDependency(to.role)
  }
}
