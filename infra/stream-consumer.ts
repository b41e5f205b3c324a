/** The processor on the stream, and what happens to a batch that fails. */
import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { BundledFunction } from './bundled-function.ts'
import { mayCommand } from './downlink-topics.ts'
import type { EventStream } from './event-stream.ts'
import type { FailureBucket } from './failure-bucket.ts'
import type { Stage } from './stages.ts'
import { mapStream } from './stream-mapping.ts'
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
    this.grant(log, tables)
    const { batch_records, batch_window_s, parallelization } = stage.consumer
    this.mapping = mapStream(this, {
      stage,
      log,
      failures,
      batch_records,
      batch_window_s,
      parallelization,
      to: this.function,
    })
  }

  private grant({ stream }: EventStream, tables: Tables): void {
    const to = this.function
    // What a device on a circuit says goes back on the stream, for its pair.
    to.may(['kinesis:PutRecords'], [stream.streamArn])
    to.may(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], [tables.arn('states')])
    to.may(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.arn('events')])
    to.may(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], [tables.arn('lookups')])
    to.may(['dynamodb:PutItem'], [tables.arn('summaries'), tables.arn('config')])
    to.may(['dynamodb:BatchWriteItem'], [tables.arn('quarantine')])
    // A device whose clock is not set is told the time.
    mayCommand(this, to)
  }
}
