/** What a synthesised template describes, made on the stand-ins; and its functions, as the deployment would upload them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { CreateStreamCommand, DescribeStreamCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3'
import { createApp } from '../../infra/create-app.ts'
import type { Stage } from '../../infra/stages.ts'
import { featureFlags } from '../infra/feature-flags.ts'
import type { EngineRule } from '../infra/rule-engine.ts'
import { at, firstOf, listOf, ofType, type Properties, type Template, textOf } from '../infra/template.ts'

export type Described = {
  template: Template
  /** The folder whose content a function's code is, by the function's id. */
  codeOf(function_id: string): string
  remove(): void
}

export function describeStage(stage: Stage['name']): Described {
  const outdir = mkdtempSync(join(tmpdir(), 'pilotline-described-'))
  const { app, stack } = createApp({ outdir, context: { ...featureFlags, stage, machine: 'host' } })
  const template = app.synth().getStackByName(stack.stackName).template as Template
  return {
    template,
    codeOf: (function_id) => {
      const key = String(at(template.Resources[function_id]?.Properties, 'Code.S3Key'))
      return join(outdir, `asset.${key.replace(/\.zip$/, '')}`)
    },
    remove: () => rmSync(outdir, { recursive: true }),
  }
}

/** Every table with its keys and indexes; what a stand-in has no notion of (recovery, encryption, tags) is left out. */
export async function makeTables(client: DynamoDBClient, template: Template): Promise<void> {
  for (const [, { Properties }] of ofType(template, 'AWS::DynamoDB::Table')) {
    const { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = Properties
    const input = { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode }
    await client.send(new CreateTableCommand(input as CreateTableCommandInput))
  }
}

/** The stream with as many shards as the template says, or as are asked for where the traffic would say. */
export async function makeStream(client: KinesisClient, template: Template, shards = 1): Promise<string> {
  const { Name, ShardCount } = firstOf(template, 'AWS::Kinesis::Stream').Properties
  await client.send(
    new CreateStreamCommand({ StreamName: String(Name), ShardCount: Number(ShardCount ?? shards) }),
  )
  await active(client, String(Name))
  return String(Name)
}

/** Shards are made a moment after the answer. */
async function active(client: KinesisClient, StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }))
    if (StreamDescription?.StreamStatus === 'ACTIVE') return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The bucket that a reference such as `<FailuresBucket.Arn>` means, made; names are CloudFormation's to choose. */
export async function makeBucket(client: S3Client, reference: unknown): Promise<string> {
  const Bucket = textOf(reference)
    .replace(/^<|(\.Arn)?>$/g, '')
    .toLowerCase()
  await client.send(new CreateBucketCommand({ Bucket }))
  return Bucket
}

/** The IoT rules as the template has them: name, SQL, and what each puts on the stream under which key. */
export function rulesOf(template: Template): EngineRule[] {
  return ofType(template, 'AWS::IoT::TopicRule').map(([, { Properties }]) => ({
    name: String(Properties.RuleName),
    sql: String(at(Properties, 'TopicRulePayload.Sql')),
    partition_key: String(at(Properties, 'TopicRulePayload.Actions.0.Kinesis.PartitionKey')),
  }))
}

export type DescribedMapping = {
  function_id: string
  batch_records: number
  window_s: number
  parallelization: number
  attempts: number
  max_age_s: number
  bisects: boolean
  reports_failures: boolean
  /** Reference to what keeps what is given up. */
  on_failure: unknown
}

/** The mapping to a function of this name behind the stage's prefix. */
export function mappingOf(template: Template, name = 'processor'): DescribedMapping {
  const function_id = namedFunction(template, name)
  const [, { Properties }] = ofType(template, 'AWS::Lambda::EventSourceMapping').find(
    ([, one]) => idOf(one.Properties.FunctionName) === function_id,
  ) ?? ['', firstOf(template, 'a mapping')]
  const number = (name: string) => Number((Properties as Properties)[name])
  return {
    function_id,
    batch_records: number('BatchSize'),
    window_s: number('MaximumBatchingWindowInSeconds'),
    parallelization: number('ParallelizationFactor'),
    attempts: number('MaximumRetryAttempts'),
    max_age_s: number('MaximumRecordAgeInSeconds'),
    bisects: Properties.BisectBatchOnFunctionError === true,
    reports_failures: listOf(Properties.FunctionResponseTypes).includes('ReportBatchItemFailures'),
    on_failure: at(Properties, 'DestinationConfig.OnFailure.Destination'),
  }
}

export type DescribedFunction = {
  /** `index.handler` */
  handler: string
  timeout_ms: number
  variables: Record<string, string>
}

/** The id of the function of this name behind the stage's prefix. */
export function namedFunction(template: Template, name: string): string {
  const found = ofType(template, 'AWS::Lambda::Function').find(([, { Properties }]) =>
    new RegExp(`^pilotline-[a-z]+-${name}$`).test(String(Properties.FunctionName)),
  )
  if (!found) throw new Error(`the template has no function ${name}`)
  return found[0]
}

/** The function that the schedule of this name calls. */
export function scheduledOf(template: Template, name = 'sweep'): string {
  const [, { Properties }] = ofType(template, 'AWS::Scheduler::Schedule').find(([, one]) =>
    String(one.Properties.Name).endsWith(`-${name}`),
  ) ?? ['', firstOf(template, 'a schedule')]
  return idOf(at(Properties, 'Target.Arn'))
}

function idOf(reference: unknown): string {
  return textOf(reference).replace(/^<|\.Arn>$/g, '')
}

export function functionOf({ Resources }: Template, function_id: string): DescribedFunction {
  const { Handler, Timeout, Environment } = Resources[function_id]?.Properties ?? {}
  return {
    handler: String(Handler),
    timeout_ms: Number(Timeout) * 1000,
    variables: at(Environment, 'Variables') as Record<string, string>,
  }
}
