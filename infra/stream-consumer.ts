/** The processor on the stream, and what happens to a batch that fails. */
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { GIVEN_UP_FOLDER } from '../adapters/aws-names.ts'
import { BundledFunction } from './bundled-function.ts'
import { mayCommand } from './downlink-topics.ts'
import type { EventStream } from './event-stream.ts'
import type { FailureBucket } from './failure-bucket.ts'
import type { Stage } from './stages.ts'
import type { Tables } from './tables.ts'

export type StreamConsumerProps = { stage: Stage; log: EventStream; tables: Tables; failures: FailureBucket }

export class StreamConsumer extends Construct {
  readonly function: BundledFunction
  readonly mapping: CfnEventSourceMapping

  constructor(scope: Construct, id: string, { stage, log, tables, failures }: StreamConsumerProps) {
    super(scope, id)
    const { memory_mb, timeout_s } = stage.consumer
    this.function = new BundledFunction(this, 'Processor', {
      stage,
      name: 'processor',
      entry: 'processors/stream.lambda.ts',
      stream_name: log.stream_name,
      memory_mb,
      timeout_s,
    })
    this.grant(log, tables, failures)
    this.mapping = this.map(stage, log, failures)
    // Lambda refuses a mapping whose function may not read the stream yet.
    this.mapping.node.addDependency(this.function.role)
  }

  private grant({ stream }: EventStream, tables: Tables, { bucket }: FailureBucket): void {
    const to = this.function
    to.may(
      [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      [stream.streamArn],
    )
    // What a device on a circuit says goes back on the stream, for its pair.
    to.may(['kinesis:PutRecords'], [stream.streamArn])
    to.may(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [tables.arn('states')])
    to.may(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.arn('events')])
    to.may(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], [tables.arn('lookups')])
    to.may(['dynamodb:PutItem'], [tables.arn('summaries'), tables.arn('config')])
    to.may(['dynamodb:BatchWriteItem'], [tables.arn('quarantine')])
    // A device whose clock is not set is told the time.
    mayCommand(this, to)
    to.may(['s3:ListBucket'], [bucket.bucketArn])
    to.may(['s3:PutObject'], [`${bucket.bucketArn}/${GIVEN_UP_FOLDER}*`])
  }

  private map(stage: Stage, { stream }: EventStream, { bucket }: FailureBucket): CfnEventSourceMapping {
    const { consumer } = stage
    return new CfnEventSourceMapping(this, 'Mapping', {
      eventSourceArn: stream.streamArn,
      functionName: this.function.lambda.functionArn,
      startingPosition: 'TRIM_HORIZON',
      batchSize: consumer.batch_records,
      maximumBatchingWindowInSeconds: consumer.batch_window_s,
      parallelizationFactor: consumer.parallelization,
      functionResponseTypes: ['ReportBatchItemFailures'],
      bisectBatchOnFunctionError: true,
      maximumRecordAgeInSeconds: consumer.max_age_s,
      maximumRetryAttempts: consumer.attempts,
      // S3 keeps the records themselves; SQS and SNS would keep only where they were.
      destinationConfig: { onFailure: { destination: bucket.bucketArn } },
      metricsConfig: { metrics: ['EventCount'] },
    })
  }
}
