/** The archive and the nights on AWS, on stand-ins: the code of the assets as processes, called by the state machine. */
import { readFileSync } from 'node:fs'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { StateMachine } from 'aws-local-stepfunctions'
import { createArchiveClient } from '../../adapters/aws-clients.ts'
import { ARCHIVE_VARIABLES, AWS_VARIABLES, NIGHT_VARIABLES } from '../../adapters/aws-names.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import { encodeRecord, parsePosition } from '../../adapters/kinesis-records.ts'
import { s3Archive } from '../../adapters/s3-archive.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { bundleFolder } from '../../infra/bundle.ts'
import { NIGHT_STEPS } from '../../infra/night-steps.ts'
import { processBatch } from '../../processors/process-batch.ts'
import type { Finished } from '../../workflows/finish-night.ts'
import type { NightStep } from '../../workflows/night-tasks.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import type { Record0 } from '../simulation/device-life.ts'
import { atEndpoint, type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { type FaultyProxy, startFaultyProxy } from '../stand-ins/faulty-proxy.ts'
import { startS3 } from '../stand-ins/fauxqs.ts'
import { startKinesalite } from '../stand-ins/kinesalite.ts'
import { FunctionError, type LambdaFunction, runFunction } from '../stand-ins/lambda-function.ts'
import { shardRecord } from '../stand-ins/lambda-home.ts'
import { type S3Rights, startS3Rights } from '../stand-ins/s3-rights.ts'
import { type StepFunctions, startStepFunctions } from '../stand-ins/step-functions.ts'

const DEFINITION = readFileSync(new URL('../../workflows/nightly.asl.json', import.meta.url), 'utf8')
const NOT_CALLED = 'arn:aws:lambda:eu-central-1:000000000000:function:$1'
const MACHINE = 'pilotline-test-nightly'
const TIMEOUT_MS = 120_000

/** Between a step of the state machine and its function. */
export type CallStep = (step: NightStep, input: object, lambda: LambdaFunction) => Promise<object>

export type AwsNightHome = {
  files: ArchiveFiles
  table_prefix: string
  dynalite: Dynalite
  kinesis: KinesisClient
  stream: string
  to_dynamodb: FaultyProxy
  nights: StepFunctions
  /** What functions have asked of the bucket. */
  rights: S3Rights
  lambdas: Record<NightStep, LambdaFunction>
  archiver: LambdaFunction
  /** What functions are told. */
  environment: Record<string, string>
  /** Puts records on the stream; resolves with them as the stream has them. */
  append(records: readonly Record0[]): Promise<LogRecord[]>
  /** Gives them to the archive's function, in batches. */
  land(records: readonly LogRecord[], at_once?: number): Promise<void>
  /** Folds them into the hot store. */
  process(records: readonly LogRecord[]): Promise<void>
  night(day: string, options?: { run?: string; call?: CallStep; waits_ms?: number }): Promise<Finished>
  stop(): Promise<void>
}

/** `remaining_ms` is what functions are told to have left: so long nobody else begins what they have begun. */
export async function startAwsNightHome(remaining_ms = TIMEOUT_MS): Promise<AwsNightHome> {
  const [dynalite, kinesis, s3, nights] = await Promise.all([
    startDynalite(),
    startKinesalite(),
    startS3(),
    startStepFunctions(MACHINE),
  ])
  const to_dynamodb = await startFaultyProxy(dynalite.endpoint)
  const rights = await startS3Rights(s3.endpoint)
  const table_prefix = await dynalite.newTables()
  const { stream, shard_ids } = await kinesis.newStream(1)
  const [shard_id = ''] = shard_ids
  const bucket = await s3.newBucket()
  const client = createArchiveClient(atEndpoint(s3.endpoint))
  const files = s3Archive({ client, bucket })
  const environment = {
    [AWS_VARIABLES.table_prefix]: table_prefix,
    [AWS_VARIABLES.stream]: stream,
    [AWS_VARIABLES.iot_endpoint]: 'https://data-ats.iot.us-east-1.amazonaws.com',
    [ARCHIVE_VARIABLES.archive_bucket]: bucket,
    [NIGHT_VARIABLES.night]: `arn:aws:states:us-east-1:000000000000:stateMachine:${MACHINE}`,
    AWS_ENDPOINT_URL_DYNAMODB: to_dynamodb.endpoint,
    AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
    AWS_ENDPOINT_URL_S3: rights.endpoint,
    AWS_ENDPOINT_URL_SFN: nights.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
  }
  const run = (entry: string, handler: string) =>
    runFunction({
      code: bundleFolder(entry, 'host'),
      handler: `index.${handler}`,
      timeout_ms: TIMEOUT_MS,
      remaining_ms,
      environment,
    })
  const archiver = run('processors/archive.lambda.ts', 'handler')
  const lambdas = Object.fromEntries(
    NIGHT_STEPS.map(({ step, handler }) => [step, run('workflows/night.lambda.ts', handler)]),
  ) as Record<NightStep, LambdaFunction>
  const store = dynamodbStore({ client: dynalite.client, table_prefix })

  return {
    files,
    table_prefix,
    dynalite,
    kinesis: kinesis.client,
    stream,
    to_dynamodb,
    nights,
    rights,
    lambdas,
    archiver,
    environment,
    append: async (records) => {
      const shard = kinesisShard({ client: kinesis.client, stream, shard_id })
      const before = await shard.tail()
      for (const record of records) await kinesisAppend({ client: kinesis.client, stream })([record])
      return shard.read(before, 10_000)
    },
    land: async (records, at_once = 200) => {
      for (let from = 0; from < records.length; from += at_once) {
        const Records = records
          .slice(from, from + at_once)
          .map((record) => shardRecord(encodeRecord(record), parsePosition(record.position, shard_id) ?? ''))
        const { batchItemFailures } = (await archiver.invoke({ Records })) as { batchItemFailures: unknown[] }
        if (batchItemFailures.length > 0) throw new Error('the archive took not all')
      }
    },
    process: async (records) => {
      await processBatch(records, { store, metrics: noMetrics, logger: silentLogger }, 'test')
    },
    night: (day, { run: name = `night-${day}`, call = callPlainly, waits_ms = 0 } = {}) =>
      runMachine({ run: name, day, call, waits_ms, lambdas }),
    stop: async () => {
      for (const lambda of [archiver, ...Object.values(lambdas)]) lambda.stop()
      client.destroy()
      for (const part of [to_dynamodb, rights, dynalite, kinesis, s3, nights]) await part.stop()
    },
  }
}

const callPlainly: CallStep = async (_, input, lambda) => (await lambda.invoke(input)) as object

type Run = {
  run: string
  day: string
  call: CallStep
  waits_ms: number
  lambdas: Record<NightStep, LambdaFunction>
}

async function runMachine({ run, day, call, waits_ms, lambdas }: Run): Promise<Finished> {
  const definition = JSON.parse(DEFINITION.replace(/\$\{(\w+)\}/g, NOT_CALLED))
  const steps = Object.keys(lambdas) as NightStep[]
  const handlers = steps.map((step) => [
    step,
    (input: object) => call(step, input, lambdas[step]).catch(asStepFunctionsDoes),
  ])
  const waits = [0, Math.max(waits_ms, 500), waits_ms]
  const execution = new StateMachine(definition).run(
    { run, day } as never,
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        retryIntervalOverrides: Object.fromEntries(steps.map((step) => [step, waits])),
      },
    } as never,
  )
  return ((await execution.result) as unknown as { finished: Finished }).finished
}

/** The error has the name that the function gave it. */
function asStepFunctionsDoes(error: unknown): never {
  if (error instanceof FunctionError) throw Object.assign(new Error(error.message), { name: error.thrown })
  throw error
}
