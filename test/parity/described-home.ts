/** The AWS home as its template describes it, on stand-ins: rules, stream, poller, the code of the asset, tables, bucket. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import type { S3Client } from '@aws-sdk/client-s3'
import type { KinesisStreamEvent } from 'aws-lambda'
import { AWS_VARIABLES } from '../../adapters/aws-names.ts'
import { kinesisAppend } from '../../adapters/kinesis-log.ts'
import type { StoreDump } from '../../adapters/store-tables.ts'
import { publishToRules } from '../infra/rule-engine.ts'
import type { Record0 } from '../simulation/device-life.ts'
import { type Dump, lawful } from '../simulation/law.ts'
import {
  type Described,
  describeStage,
  functionOf,
  makeBucket,
  makeStream,
  makeTables,
  mappingOf,
  rulesOf,
  scheduledOf,
} from '../stand-ins/described.ts'
import { dumpOf, startDynalite } from '../stand-ins/dynalite.ts'
import { type EventSource, type Poller, pollerOf } from '../stand-ins/event-source.ts'
import { type FaultyProxy, startFaultyProxy } from '../stand-ins/faulty-proxy.ts'
import { startS3 } from '../stand-ins/fauxqs.ts'
import { type Published, startIotPublishes } from '../stand-ins/iot-publishes.ts'
import { startKinesalite } from '../stand-ins/kinesalite.ts'
import { type LambdaFunction, runFunction } from '../stand-ins/lambda-function.ts'

export type KinesisStandIn = { endpoint: string; client: KinesisClient; stop(): Promise<void> }

export type HomeOptions = {
  stage: 'small' | 'prod'
  kinesis?: KinesisStandIn
  /** Where the template leaves it to the traffic. */
  shards?: number
  /** What the test makes tighter, so that it happens at all. */
  mapping?: Partial<EventSource['mapping']>
  /** In place of what the rules have: for a test that must fail. */
  partition_key?: string
  /** Stands between the poller and the function, for callers that do not behave. */
  invoke?: (event: KinesisStreamEvent, processor: LambdaFunction) => Promise<unknown>
}

export type DescribedHome = {
  dynamodb: DynamoDBClient
  kinesis: KinesisClient
  stream: string
  s3: S3Client
  bucket: string
  /** What devices were told. */
  told: Published[]
  /** Between the function and the stand-ins. */
  to_dynamodb: FaultyProxy
  to_kinesis: FaultyProxy
  processor: LambdaFunction
  poller: Poller
  /** What the schedule does once a minute. */
  sweep(): Promise<unknown>
  /** Devices publish through the rules; the system itself puts what is its own on the stream. */
  say(records: readonly Record0[]): Promise<void>
  dump(): Promise<Dump>
  /** With everything that the law leaves out. */
  rows(): Promise<StoreDump>
  stop(): Promise<void>
}

const DUMMY = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' }

/** A template is made once a stage and process. */
const described = new Map<string, Described>()

export function describedStage(stage: HomeOptions['stage']): Described {
  const known = described.get(stage) ?? describeStage(stage)
  described.set(stage, known)
  return known
}

export function forgetStages(): void {
  for (const one of described.values()) one.remove()
  described.clear()
}

export async function startDescribedHome(options: HomeOptions): Promise<DescribedHome> {
  const { template, codeOf } = describedStage(options.stage)
  const [dynalite, kinesis, s3] = await Promise.all([
    startDynalite(),
    options.kinesis ?? startKinesalite(),
    startS3(),
  ])
  const [to_dynamodb, to_kinesis] = await Promise.all([
    startFaultyProxy(dynalite.endpoint),
    startFaultyProxy(kinesis.endpoint),
  ])
  const iot = await startIotPublishes()
  const { function_id, on_failure, window_s, ...mapping } = mappingOf(template)
  await makeTables(dynalite.client, template)
  const stream = await makeStream(kinesis.client, template, options.shards)
  const bucket = await makeBucket(s3.client, on_failure)
  const environment = {
    ...DUMMY,
    // The template joins it of the region that it is deployed to.
    [AWS_VARIABLES.iot_endpoint]: iot.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: to_dynamodb.endpoint,
    AWS_ENDPOINT_URL_KINESIS: to_kinesis.endpoint,
  }
  const run = (id: string) => {
    const { handler, timeout_ms, variables } = functionOf(template, id)
    return runFunction({
      code: codeOf(id),
      handler,
      timeout_ms,
      environment: { ...variables, ...environment },
    })
  }
  const [processor, sweeper] = [run(function_id), run(scheduledOf(template))]
  const { variables } = functionOf(template, function_id)
  const poller = pollerOf({
    // A hundredth of the window: what comes within it here is what came before.
    mapping: { ...mapping, window_ms: window_s * 10, ...options.mapping },
    kinesis: kinesis.client,
    stream,
    invoke: (event) => options.invoke?.(event, processor) ?? processor.invoke(event),
    s3: s3.client,
    bucket,
    now: Date.now,
  })
  const { partition_key } = options
  const rules = rulesOf(template).map((rule) =>
    partition_key === undefined ? rule : { ...rule, partition_key },
  )
  return {
    dynamodb: dynalite.client,
    kinesis: kinesis.client,
    stream,
    s3: s3.client,
    bucket,
    told: iot.published,
    to_dynamodb,
    to_kinesis,
    processor,
    poller,
    sweep: () => sweeper.invoke({}),
    say: async (records) => {
      for (const record of records) await sayOne(kinesis.client, stream, rules, record)
    },
    rows: () => dumpOf(dynalite.client, variables.PILOTLINE_TABLE_PREFIX ?? ''),
    dump: async () => lawful(await dumpOf(dynalite.client, variables.PILOTLINE_TABLE_PREFIX ?? '')),
    stop: async () => {
      for (const one of [processor, sweeper]) one.stop()
      for (const part of [to_dynamodb, to_kinesis, dynalite, s3, iot]) await part.stop()
      if (!options.kinesis) await kinesis.stop()
    },
  }
}

/** By the broker or by Basic Ingest, as it falls. */
async function sayOne(
  client: KinesisClient,
  stream: string,
  rules: ReturnType<typeof rulesOf>,
  record: Record0,
): Promise<void> {
  if (record.source === 'internal') return kinesisAppend({ client, stream })([record])
  const { topic, payload, received_at: now } = record
  const direct =
    now % 2 === 0 ? rules.find(({ sql }) => sql.includes(`'ev/${topic.split('/')[1]}/+/telemetry'`)) : null
  const published = direct ? `$aws/rules/${direct.name}/${topic}` : topic
  const puts = publishToRules(rules, { topic: published, payload, now, undecodable: 'text' })
  for (const { partition_key, data } of puts)
    await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: partition_key, Data: data }))
}
