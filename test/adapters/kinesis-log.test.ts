/** The stream as the front door sees it: what is refused, what is lost on the way, and in which order a device's records stand. */
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createCapacityMeter } from '../../adapters/capacity-meter.ts'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { createKinesisClient } from '../../adapters/kinesis-client.ts'
import { kinesisDoor } from '../../adapters/kinesis-door.ts'
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import type { LogRecord, NewRecord } from '../../events/record.ts'
import { configTopic, telemetryTopic } from '../../events/topics.ts'
import { atEndpoint } from '../stand-ins/dynalite.ts'
import { type FaultyProxy, startFaultyProxy, THROTTLED } from '../stand-ins/faulty-proxy.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { quickRetries } from './quick-retries.ts'

let kinesis: Kinesalite
let proxy: FaultyProxy
let client: KinesisClient

beforeAll(async () => {
  kinesis = await startKinesalite()
  proxy = await startFaultyProxy(kinesis.endpoint)
  client = createKinesisClient(atEndpoint(proxy.endpoint))
})
afterEach(() => proxy.onRequest(() => null))
afterAll(async () => {
  client.destroy()
  await proxy.stop()
  await kinesis.stop()
})

function recordOf(device_id: string, n: number): NewRecord {
  return {
    received_at: 1_763_000_000_000 + n,
    source: 'http',
    topic: telemetryTopic('evse', device_id),
    payload: new TextEncoder().encode(JSON.stringify({ device_id, n })),
    verdict: 'ok',
  }
}

async function readAll(stream: string, shard_ids: string[]): Promise<LogRecord[][]> {
  return Promise.all(
    shard_ids.map((shard_id) => kinesisShard({ client: kinesis.client, stream, shard_id }).read('', 10_000)),
  )
}

const numbersOf = (records: LogRecord[], device_id: string) =>
  records
    .filter(({ topic }) => topic === telemetryTopic('evse', device_id))
    .map(({ payload }) => (JSON.parse(new TextDecoder().decode(payload)) as { n: number }).n)

type Entries = { Records: { PartitionKey: string }[] }

