/** The processor's handler: what it tells Lambda, and what it leaves to the use case. */
import type { KinesisStreamRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { tableName } from '../../adapters/aws-names.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { METRICS } from '../../events/metric-names.ts'
import type { NewRecord } from '../../events/record.ts'
import { configTopic, telemetryTopic } from '../../events/topics.ts'
import { newDeviceState, STATE_FORMAT } from '../../statecharts/device-state.ts'
import { batchOf, deviceWrite, stateItem } from '../contract/store-rows.ts'
import { type Dynalite, dumpOf, startDynalite } from '../stand-ins/dynalite.ts'
import { type FaultyProxy, startFaultyProxy, THROTTLED } from '../stand-ins/faulty-proxy.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { coldStart, type StreamHandler, shardRecord } from '../stand-ins/lambda-home.ts'
import { coldStartOf } from '../stand-ins/release.ts'
import { hastyCharger } from '../statecharts/next-versions.ts'

let dynalite: Dynalite
let kinesis: Kinesalite
let proxy: FaultyProxy
let prefix: string
let handler: StreamHandler
let printed: string[]

beforeAll(async () => {
  dynalite = await startDynalite()
  kinesis = await startKinesalite()
  proxy = await startFaultyProxy(dynalite.endpoint)
})
beforeEach(async () => {
  prefix = await dynalite.newTables()
  const { stream } = await kinesis.newStream(1)
  printed = []
  for (const level of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: unknown) => void printed.push(String(line)))
  const where = { dynamodb: proxy.endpoint, kinesis: kinesis.endpoint, table_prefix: prefix, stream }
  handler = await coldStart(where)
})
afterEach(() => {
  proxy.onRequest(() => null)
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await proxy.stop()
  await kinesis.stop()
  await dynalite.stop()
})

const START = 1_793_577_600_000

function said(device_id: string, n: number, fields: object): NewRecord {
  const message = { device_id, device_type: 'evse', timestamp: START + n * 60_000, ...fields }
  const payload = new TextEncoder().encode(JSON.stringify(message))
  return {
    received_at: START + n * 60_000 + 80,
    source: 'mqtt',
    topic: telemetryTopic('evse', device_id),
    payload,
    verdict: 'ok',
  }
}

function session(device_id: string): NewRecord[] {
  return ['A', 'B', 'C', 'A'].map((pilot_state, n) =>
    said(device_id, n, { event_type: 'state_change', pilot_state }),
  )
}

function run(...records: KinesisStreamRecord[]) {
  return handler({ Records: records })
}

const numbered = (records: (NewRecord | Uint8Array)[]) => records.map(shardRecord)
const metrics = () =>
  printed.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line)] : []))

describe('a batch', () => {
  test('is written, rows, session and state, and nothing of it has failed', async () => {
    expect(await run(...numbered([...session('dev-1'), ...session('dev-2')]))).toEqual({
      batchItemFailures: [],
    })
    const { events, summaries, states, positions } = await dumpOf(dynalite.client, prefix)
    expect(events.map(({ event_type, origin }) => `${origin} ${event_type}`)).toContain('chart session_end')
    expect(summaries.map(({ device_id }) => device_id).sort()).toEqual(['dev-1', 'dev-2'])
    expect(states).toHaveLength(2)
    // Lambda keeps the place.
    expect(positions).toEqual([])
  })

  test('that comes again changes nothing', async () => {
    const records = numbered(session('dev-1'))
    await run(...records)
    const before = await dumpOf(dynalite.client, prefix)
    expect(await run(...records)).toEqual({ batchItemFailures: [] })
    expect(await dumpOf(dynalite.client, prefix)).toEqual(before)
  })

  test('of nothing is nothing', async () => {
    expect(await run()).toEqual({ batchItemFailures: [] })
  })

  test('tells CloudWatch what was counted, and nobody what was said', async () => {
    await run(...numbered([...session('dev-1'), said('dev-1', 9, { pilot_state: 'secret' })]))
    const [line] = metrics()
    expect(line).toMatchObject({
      events: 4,
      decided: 2,
      quarantined: 1,
      records: 5,
      service: `${prefix}processor`,
    })
    expect(line.lag_ms).toBeGreaterThanOrEqual(0)
    expect(line._aws.CloudWatchMetrics[0].Namespace).toBe('Pilotline')
    expect(printed.join()).not.toContain('secret')
  })
})

