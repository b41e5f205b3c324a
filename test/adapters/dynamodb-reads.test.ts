/** That each question is a look-up or a bounded range, by what it costs; and what else only DynamoDB can get wrong. */
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ALL_SHARDS, tableName } from '../../adapters/aws-names.ts'
import { type CapacityMeter, createCapacityMeter } from '../../adapters/capacity-meter.ts'
import { encodeCursor } from '../../adapters/cursor.ts'
import { dueAt, toItem } from '../../adapters/dynamodb-items.ts'
import { dynamodbReads } from '../../adapters/dynamodb-reads.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { lowestKey } from '../../events/key.ts'
import { BadCursor, type EventRow, type HotStore, type ReadStore } from '../../events/ports.ts'
import {
  ALL,
  batchOf,
  deviceWrite,
  eventRow,
  ordinal,
  putSummaries,
  quarantined,
  stateItem,
  summary,
  T0,
} from '../contract/store-rows.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'

let dynalite: Dynalite
let prefix: string
let store: HotStore
let reads: ReadStore
let meter: CapacityMeter
let now = T0

beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())
beforeEach(async () => {
  prefix = await dynalite.newTables()
  meter = createCapacityMeter()
  store = dynamodbStore({ client: dynalite.client, table_prefix: prefix })
  reads = dynamodbReads({ client: dynalite.client, table_prefix: prefix, meter, now: () => now })
})

/** Rows as they stand, past the store: for tests that need many. */
async function fill(rows: EventRow[]): Promise<void> {
  const table = tableName(prefix, 'events')
  for (let at = 0; at < rows.length; at += 25) {
    const puts = rows.slice(at, at + 25).map((row) => ({ PutRequest: { Item: toItem('events', row) } }))
    await dynalite.client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }))
  }
}

const units = (what: string) => meter.spent()[what]?.units ?? 0
const requests = (what: string) => meter.spent()[what]?.requests ?? 0

describe('cost', () => {
  test('a page of devices is as dear as the page, however large the fleet', async () => {
    const ids = Array.from({ length: 400 }, (_, n) => `dev-${String(n).padStart(3, '0')}`)
    const state = 'x'.repeat(3_000)
    await store.write(
      batchOf(
        ids.map((device_id) => ({
          ...deviceWrite(device_id, 0, []),
          state: stateItem({ device_id, state }),
        })),
      ),
    )
    const { items } = await reads.devices(20)
    expect(items.map((item) => item.device_id)).toEqual(ids.slice(0, 20))
    expect(requests('BatchGetItem states')).toBe(1)
    expect(requests('Query states')).toBeLessThanOrEqual(2 * ALL_SHARDS.length)
    expect(units('Query states') + units('BatchGetItem states')).toBeLessThan(40)
  })

  test('a page of all sessions does not read the others', async () => {
    await putSummaries(
      store,
      Array.from({ length: 500 }, (_, n) => summary({ id: `s-${n}`, started_at: T0 + n })),
    )
    const { items } = await reads.summaries({ kind: 'session', by: 'all', from: 0, to: T0 * 2, limit: 10 })
    expect(items.map((item) => item.started_at)).toEqual(Array.from({ length: 10 }, (_, n) => T0 + 499 - n))
    expect(requests('Query summaries')).toBeLessThanOrEqual(2 * ALL_SHARDS.length)
  })

  test('a page of quarantined records reads the payloads of that page', async () => {
    const payload_base64 = 'x'.repeat(40_000)
    const rows = Array.from({ length: 60 }, (_, n) => quarantined({ position: ordinal(n), payload_base64 }))
    await store.write(batchOf([], { quarantined: rows }))
    expect((await reads.quarantine(2)).items).toEqual([rows[59], rows[58]])
    // Two items of 40 KB are ten half units each.
    expect(units('BatchGetItem quarantine')).toBeLessThanOrEqual(20)
    expect(units('Query quarantine')).toBeLessThanOrEqual(ALL_SHARDS.length)
  })

  test('what was decided is found without walking past readings', async () => {
    const readings = Array.from({ length: 1_500 }, (_, n) =>
      eventRow({ ts: T0 + n, event_type: 'telemetry' }),
    )
    const decided = [10, 700, 1_400].map((n) =>
      eventRow({
        ts: T0 + n,
        ord: ordinal(9),
        origin: 'chart',
        event_type: n === 700 ? 'alarm' : 'session_start',
      }),
    )
    await fill([...readings, ...decided])
    const query = { ...ALL, limit: 10 }
    for (const ask of [
      (of: object) => reads.eventsOfDevice('dev-1', { ...query, ...of }),
      (of: object) => reads.eventsOfLocation('site-1', { ...query, ...of }),
    ]) {
      expect((await ask({ origin: 'chart' })).items).toEqual(decided)
      expect((await ask({ event_type: 'alarm' })).items).toEqual([decided[1]])
      expect((await ask({ origin: 'chart', newest_first: true })).items).toEqual(decided.toReversed())
    }
    expect(units('Query events')).toBeLessThan(10)
  })

  test('a list that finds little ends its page after a bounded look, and its cursor goes on where it ended', async () => {
    // Around where the looks end, from either side, each row is one that is asked for.
    const asked = (n: number) => n === 3 || (n > 4_980 && n < 5_020) || (n > 580 && n < 620)
    const rows = Array.from({ length: 5_600 }, (_, n) =>
      eventRow({
        ts: T0 + Math.floor(n / 2),
        ord: ordinal(n % 2),
        event_type: asked(n) ? 'session_start' : 'telemetry',
      }),
    )
    await fill(rows)
    const starts = rows.filter(({ event_type }) => event_type === 'session_start')
    for (const newest_first of [false, true])
      for (const ask of [
        (of: object) => reads.eventsOfDevice('dev-1', { ...ALL, limit: 100, newest_first, ...of }),
        (of: object) => reads.eventsOfLocation('site-1', { ...ALL, limit: 100, newest_first, ...of }),
      ]) {
        const found: EventRow[] = []
        for (let cursor: string | null = null, pages = 1; ; pages++) {
          const before = requests('Query events')
          const page = await ask({ event_type: 'session_start', origin: 'device', ...(cursor && { cursor }) })
          expect(requests('Query events') - before).toBeLessThanOrEqual(10)
          found.push(...page.items)
          cursor = page.next_cursor
          if (cursor === null) {
            expect(pages).toBe(2)
            break
          }
        }
        expect(found).toEqual(newest_first ? starts.toReversed() : starts)
      }
  })
})

