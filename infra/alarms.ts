/** What somebody is called for. docs/runbook.md has a section for each. */
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { METRICS_NAMESPACE, serviceName, tableName } from '../adapters/aws-names.ts'
import type { MetricName } from '../events/metric-names.ts'
import { type AlarmShape, createAlarm, figure, metric, total } from './alarm.ts'
import type { Api } from './api.ts'
import { archiveAlarms } from './archive-alarms.ts'
import type { ArchiveConsumer } from './archive-consumer.ts'
import type { EventStream } from './event-stream.ts'
import type { ExpiredRows } from './expired-rows.ts'
import type { IngestRules } from './ingest-rules.ts'
import type { Night } from './night.ts'
import type { Stage } from './stages.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Sweep } from './sweep.ts'

export type AlarmsProps = {
  stage: Stage
  log: EventStream
  ingest: IngestRules
  consumer: StreamConsumer
  sweep: Sweep
  api: Api
  archiver: ArchiveConsumer
  expired: ExpiredRows
  night: Night
  /** Who is called; somebody may also subscribe to the topic later. */
  email?: string
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    const { prefix } = props.stage
    const topic = new Topic(this, 'Call', { topicName: `${prefix}alarms`, enforceSSL: true })
    // A topic with a policy of its own takes from CloudWatch only what the policy says.
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    )
    if (props.email !== undefined) topic.addSubscription(new EmailSubscription(props.email))
    const shapes = [
      ...ingestAlarms(props),
      ...consumerAlarms(props),
      ...otherAlarms(props),
      ...archiveAlarms(props),
    ]
    for (const shape of shapes) createAlarm(this, prefix, topic, shape)
    new CfnOutput(this, 'Topic', { value: topic.topicArn })
  }
}

function ingestAlarms({ ingest, log }: AlarmsProps): AlarmShape[] {
  const ours = ingest.rules.map(({ name }) => `RuleName = '${name}'`).join(' OR ')
  const ofRules = (name: string) =>
    total(`SELECT SUM(${name}) FROM SCHEMA("AWS/IoT", ActionType, RuleName) WHERE ${ours}`)
  const stream = { StreamName: log.stream_name }
  return [
    {
      id: 'rule-refused',
      says: 'A rule could not put a message on the stream; it is kept in the bucket of failures.',
      metric: ofRules('Failure'),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'refusal-lost',
      says: 'A message that a rule could not put on the stream could not be kept either. It is lost.',
      metric: ofRules('ErrorActionFailure'),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'stream-full',
      says: 'The stream takes less than what comes.',
      metric: metric('AWS/Kinesis', 'WriteProvisionedThroughputExceeded', stream),
      threshold: 1,
      minutes: 5,
    },
  ]
}

function consumerAlarms({ stage, consumer }: AlarmsProps): AlarmShape[] {
  const processor = { FunctionName: consumer.function.lambda.functionName }
  const service = serviceName(stage.prefix, 'processor')
  const ours = (name: MetricName) => metric(METRICS_NAMESPACE, name, { service })
  const mapping = { EventSourceMappingUUID: consumer.mapping.ref }
  return [
    {
      id: 'consumer-behind',
      says: 'The processor reads records later than it should.',
      metric: metric('AWS/Lambda', 'IteratorAge', processor, 'Maximum'),
      threshold: stage.behind_alarm_s * 1_000,
      minutes: 5,
    },
    {
      id: 'consumer-failing',
      says: 'The processor fails again and again.',
      // What is unwell it reports as a failed batch; what is our own bug it throws.
      metric: figure('FILL(thrown, 0) + FILL(unwell, 0)', {
        thrown: metric('AWS/Lambda', 'Errors', processor),
        unwell: ours('batches_failed'),
      }),
      threshold: 1,
      minutes: 5,
    },
    {
      id: 'records-given-up',
      says: 'Records were given up; they are kept in the bucket of failures.',
      metric: metric('AWS/Lambda', 'OnFailureDestinationDeliveredEventCount', mapping),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'records-dropped',
      says: 'Records were dropped, and are perhaps nowhere but in the stream.',
      metric: metric('AWS/Lambda', 'DroppedEventCount', mapping),
      threshold: 1,
      minutes: 1,
    },
    {
      id: 'records-quarantined',
      says: 'For a quarter of an hour every minute had a record that is bad in itself.',
      metric: ours('quarantined'),
      threshold: 1,
      minutes: 15,
    },
  ]
}

function otherAlarms({ stage, sweep, api }: AlarmsProps): AlarmShape[] {
  const sweeper = { FunctionName: sweep.function.lambda.functionName }
  const throttled = (table: 'events' | 'states') =>
    metric('AWS/DynamoDB', 'WriteThrottleEvents', { TableName: tableName(stage.prefix, table) })
  return [
    {
      id: 'sweep-silent',
      says: 'Nobody tells silent devices that time has passed: their timers do not fire.',
      metric: figure('FILL(ran, 0) - FILL(failed, 0)', {
        ran: metric('AWS/Lambda', 'Invocations', sweeper),
        failed: metric('AWS/Lambda', 'Errors', sweeper),
      }),
      threshold: 0,
      minutes: 15,
      silent: true,
    },
    {
      id: 'store-throttled',
      says: 'DynamoDB refuses writes of events or states for being too many at once.',
      metric: figure('FILL(events, 0) + FILL(states, 0)', {
        events: throttled('events'),
        states: throttled('states'),
      }),
      threshold: 1,
      minutes: 5,
    },
    {
      id: 'api-failing',
      says: 'The API answers with 5xx.',
      metric: metric('AWS/ApiGateway', '5xx', { ApiId: api.http.apiId, Stage: '$default' }),
      threshold: 1,
      minutes: 5,
    },
  ]
}
