/** A store whose DynamoDB throttles, breaks off, takes half of a batch, and loses answers: real faults on real sockets. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDynamoClient } from '../../adapters/aws-clients.ts'
import { tableName } from '../../adapters/aws-names.ts'
import { type CapacityMeter, createCapacityMeter } from '../../adapters/capacity-meter.ts'
import { CALLS_AT_ONCE } from '../../adapters/dynamodb-calls.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import type { HotStore } from '../../events/ports.ts'
import {
  batchOf,
  deviceWrite,
  eventPut,
  eventRow,
  onePutEach,
  ordinal,
  quarantined,
} from '../contract/store-rows.ts'
import { atEndpoint, type Dynalite, dumpOf, startDynalite } from '../stand-ins/dynalite.ts'
import {
  BROKEN,
  type Fault,
  type FaultyProxy,
  type Request,
  startFaultyProxy,
  THROTTLED,
} from '../stand-ins/faulty-proxy.ts'
import { quickRetries } from './quick-retries.ts'

let dynalite: Dynalite
let proxy: FaultyProxy
let client: DynamoDBClient
let prefix: string
let meter: CapacityMeter
let retries: ReturnType<typeof quickRetries>
let store: HotStore

beforeAll(async () => {
  dynalite = await startDynalite()
  proxy = await startFaultyProxy(dynalite.endpoint)
  client = createDynamoClient(atEndpoint(proxy.endpoint))
})
beforeEach(async () => {
  prefix = await dynalite.newTables()
  meter = createCapacityMeter()
  retries = quickRetries()
  store = dynamodbStore({ client, table_prefix: prefix, retries, meter })
})
afterEach(() => proxy.onRequest(() => null))
afterAll(async () => {
  client.destroy()
  await proxy.stop()
  await dynalite.stop()
})

const devices = ['dev-1', 'dev-2', 'dev-3']

function wholeBatch() {
  const rows = Array.from({ length: 40 }, (_, n) => quarantined({ position: String(n).padStart(20, '0') }))
  return batchOf(
    devices.map((id) => deviceWrite(id, 0, onePutEach(id, 1))),
    { quarantined: rows, checkpoint: { consumer: 'main', position: '1' } },
  )
}

/** What a store without faults comes to. */
async function expected() {
  const clean = await dynalite.newTables()
  await dynamodbStore({ client: dynalite.client, table_prefix: clean }).write(wholeBatch())
  return dumpOf(dynalite.client, clean)
}

/** The first `times` of each request. */
function first(times: number, fault: Fault): (request: Request) => Fault | null {
  const asked = new Map<string, number>()
  return (request) => {
    const key = JSON.stringify(request)
    const count = (asked.get(key) ?? 0) + 1
    asked.set(key, count)
    return count <= times ? fault : null
  }
}

describe('what passes is tried again', () => {
  const faults: [string, Fault][] = [
    ['throttled', THROTTLED],
    [
      'over its throughput',
      { kind: 'refused', status: 400, error: 'ProvisionedThroughputExceededException' },
    ],
    ['answered with 500', BROKEN],
    ['answered with 503', { kind: 'refused', status: 503, error: 'ServiceUnavailable' }],
    ['hung up on', { kind: 'hang up' }],
  ]
  for (const [what, fault] of faults)
    test(`each request ${what} twice: everything is written, and read`, async () => {
      proxy.onRequest(first(2, fault))
      expect(await store.write(wholeBatch())).toEqual({ conflicts: [] })
      const states = await store.loadStates(devices)
      expect([...states.keys()].sort()).toEqual(devices)
      proxy.onRequest(() => null)
      expect(await dumpOf(dynalite.client, prefix)).toEqual(await expected())
      expect(retries.waited.length).toBeGreaterThan(3)
      expect(Object.values(meter.retries()).reduce((a, b) => a + b, 0)).toBe(retries.waited.length)
    })

  test('half of a batch left unprocessed is sent again, and only that half', async () => {
    const sent: number[] = []
    proxy.onRequest(({ operation, body }) => {
      if (operation !== 'BatchWriteItem') return null
      const table = tableName(prefix, 'quarantine')
      const items = (body.RequestItems as Record<string, unknown[]>)[table] ?? []
      sent.push(items.length)
      // It says so, and takes none of them: the worst that it may do.
      return sent.length <= 2
        ? { kind: 'answer', body: { UnprocessedItems: { [table]: items.slice(0, 7) } } }
        : null
    })
    const rows = Array.from({ length: 20 }, (_, n) => quarantined({ position: String(n) }))
    await store.write(batchOf([], { quarantined: rows }))
    expect(sent).toEqual([20, 7, 7])
  })

  test('keys left unprocessed are asked again', async () => {
    await store.write(batchOf(devices.map((id) => deviceWrite(id, 0, []))))
    const asked: number[] = []
    proxy.onRequest(({ operation, body }) => {
      if (operation !== 'BatchGetItem') return null
      const table = tableName(prefix, 'states')
      const { Keys = [] } = (body.RequestItems as Record<string, { Keys: unknown[] }>)[table] ?? {}
      asked.push(Keys.length)
      return asked.length === 1
        ? {
            kind: 'answer',
            body: { Responses: {}, UnprocessedKeys: { [table]: { Keys, ConsistentRead: true } } },
          }
        : null
    })
    expect((await store.loadStates(devices)).size).toBe(3)
    expect(asked).toEqual([3, 3])
  })

  test('lost answers leave what was sent; a state that stands already is a conflict, and its reader finds all of it known', async () => {
    proxy.onRequest(first(1, { kind: 'lost' }))
    expect(await store.write(wholeBatch())).toEqual({ conflicts: devices })
    proxy.onRequest(() => null)
    const { positions, ...left } = await dumpOf(dynalite.client, prefix)
    const { positions: _, ...clean } = await expected()
    expect(left).toEqual(clean)
    expect(positions).toEqual([])
  })

  test('waits grow, up to a bound, and chance takes from all of each', async () => {
    proxy.onRequest(() => THROTTLED)
    await expect(store.position('main')).rejects.toThrow(InfrastructureError)
    expect(retries.waited).toEqual([50, 100, 200, 400, 800, 1600, 2000])
    const halved = quickRetries({ random: () => 0.5 })
    const other = dynamodbStore({ client, table_prefix: prefix, retries: halved })
    await expect(other.position('main')).rejects.toThrow(InfrastructureError)
    expect(halved.waited).toEqual([25, 50, 100, 200, 400, 800, 1000])
  })
})

