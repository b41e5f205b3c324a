/** The functions as Lambda runs them, on stand-ins: told where they are by the environment, and loaded afresh. */
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { vi } from 'vitest'
import { AWS_VARIABLES, QUERY_VARIABLES } from '../../adapters/aws-names.ts'
import { encodeRecord } from '../../adapters/kinesis-records.ts'
import type { NewRecord } from '../../events/record.ts'

export type Where = {
  dynamodb: string
  kinesis: string
  table_prefix: string
  stream: string
  /** Of commands to devices; nobody is there unless told. */
  iot?: string
  /** Of questions to the archive; nobody is there unless told. */
  athena?: string
}

const NOBODY = 'http://127.0.0.1:9'

/** What Lambda sets for a function. Undone by `vi.unstubAllEnvs()`. */
export function setEnvironment({
  dynamodb,
  kinesis,
  table_prefix,
  stream,
  iot = NOBODY,
  athena = NOBODY,
}: Where): void {
  const variables = {
    [AWS_VARIABLES.table_prefix]: table_prefix,
    [AWS_VARIABLES.stream]: stream,
    [AWS_VARIABLES.iot_endpoint]: iot,
    [QUERY_VARIABLES.athena_workgroup]: 'pilotline-test-questions',
    [QUERY_VARIABLES.athena_database]: 'pilotline_test_archive',
    AWS_ENDPOINT_URL_ATHENA: athena,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_KINESIS: kinesis,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_LAMBDA_FUNCTION_NAME: 'a function of a test',
    // Prints to this process' console, which a test can hold.
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_METRICS_DISABLED: 'false',
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

export type StreamHandler = (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse>

/** The processor, as a cold start gives it. */
export async function coldStart(where: Where): Promise<StreamHandler> {
  // What the processes before this one load by need is to be theirs.
  await loadByNeed()
  vi.resetModules()
  setEnvironment(where)
  const { handler } = await import('../../processors/stream.lambda.ts')
  await loadByNeed()
  return handler
}

/** Of the modules that are now loaded, all that they load only by need. */
export async function loadByNeed(): Promise<void> {
  const { loadAll } = await import('../../processors/by-need.ts')
  await loadAll()
}

const FIRST_SEQUENCE = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n

/** A record as Lambda hands it over: the nth of a shard, or with the sequence number that it has. */
export function shardRecord(record: NewRecord | Uint8Array, place: number | string): KinesisStreamRecord {
  const data = record instanceof Uint8Array ? record : encodeRecord(record)
  const sequenceNumber = typeof place === 'string' ? place : String(FIRST_SEQUENCE + BigInt(place))
  return {
    awsRegion: 'us-east-1',
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/a-stream',
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/a-role',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'a key',
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 1_793_577_600,
    },
  }
}
