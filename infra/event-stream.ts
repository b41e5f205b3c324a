/** The log: every message as it came, in the order of its device. */
import { Duration } from 'aws-cdk-lib'
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis'
import { Construct } from 'constructs'
import { removal } from './removal.ts'
import type { Stage } from './stages.ts'

export class EventStream extends Construct {
  readonly stream: Stream
  /** As functions are told it: the name itself and no reference, so that whoever reads a template can follow it. */
  readonly stream_name: string

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id)
    const { shards, retention_h } = stage.stream
    this.stream_name = `${stage.prefix}events`
    this.stream = new Stream(this, 'Stream', {
      streamName: this.stream_name,
      retentionPeriod: Duration.hours(retention_h),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: removal(stage),
      ...(shards === null
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: shards }),
    })
  }
}