describe('what is due', () => {
  test('is in the order of the timers themselves, within a step of the index too', async () => {
    const start = dueAt(T0) + 1
    const order = Array.from({ length: 60 }, (_, n) => (n * 37) % 60)
    const writes = order.map((n) => {
      const device_id = `dev-${String(n).padStart(2, '0')}`
      return { ...deviceWrite(device_id, 0, []), state: stateItem({ device_id, next_due: start + n }) }
    })
    await store.write(batchOf(writes))
    const due = await store.due(start + 40, T0, 5)
    expect(due.map(({ next_due }) => (next_due ?? 0) - start)).toEqual([0, 1, 2, 3, 4])
    // All sixty are in the step; only 41 are due.
    expect(await store.due(start + 40, T0, 100)).toHaveLength(41)
  })

  test('goes on behind devices that are heard and those that are not due yet, until the limit is full', async () => {
    const step = dueAt(T0)
    const of = (n: number) => ({
      device_id: `dev-${String(n).padStart(3, '0')}`,
      next_due: step - 1_000_000 + n,
      last_received_at: n < 100 ? T0 + 1 : T0,
    })
    const states = Array.from({ length: 110 }, (_, n) => of(n))
    await store.write(
      batchOf(states.map((state) => ({ ...deviceWrite(state.device_id, 0, []), state: stateItem(state) }))),
    )
    const due = await store.due(T0, T0, 3)
    expect(due.map(({ device_id }) => device_id)).toEqual(['dev-100', 'dev-101', 'dev-102'])
  })
})

describe('counts', () => {
  test('are counted once a minute', async () => {
    now = T0
    await store.write(batchOf([deviceWrite('dev-1', 0, [])]))
    expect(await reads.counts()).toEqual({ devices: 1, quarantined: 0 })
    await store.write(batchOf([deviceWrite('dev-2', 0, [])], { quarantined: [quarantined()] }))
    now += 59_999
    expect(await reads.counts()).toEqual({ devices: 1, quarantined: 0 })
    now += 1
    expect(await reads.counts()).toEqual({ devices: 2, quarantined: 1 })
  })
})

describe('names that are longer than keys', () => {
  const long = 'x'.repeat(3_000)

  test('name nothing, and are no error', async () => {
    const query = { ...ALL, limit: 5 }
    const things = { kind: 'session', from: 0, to: T0, limit: 5 } as const
    expect(await reads.device(long)).toBeNull()
    expect(await reads.device('')).toBeNull()
    expect(await reads.summary('session', long)).toBeNull()
    expect(await reads.findAliases('device_session', long)).toEqual([])
    const nothing = { items: [], next_cursor: null }
    expect(await reads.eventsOfDevice(long, query)).toEqual(nothing)
    expect(await reads.eventsOfLocation(long, query)).toEqual(nothing)
    expect(await reads.eventsOfLocation('', query)).toEqual(nothing)
    expect(await reads.summaries({ ...things, by: { location: long } })).toEqual(nothing)
    expect(await reads.configHistory(long, 5)).toEqual(nothing)
  })

  test('are no cursor', async () => {
    await expect(reads.devices(5, encodeCursor('devices', [long]))).rejects.toThrow(BadCursor)
    await expect(reads.quarantine(5, encodeCursor('quarantine', [long]))).rejects.toThrow(BadCursor)
    await expect(reads.configHistory('dev-1', 5, encodeCursor('config', [1, 1, long]))).rejects.toThrow(
      BadCursor,
    )
    const cursor = encodeCursor('summaries', [1, long])
    const things = { kind: 'session', by: 'all', from: 0, to: T0, limit: 5, cursor } as const
    await expect(reads.summaries(things)).rejects.toThrow(BadCursor)
  })

  test('a range over all of time is one that DynamoDB takes', async () => {
    const range = { from: lowestKey(0), to: lowestKey(9_999_999_999_999), limit: 1 }
    expect((await reads.eventsOfDevice('dev-1', range)).items).toEqual([])
    expect((await reads.eventsOfDevice('dev-1', { ...range, to: lowestKey(0) })).items).toEqual([])
  })
})