describe('what CloudWatch is told', () => {
  test('of late events and clocks: how many, and how far the worst is off', async () => {
    const wrong = {
      ...said('dev-2', 0, { event_type: 'state_change', pilot_state: 'A' }),
      received_at: START + 120_000,
    }
    const [first, second, third] = session('dev-1') as [NewRecord, NewRecord, NewRecord]
    await run(...numbered([first, third, second, wrong]))
    const [line] = metrics()
    expect(line).toMatchObject({ late: 1, clock_offset_ms: 120_000, events: 4 })
    const units = Object.fromEntries(
      line._aws.CloudWatchMetrics[0].Metrics.map(({ Name, Unit }: Record<string, string>) => [Name, Unit]),
    )
    expect(units).toMatchObject({ late: 'Count', clock_offset_ms: 'Milliseconds', lag_ms: 'Milliseconds' })
    for (const name of Object.keys(units)) expect(Object.keys(METRICS)).toContain(name)
  })

  test('nothing of a clock that was not heard, nor of slow steps where there are none', async () => {
    const unset = { ...said('dev-1', 0, {}), payload: new TextEncoder().encode('{"pilot') }
    await run(...numbered([unset]))
    await run(...numbered(session('dev-2')))
    const [nobody, somebody] = metrics()
    expect(nobody).not.toHaveProperty('clock_offset_ms')
    expect(nobody).toHaveProperty('lag_ms')
    expect(somebody).toMatchObject({ clock_offset_ms: 80 })
    expect(somebody).not.toHaveProperty('slow_steps')
  })

  test('the lag of a batch that failed, too', async () => {
    proxy.onRequest(() => ({ kind: 'refused', status: 400, error: 'AccessDeniedException' }))
    await run(...numbered(session('dev-1')))
    expect(metrics()[0]).toMatchObject({ batches_failed: 1, lag_ms: expect.any(Number) })
  })
})

describe('a record that is bad in itself', () => {
  test('is quarantined whole, and the others go on', async () => {
    const good = session('dev-1')
    const poison = { ...said('dev-1', 1, {}), payload: new TextEncoder().encode('{"pilot') }
    const unread = new TextEncoder().encode('not a record of ours')
    expect(await run(...numbered([...good.slice(0, 2), poison, unread, ...good.slice(2)]))).toEqual({
      batchItemFailures: [],
    })
    const { quarantine, summaries } = await dumpOf(dynalite.client, prefix)
    expect(
      quarantine.map(({ payload_base64 }) => Buffer.from(payload_base64, 'base64').toString()).sort(),
    ).toEqual(['not a record of ours', '{"pilot'])
    expect(summaries[0]?.body.end_reason).toBe('unplugged')
  })
})