describe('an append', () => {
  test('puts all of a device on one shard, its configuration too, and a fleet on all of them', async () => {
    const { stream, shard_ids } = await kinesis.newStream(4)
    const ids = Array.from({ length: 40 }, (_, n) => `dev/${n}`)
    const config = (id: string): NewRecord => ({
      ...recordOf(id, 9),
      source: 'internal',
      topic: configTopic(id),
    })
    await kinesisAppend({ client, stream })(ids.flatMap((id) => [recordOf(id, 1), config(id)]))
    const shards = await readAll(stream, shard_ids)
    expect(shards.flat()).toHaveLength(80)
    for (const records of shards) expect(records.length).toBeGreaterThan(0)
    for (const id of ids) {
      const mine = [telemetryTopic('evse', id), configTopic(id)]
      const homes = shards.filter((records) => records.some(({ topic }) => mine.includes(topic)))
      expect(homes).toHaveLength(1)
    }
  })

  test('keeps the order of each device, though Kinesis refuses some of every call', async () => {
    const { stream, shard_ids } = await kinesis.newStream(2)
    let calls = 0
    proxy.onRequest(({ operation, body }) => {
      if (operation !== 'PutRecords') return null
      const { Records } = body as Entries
      const devices = Records.map(({ PartitionKey }) => PartitionKey)
      expect(new Set(devices).size).toBe(devices.length)
      calls++
      const taken = Records.filter((_, n) => (n + calls) % 3 !== 0)
      if (taken.length === Records.length || taken.length === 0) return taken.length === 0 ? THROTTLED : null
      return {
        kind: 'changed',
        body: { ...body, Records: taken },
        answer: (answered) => {
          const results = [...(answered.Records as unknown[])]
          const refused = {
            ErrorCode: 'ProvisionedThroughputExceededException',
            ErrorMessage: 'a fault of the test',
          }
          const told = Records.map((record) => (taken.includes(record) ? results.shift() : refused))
          return { FailedRecordCount: Records.length - taken.length, Records: told }
        },
      }
    })
    const ids = ['dev-1', 'dev-2', 'dev-3', 'dev-4', 'dev-5']
    const records = Array.from({ length: 60 }, (_, n) => recordOf(ids[(n * n) % 5] as string, n))
    const meter = createCapacityMeter()
    await kinesisAppend({ client, stream, retries: quickRetries(), meter })(records)
    const shards = await readAll(stream, shard_ids)
    for (const id of ids)
      expect(shards.flatMap((shard) => numbersOf(shard, id))).toEqual(numbersOf(records as LogRecord[], id))
    expect(meter.retries().PutRecords).toBeGreaterThan(5)
    expect(meter.spent()[`PutRecords ${stream}`]?.units).toBe(60)
  })

  test('whose answer is lost is made again, and leaves a duplicate, and no gap', async () => {
    const { stream, shard_ids } = await kinesis.newStream(1)
    let lost = 0
    proxy.onRequest(({ operation }) => (operation === 'PutRecords' && lost++ === 0 ? { kind: 'lost' } : null))
    await kinesisAppend({ client, stream, retries: quickRetries() })([recordOf('dev-1', 1)])
    const [records = []] = await readAll(stream, shard_ids)
    expect(numbersOf(records, 'dev-1')).toEqual([1, 1])
    expect(records[0]?.received_at).toBe(records[1]?.received_at)
  })

  test('that keeps failing is refused', async () => {
    const { stream } = await kinesis.newStream(1)
    proxy.onRequest(() => THROTTLED)
    const append = kinesisAppend({ client, stream, retries: quickRetries() })
    await expect(append([recordOf('dev-1', 1)])).rejects.toThrow(InfrastructureError)
  })

  test('of more than one call takes goes in several', async () => {
    const { stream, shard_ids } = await kinesis.newStream(1)
    const sizes: number[] = []
    proxy.onRequest(({ operation, body }) => {
      if (operation === 'PutRecords') sizes.push((body as Entries).Records.length)
      return null
    })
    await kinesisAppend({ client, stream })(Array.from({ length: 1_100 }, (_, n) => recordOf(`dev-${n}`, n)))
    expect(sizes).toEqual([500, 500, 100])
    expect((await readAll(stream, shard_ids))[0]).toHaveLength(1_100)
  })
})

describe('the front door', () => {
  test('stamps what has no time yet, keeps what has one, and answers when it is durable', async () => {
    const { stream, shard_ids } = await kinesis.newStream(1)
    let calls = 0
    proxy.onRequest(({ operation }) => {
      if (operation === 'PutRecords') calls++
      return null
    })
    const door = kinesisDoor(kinesisAppend({ client, stream }), () => 5_000)
    const { received_at: _, ...unstamped } = recordOf('dev-1', 1)
    const admitted = await Promise.all([
      door.admit(unstamped),
      door.admit({ ...recordOf('dev-2', 1), received_at: 77 }),
    ])
    expect(admitted).toEqual([{ received_at: 5_000 }, { received_at: 77 }])
    expect(calls).toBe(1)
    const [records = []] = await readAll(stream, shard_ids)
    expect(records.map(({ received_at }) => received_at)).toEqual([5_000, 77])
  })

  test('refuses what the stream does not take, and takes what comes after', async () => {
    const { stream, shard_ids } = await kinesis.newStream(1)
    const door = kinesisDoor(kinesisAppend({ client, stream, retries: quickRetries() }), () => 1)
    proxy.onRequest(() => THROTTLED)
    await expect(door.admit(recordOf('dev-1', 1))).rejects.toThrow(InfrastructureError)
    proxy.onRequest(() => null)
    await door.admit(recordOf('dev-1', 2))
    expect(numbersOf((await readAll(stream, shard_ids))[0] ?? [], 'dev-1')).toEqual([2])
  })
})
