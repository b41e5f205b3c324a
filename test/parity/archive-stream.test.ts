/** The archive's reader as the template describes it, behind a poller with bad days: what the stream had, the archive has. */
import { afterAll, expect, it } from 'vitest'
import { createArchiveClient } from '../../adapters/aws-clients.ts'
import { AWS_VARIABLES } from '../../adapters/aws-names.ts'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import { s3Archive } from '../../adapters/s3-archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { randomOf } from '../simulation/device-life.ts'
import { functionOf, makeBucket, makeStream, makeTables, mappingOf } from '../stand-ins/described.ts'
import { atEndpoint, startDynalite } from '../stand-ins/dynalite.ts'
import { pollerOf } from '../stand-ins/event-source.ts'
import { startS3 } from '../stand-ins/fauxqs.ts'
import { startKinesalite } from '../stand-ins/kinesalite.ts'
import { runFunction } from '../stand-ins/lambda-function.ts'
import { describedStage, forgetStages } from './described-home.ts'
import { fleetMessages } from './fleet-messages.ts'

const ARCHIVE_BUCKET = 'archivebucket'

afterAll(forgetStages)

it('everything lands, in batches that die and come again, and is read back once, byte for byte', async () => {
  const { template, codeOf } = describedStage('small')
  const [dynalite, kinesis, s3] = await Promise.all([startDynalite(), startKinesalite(), startS3()])
  const { function_id, on_failure, window_s, ...mapping } = mappingOf(template, 'archive')
  expect(window_s).toBeGreaterThanOrEqual(60)
  await makeTables(dynalite.client, template)
  const stream = await makeStream(kinesis.client, template)
  const failures = await makeBucket(s3.client, on_failure)
  await makeBucket(s3.client, `<${ARCHIVE_BUCKET}.Arn>`)
  const { handler, timeout_ms, variables } = functionOf(template, function_id)
  const archiver = runFunction({
    code: codeOf(function_id),
    handler,
    timeout_ms,
    environment: {
      ...variables,
      // The template refers to the one that CloudFormation names.
      PILOTLINE_ARCHIVE_BUCKET: ARCHIVE_BUCKET,
      [AWS_VARIABLES.iot_endpoint]: 'http://127.0.0.1:9',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'nothing',
      AWS_ENDPOINT_URL_DYNAMODB: dynalite.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
    },
  })
  const random = randomOf(11)
  let deaths = 0
  const poller = pollerOf({
    mapping: { ...mapping, batch_records: 60, window_ms: 10 },
    kinesis: kinesis.client,
    stream,
    invoke: (event) => {
      if (random.chance(0.4)) {
        deaths++
        setTimeout(() => archiver.crash(), random.below(40))
      }
      return archiver.invoke(event)
    },
    s3: s3.client,
    bucket: failures,
    now: Date.now,
  })
  const client = createArchiveClient(atEndpoint(s3.endpoint))
  try {
    const said = fleetMessages({ seed: 6, chargers: 3, thermostats: 2, hours: 0.5 })
    for (const record of said) await kinesisAppend({ client: kinesis.client, stream })([record])
    await poller.drain()
    const shard = kinesisShard({ client: kinesis.client, stream, shard_id: 'shardId-000000000000' })
    const archived: LogRecord[] = []
    const source = duckdbArchiveSource(s3Archive({ client, bucket: ARCHIVE_BUCKET }))
    for await (const record of source.records({ from: 0, to: 9e12 })) archived.push(record)
    expect(archived).toEqual(await shard.read('', 10_000))
    expect(archived.length).toBe(said.length)
    expect(deaths).toBeGreaterThan(0)
    expect(poller.counts.given_up).toBe(0)
  } finally {
    archiver.stop()
    client.destroy()
    for (const part of [dynalite, kinesis, s3]) await part.stop()
  }
}, 300_000)
