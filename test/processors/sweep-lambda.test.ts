/** The sweep's handler: who is silent is told on the stream, and nobody else. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { kinesisShard } from '../../adapters/kinesis-log.ts'
import type { DeviceStateItem } from '../../events/ports.ts'
import { untilTopic } from '../../events/topics.ts'
import { batchOf, deviceWrite, stateItem } from '../contract/store-rows.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { setEnvironment } from '../stand-ins/lambda-home.ts'

let dynalite: Dynalite
let kinesis: Kinesalite
let printed: string[]

beforeAll(async () => {
  dynalite = await startDynalite()
  kinesis = await startKinesalite()
})
beforeEach(() => {
  printed = []
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await kinesis.stop()
  await dynalite.stop()
})

async function home(states: Partial<DeviceStateItem>[]) {
  const table_prefix = await dynalite.newTables()
  const { stream, shard_ids } = await kinesis.newStream(1)
  const writes = states.map((of) => ({ ...deviceWrite(of.device_id ?? '', 0, []), state: stateItem(of) }))
  await dynamodbStore({ client: dynalite.client, table_prefix }).write(batchOf(writes))
  vi.resetModules()
  setEnvironment({ dynamodb: dynalite.endpoint, kinesis: kinesis.endpoint, table_prefix, stream })
  const { handler } = await import('../../processors/sweep.lambda.ts')
  const shard = kinesisShard({ client: kinesis.client, stream, shard_id: shard_ids[0] ?? '' })
  return { handler, said: () => shard.read('', 100) }
}

const HOUR_MS = 3_600_000

test('devices that have been silent past a timer are told how late it is, once each', async () => {
  const now = Date.now()
  const { handler, said } = await home([
    { device_id: 'silent', next_due: now - HOUR_MS, last_received_at: now - HOUR_MS },
    { device_id: 'a/b', next_due: now - HOUR_MS, last_received_at: now - HOUR_MS },
    { device_id: 'not yet', next_due: now + HOUR_MS, last_received_at: now - HOUR_MS },
    { device_id: 'no timer', next_due: null, last_received_at: now - HOUR_MS },
    { device_id: 'heard', next_due: now - HOUR_MS, last_received_at: now + HOUR_MS },
  ])
  await handler()
  const records = await said()
  expect(records.map(({ topic }) => topic).sort()).toEqual([untilTopic('a/b'), untilTopic('silent')].sort())
  for (const { payload, source } of records) {
    expect(source).toBe('internal')
    const { until } = JSON.parse(new TextDecoder().decode(payload)) as { until: number }
    expect(until).toBeGreaterThan(now - HOUR_MS)
    expect(until).toBeLessThanOrEqual(Date.now())
  }
  expect(printed.map((line) => JSON.parse(line))).toMatchObject([{ devices_swept: 2 }])
})

test('where nobody is silent nothing is said', async () => {
  const { handler, said } = await home([])
  await handler()
  expect(await said()).toEqual([])
})
