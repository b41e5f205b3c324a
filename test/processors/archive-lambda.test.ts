/** The archive's handler: what it tells Lambda, and that what it was given is in the bucket. */
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createArchiveClient } from '../../adapters/aws-clients.ts'
import { ARCHIVE_VARIABLES } from '../../adapters/aws-names.ts'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { s3Archive } from '../../adapters/s3-archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, NOON } from '../archive/archived-records.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { type StreamHandler, setEnvironment, shardRecord } from '../stand-ins/lambda-home.ts'

let dynalite: Dynalite
let s3: Awaited<ReturnType<typeof startFauxqs>>
let handler: StreamHandler
beforeAll(async () => {
  dynalite = await startDynalite()
  s3 = await startFauxqs({ port: 0, logger: false })
})
afterAll(async () => {
  await s3.stop()
  await dynalite.stop()
})
beforeEach(async () => {
  for (const level of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined)
  const table_prefix = await dynalite.newTables()
  setEnvironment({ dynamodb: dynalite.endpoint, kinesis: 'http://127.0.0.1:9', table_prefix, stream: 'none' })
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${s3.port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv(ARCHIVE_VARIABLES.archive_bucket, table_prefix.replace(/[^a-z0-9]/g, '').padEnd(3, 'x'))
  vi.resetModules()
  handler = (await import('../../processors/archive.lambda.ts')).handler
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('a batch is in the bucket when the handler answers, and is read as it went in', async () => {
  const bucket = process.env[ARCHIVE_VARIABLES.archive_bucket] ?? ''
  const client = createArchiveClient()
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const sent = [0, 1, 2].map((n) => charger(n, NOON + n * 1_000))
  expect(await handler({ Records: sent.map((record, n) => shardRecord(record, n)) })).toEqual({
    batchItemFailures: [],
  })
  const read: LogRecord[] = []
  const source = duckdbArchiveSource(s3Archive({ client, bucket }))
  for await (const record of source.records({ from: 0, to: NOON * 2 })) read.push(record)
  expect(read.map(({ position: _, ...rest }) => rest)).toEqual(sent.map(({ position: _, ...rest }) => rest))
  expect(read.every(({ position }) => position.endsWith('.shardId-000000000000'))).toBe(true)
})

test('a bucket that is not there makes Lambda come back with the whole batch', async () => {
  const record = shardRecord(charger(1, NOON), 1)
  const itemIdentifier = record.kinesis.sequenceNumber
  expect(await handler({ Records: [record] })).toEqual({ batchItemFailures: [{ itemIdentifier }] })
})
