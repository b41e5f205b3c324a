/** A function on the stream: how much it gets at once, what becomes of a batch that fails, and what it may do for that. */
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { GIVEN_UP_FOLDER } from '../adapters/aws-names.ts'
import type { BundledFunction } from './bundled-function.ts'
import type { EventStream } from './event-stream.ts'
import type { FailureBucket } from './failure-bucket.ts'
import type { Stage } from './stages.ts'

export type StreamMappingProps = {
  stage: Stage
  log: EventStream
  failures: FailureBucket
  to: BundledFunction
  batch_records: number
  batch_window_s: number
  parallelization: number
}

export const READS_OF_STREAM = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
]

/** Age and attempts are the stage's for every consumer: what is given up must still be on the stream. */
export function mapStream(scope: Construct, props: StreamMappingProps): CfnEventSourceMapping {
  const { stage, log, failures, to } = props
  const { bucketArn } = failures.bucket
  to.may(READS_OF_STREAM, [log.stream.streamArn])
  to.may(['s3:ListBucket'], [bucketArn])
  to.may(['s3:PutObject'], [`${bucketArn}/${GIVEN_UP_FOLDER}*`])
  const mapping = new CfnEventSourceMapping(scope, 'Mapping', {
    eventSourceArn: log.stream.streamArn,
    functionName: to.lambda.functionArn,
    startingPosition: 'TRIM_HORIZON',
    batchSize: props.batch_records,
    maximumBatchingWindowInSeconds: props.batch_window_s,
    parallelizationFactor: props.parallelization,
    functionResponseTypes: ['ReportBatchItemFailures'],
    bisectBatchOnFunctionError: true,
    maximumRecordAgeInSeconds: stage.consumer.max_age_s,
    maximumRetryAttempts: stage.consumer.attempts,
    // S3 keeps the records themselves; SQS and SNS would keep only where they were.
    destinationConfig: { onFailure: { destination: bucketArn } },
    metricsConfig: { metrics: ['EventCount'] },
  })
  // Lambda refuses a mapping whose function may not read the stream yet.
  mapping.node.addDependency(to.role)
  return mapping
}