describe('what does not pass', () => {
  test('is said after so many attempts, and the state is not there without its rows', async () => {
    proxy.onRequest(({ body }) => (body.TableName === tableName(prefix, 'summaries') ? THROTTLED : null))
    await expect(store.write(wholeBatch())).rejects.toThrow(InfrastructureError)
    proxy.onRequest(() => null)
    const left = await dumpOf(dynalite.client, prefix)
    expect(left.states).toEqual([])
    expect(left.positions).toEqual([])
    expect(await store.write(wholeBatch())).toEqual({ conflicts: [] })
    expect(await dumpOf(dynalite.client, prefix)).toEqual(await expected())
  })

  test('stops what has not begun: an outage does not take each row through its attempts', async () => {
    let asked = 0
    proxy.onRequest(() => {
      asked++
      return BROKEN
    })
    const puts = Array.from({ length: 500 }, (_, n) => eventPut(eventRow({ ord: ordinal(n) })))
    await expect(store.write(batchOf([deviceWrite('dev-1', 0, puts)]))).rejects.toThrow(InfrastructureError)
    expect(asked).toBeLessThanOrEqual(CALLS_AT_ONCE * 8)
  })

  test('a refusal that no waiting mends is not tried again', async () => {
    for (const error of [
      'AccessDeniedException',
      'ResourceNotFoundException',
      'UnrecognizedClientException',
    ]) {
      proxy.onRequest(() => ({ kind: 'refused', status: 400, error }))
      await expect(store.position('main')).rejects.toThrow(InfrastructureError)
    }
    expect(retries.waited).toEqual([])
  })

  test('a request that DynamoDB finds malformed is our bug, and not infrastructure', async () => {
    proxy.onRequest(() => ({ kind: 'refused', status: 400, error: 'ValidationException' }))
    const failure = await store.position('main').catch((error: Error) => error)
    expect(failure).toHaveProperty('name', 'ValidationException')
    expect(failure).not.toBeInstanceOf(InfrastructureError)
  })
})

describe('the order of writes', () => {
  test('rows of a device go side by side, its state behind the last of them', async () => {
    const seen: string[] = []
    proxy.onRequest(({ operation, body }) => {
      if (operation === 'PutItem') seen.push(String(body.TableName).slice(prefix.length))
      return null
    })
    const puts = Array.from({ length: 300 }, (_, n) => eventPut(eventRow({ ord: ordinal(n) })))
    await store.write(batchOf([deviceWrite('dev-1', 0, puts)]))
    expect(seen).toEqual([...Array(300).fill('device_events'), 'device_state'])
  })

  test('a row that is written again under the same number stands as it was written last', async () => {
    const row = (revision: number) => eventPut(eventRow({ revision, applied: 3 }))
    await store.write(batchOf([deviceWrite('dev-1', 0, [row(1)])]))
    await store.write(batchOf([deviceWrite('dev-1', 1, [row(2)])]))
    expect((await store.findEvent('dev-1', eventRow()))?.revision).toBe(2)
  })

  test('a record too large for an item is quarantined with its beginning, and stops nothing', async () => {
    const payload_base64 = Buffer.alloc(600_000, 'x').toString('base64')
    await store.write(
      batchOf([deviceWrite('dev-1', 0, [])], { quarantined: [quarantined({ payload_base64 })] }),
    )
    const [kept] = (await dumpOf(dynalite.client, prefix)).quarantine
    expect(kept?.payload_base64).toBe(payload_base64.slice(0, 320_000))
    expect(kept?.reason).toBe('payload: is not JSON; of its 600000 bytes the first 240000 are kept')
  })
})
