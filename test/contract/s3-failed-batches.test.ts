/** What was given up, in a bucket of the stand-in: found in order, read whole, and refused by name where it is none. */
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createS3Client } from '../../adapters/aws-clients.ts'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { encodeRecord } from '../../adapters/kinesis-records.ts'
import { parseFailedBatch, s3FailedBatches } from '../../adapters/s3-failed-batches.ts'
import type { FailedBatches } from '../../events/failed-batch.ts'
import type { NewRecord } from '../../events/record.ts'
import { telemetryTopic } from '../../events/topics.ts'
import { atEndpoint } from '../stand-ins/dynalite.ts'
import { failedBatchObject } from '../stand-ins/event-source.ts'
import { type Fauxqs, startS3 } from '../stand-ins/fauxqs.ts'

const AT = Date.UTC(2026, 10, 21, 9, 30, 15)
const SHARD = 'shardId-000000000003'

let s3: Fauxqs
let bucket: string
let failed: FailedBatches

beforeAll(async () => {
  s3 = await startS3()
})
afterAll(() => s3.stop())
beforeEach(async () => {
  bucket = await s3.newBucket()
  failed = s3FailedBatches({ client: s3.client, bucket })
})

function recordOf(n: number, payload: Uint8Array = Uint8Array.of(0, 255, n)): NewRecord {
  return { received_at: AT - n, source: 'mqtt', topic: telemetryTopic('evse', 'a/b'), payload, verdict: 'ok' }
}

/** A batch that was given up, `late_s` after the first. */
function objectOf(records: readonly (NewRecord | Uint8Array)[], late_s = 0) {
  const shard_records = records.map((record, n) => ({
    sequence: String(10n ** 55n + BigInt(n)),
    partition_key: 'a/b',
    data: record instanceof Uint8Array ? record : encodeRecord(record),
    arrived_at: AT - 500,
  }))
  const at = AT + late_s * 1000
  return failedBatchObject({ stream: 'events', shard_id: SHARD, records: shard_records, invoked: 3, at })
}

const put = (Key: string, Body: string) => s3.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))

describe('a batch that was given up', () => {
  test('is read with its bytes, its times, and the places that its records had', async () => {
    const { key, body } = objectOf([recordOf(1), recordOf(2)])
    await put(key, body)
    const batch = await failed.read(key)
    expect(batch).toMatchObject({
      key,
      shard_id: SHARD,
      condition: 'RetryAttemptsExhausted',
      given_up_at: AT,
    })
    expect(batch?.records).toEqual([
      { ...recordOf(1), position: `1${'0'.repeat(55)}.${SHARD}` },
      { ...recordOf(2), position: `1${'0'.repeat(54)}1.${SHARD}` },
    ])
  })

  test('keeps a record that nobody can read as one', async () => {
    const { key, body } = objectOf([Uint8Array.of(1, 2, 3)])
    await put(key, body)
    expect((await failed.read(key))?.records).toMatchObject([
      { verdict: 'not_a_record', topic: '', payload: Uint8Array.of(1, 2, 3), received_at: AT - 500 },
    ])
  })

  test('may have its event as a text or as it is', () => {
    const { key, body } = objectOf([recordOf(1)])
    const told = JSON.parse(body)
    const itself = JSON.stringify({ ...told, payload: JSON.parse(told.payload) })
    expect(parseFailedBatch(key, itself)).toEqual(parseFailedBatch(key, body))
  })

  test('may be large', async () => {
    const { key, body } = objectOf(Array.from({ length: 40 }, (_, n) => recordOf(n, new Uint8Array(60_000))))
    expect(body.length).toBeGreaterThan(4e6)
    await put(key, body)
    expect((await failed.read(key))?.records).toHaveLength(40)
  })
})

describe('the list', () => {
  test('is in order, in pages, and of nothing but what was given up', async () => {
    const keys: string[] = []
    for (let n = 0; n < 7; n++) {
      const { key, body } = objectOf([recordOf(n)], n * 86_400)
      keys.push(key)
      await put(key, body)
    }
    await put('refused/2026/11/21/09/rule/1.json', '{}')
    keys.sort()
    expect(await failed.list('', 3)).toEqual(keys.slice(0, 3))
    expect(await failed.list(keys[2] ?? '', 3)).toEqual(keys.slice(3, 6))
    expect(await failed.list(keys[5] ?? '', 3)).toEqual(keys.slice(6))
    expect(await failed.list(keys[6] ?? '', 3)).toEqual([])
    await expect(failed.list('', 0)).rejects.toThrow('limit: 0')
  })

  test('of one mapping is asked for by its prefix', async () => {
    const { key, body } = objectOf([recordOf(1)])
    await put(key, body)
    await put(key.replace(/^aws\/lambda\/[^/]+/, 'aws/lambda/another'), body)
    const one = s3FailedBatches({ client: s3.client, bucket, prefix: key.split('/').slice(0, 3).join('/') })
    expect(await one.list('', 10)).toEqual([key])
  })
})

describe('what cannot be read', () => {
  test('is null where nothing is kept', async () => {
    expect(await failed.read('aws/lambda/x/y/z')).toBeNull()
  })

  test.each([
    ['not JSON', 'is no JSON object'],
    ['[]', 'is no JSON object'],
    ['{}', 'has no KinesisBatchInfo'],
    ['{"KinesisBatchInfo":{}}', 'has no payload: only an S3 destination keeps it'],
    ['{"KinesisBatchInfo":{},"payload":"{}"}', 'has records that are none of a stream'],
    [
      '{"KinesisBatchInfo":{},"payload":{"Records":[{"eventID":"s:1"}]}}',
      'has records that are none of a stream',
    ],
    ['{"KinesisBatchInfo":{},"payload":{"Records":[]}}', 'timestamp undefined is no time'],
  ])('%s is refused by name', async (body, says) => {
    await put('aws/lambda/odd', body)
    await expect(failed.read('aws/lambda/odd')).rejects.toThrow(`aws/lambda/odd: `)
    await expect(failed.read('aws/lambda/odd')).rejects.toThrow(says)
  })

  test('is an infrastructure that is unwell, where it is', async () => {
    const nobody = createS3Client(atEndpoint('http://127.0.0.1:9'))
    const retries = { attempts: 2, first_ms: 1, most_ms: 1, random: () => 0, wait: async () => {} }
    const away = s3FailedBatches({ client: nobody, bucket, retries })
    await expect(away.list('', 1)).rejects.toThrow(InfrastructureError)
    await expect(away.read('x')).rejects.toThrow(InfrastructureError)
  })
})