describe('infrastructure that is unwell', () => {
  test('is said with the lowest sequence number, in whatever order the records came', async () => {
    proxy.onRequest(() => ({ kind: 'refused', status: 400, error: 'AccessDeniedException' }))
    const records = numbered(session('dev-1'))
    const lowest = records[0]?.kinesis.sequenceNumber
    for (const order of [records, records.toReversed(), [...records.slice(2), ...records.slice(0, 2)]])
      expect(await run(...order)).toEqual({ batchItemFailures: [{ itemIdentifier: lowest }] })
    expect(metrics()[0]).toMatchObject({ batches_failed: 1 })
  })

  test('that comes back within the handler’s own attempts is not said at all', async () => {
    let asked = 0
    proxy.onRequest(() => (asked++ % 4 === 0 ? THROTTLED : null))
    expect(await run(...numbered(session('dev-1')))).toEqual({ batchItemFailures: [] })
  })

  test('leaves a batch that can be done again, whatever was written of it', async () => {
    proxy.onRequest(({ body }) =>
      body.TableName === tableName(prefix, 'states')
        ? { kind: 'refused', status: 400, error: 'ResourceNotFoundException' }
        : null,
    )
    const records = numbered(session('dev-1'))
    expect((await run(...records)).batchItemFailures).toHaveLength(1)
    proxy.onRequest(() => null)
    expect(await run(...records)).toEqual({ batchItemFailures: [] })
    const { events } = await dumpOf(dynalite.client, prefix)
    expect(events.filter(({ origin }) => origin === 'chart')).toHaveLength(2)
  })

  test('a state that newer code made holds the shard', async () => {
    const state = JSON.stringify({ ...newDeviceState('dev-1', 'evse'), format: STATE_FORMAT + 1, applied: 1 })
    const store = dynamodbStore({ client: dynalite.client, table_prefix: prefix })
    await store.write(batchOf([{ ...deviceWrite('dev-1', 0, []), state: stateItem({ state }) }]))
    const [record] = numbered(session('dev-1'))
    expect(await run(record as KinesisStreamRecord)).toEqual({
      batchItemFailures: [{ itemIdentifier: record?.kinesis.sequenceNumber }],
    })
    expect((await dumpOf(dynalite.client, prefix)).quarantine).toEqual([])
  })
})

describe('two releases on one shard', () => {
  test('the older one holds it at the record that newer code must see, and nothing is lost or done twice', async () => {
    const where = {
      dynamodb: proxy.endpoint,
      kinesis: kinesis.endpoint,
      table_prefix: prefix,
      stream: 'none',
    }
    const newer = await coldStartOf({ evse: hastyCharger('refold') }, where)
    const records = numbered([...session('dev-1').slice(0, 2), said('dev-2', 0, { pilot_state: 'B' })])
    await run(...records.slice(0, 1))
    await newer({ Records: records.slice(1) })
    const rest = [said('dev-3', 1, { pilot_state: 'B' }), said('dev-1', 2, { pilot_state: 'C' })]
    const later = [...rest, said('dev-3', 3, { pilot_state: 'A' })].map((one, n) => shardRecord(one, 10 + n))
    const held = [{ itemIdentifier: later[1]?.kinesis.sequenceNumber }]
    expect(await run(...later)).toEqual({ batchItemFailures: held })
    expect(await run(...later.slice(1))).toEqual({ batchItemFailures: held })
    expect(metrics().filter((line) => line.held_for_newer_code)).toHaveLength(2)
    const between = await dumpOf(dynalite.client, prefix)
    expect(between.quarantine).toEqual([])
    expect(between.summaries.map(({ device_id }) => device_id).sort()).toEqual(['dev-1', 'dev-2', 'dev-3'])
    expect(await newer({ Records: later.slice(1) })).toEqual({ batchItemFailures: [] })
    const { events, quarantine } = await dumpOf(dynalite.client, prefix)
    expect(events.filter(({ origin }) => origin === 'device')).toHaveLength(6)
    expect(quarantine).toEqual([])
  })
})

describe('our own bug', () => {
  test('crashes, so that Lambda halves the batch until it has the record', async () => {
    const garbled: NewRecord = {
      ...said('dev-1', 0, {}),
      source: 'internal',
      topic: configTopic('dev-1'),
      payload: Buffer.from('{'),
    }
    await expect(run(...numbered([garbled]))).rejects.toThrow(SyntaxError)
  })

  test('a request that DynamoDB finds malformed is one', async () => {
    proxy.onRequest(() => ({ kind: 'refused', status: 400, error: 'ValidationException' }))
    await expect(run(...numbered(session('dev-1')))).rejects.toThrow('a fault of the test')
  })
})
