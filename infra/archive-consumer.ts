/** The second reader of the stream: everything becomes landing files. */
import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ARCHIVE_VARIABLES } from '../adapters/aws-names.ts'
import { LANDING } from '../events/archive.ts'
import type { ArchiveBucket } from './archive-bucket.ts'
import { BundledFunction } from './bundled-function.ts'
import type { EventStream } from './event-stream.ts'
import type { FailureBucket } from './failure-bucket.ts'
import type { Stage } from './stages.ts'
import { mapStream } from './stream-mapping.ts'
import type { Tables } from './tables.ts'

export type ArchiveConsumerProps = {
  stage: Stage
  log: EventStream
  tables: Tables
  failures: FailureBucket
  archive: ArchiveBucket
}

export class ArchiveConsumer extends Construct {
  readonly function: BundledFunction
  readonly mapping: CfnEventSourceMapping

  constructor(scope: Construct, id: string, props: ArchiveConsumerProps) {
    super(scope, id)
    const { stage, log, tables, failures, archive } = props
    const { batch_records, batch_window_s, timeout_s, memory_mb } = stage.archive
    this.function = new BundledFunction(this, 'Archiver', {
      stage,
      name: 'archive',
      entry: 'processors/archive.lambda.ts',
      stream_name: log.stream_name,
      environment: { [ARCHIVE_VARIABLES.archive_bucket]: archive.bucket.bucketName },
      memory_mb,
      timeout_s,
    })
    this.function.may(['s3:PutObject'], [archive.objects(LANDING)])
    // Whose an uplink of IoT Wireless is.
    this.function.may(['dynamodb:Query'], [tables.arn('lookups')])
    this.function.may(['dynamodb:BatchGetItem'], [tables.arn('states')])
    // Order does not matter to it: one batch of a shard at a time makes the fewest files.
    const mapped = { batch_records, batch_window_s, parallelization: 1 }
    this.mapping = mapStream(this, { stage, log, failures, to: this.function, ...mapped })
  }
}
