/** The API as API Gateway asks it, on stand-ins. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { kinesisShard } from '../../adapters/kinesis-log.ts'
import { encodedPath, gatewayPath } from '../../api/gateway-path.ts'
import { createRoutes } from '../../api/routes.ts'
import { batchOf, deviceWrite, eventPut, eventRow, T0 } from '../contract/store-rows.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { type IotPublishes, startIotPublishes } from '../stand-ins/iot-publishes.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { setEnvironment } from '../stand-ins/lambda-home.ts'

type Answer = { statusCode: number; body: string; headers?: Record<string, string> }
type Ask = { method?: string; path: string; query?: string; body?: Uint8Array; type?: string }

let dynalite: Dynalite
let kinesis: Kinesalite
let iot: IotPublishes
let ask: (of: Ask) => Promise<Answer>
let onStream: () => Promise<{ source: string; topic: string; payload: Uint8Array }[]>

beforeAll(async () => {
  dynalite = await startDynalite()
  kinesis = await startKinesalite()
  iot = await startIotPublishes()
})
beforeEach(async () => {
  const table_prefix = await dynalite.newTables()
  const { stream, shard_ids } = await kinesis.newStream(1)
  vi.resetModules()
  const where = { dynamodb: dynalite.endpoint, kinesis: kinesis.endpoint, iot: iot.endpoint }
  setEnvironment({ ...where, table_prefix, stream })
  const { handler } = await import('../../api/api.lambda.ts')
  ask = async (of) => (await handler(eventOf(of))) as Answer
  onStream = () => kinesisShard({ client: kinesis.client, stream, shard_id: shard_ids[0] ?? '' }).read('', 10)
  const write = deviceWrite('a/b', 0, [eventPut(eventRow({ device_id: 'a/b', location: 'café 1' }))])
  const standing = { chart: 'evse-session', version: 1, value: 'unplugged', since: T0 }
  write.state.standing = JSON.stringify({ session: standing })
  await dynamodbStore({ client: dynalite.client, table_prefix }).write(batchOf([write]))
})
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  await iot.stop()
  await kinesis.stop()
  await dynalite.stop()
})

/** As an HTTP API hands it over (payload format 2.0): the path decoded, the query as it came, bytes in base64. */
function eventOf({ method = 'GET', path, query = '', body, type = 'application/json' }: Ask) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: { host: 'api.example', 'content-type': type },
    requestContext: { http: { method, path }, domainName: 'api.example' },
    isBase64Encoded: body !== undefined,
    ...(body && { body: Buffer.from(body).toString('base64') }),
  } as unknown as Parameters<typeof import('../../api/api.lambda.ts').handler>[0]
}

describe('reading', () => {
  test('an answer comes out of DynamoDB', async () => {
    const { statusCode, body, headers } = await ask({
      path: '/v1/locations/café 1/events',
      query: `from=${T0}`,
    })
    expect(statusCode).toBe(200)
    expect(JSON.parse(body).items).toMatchObject([
      { device_id: 'a/b', event_time: T0, body: { pilot_state: 'C' } },
    ])
    expect(headers?.['content-type']).toBe('application/json')
  })

  test('health counts what there is', async () => {
    const { statusCode, body } = await ask({ path: '/health' })
    expect(statusCode).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ status: 'ok', home: 'aws', devices: 1, quarantined: 0 })
  })

  test('the fleet on a chart comes out of the index of where devices stand', async () => {
    const { statusCode, body } = await ask({ path: '/v1/charts/evse-session/fleet' })
    expect([statusCode, JSON.parse(body).devices]).toEqual([200, 1])
    const chart = JSON.parse((await ask({ path: '/v1/charts/evse-session' })).body)
    expect(chart.svg).toContain('<svg ')
  })

  test('an id with a slash is found by the URL that finds it in the other home', async () => {
    // What the gateway makes of a%2Fb, and of an id that was encoded twice.
    for (const path of ['/v1/devices/a/b', '/v1/devices/a%2Fb'])
      expect(JSON.parse((await ask({ path: `${path}/events` })).body).items).toHaveLength(1)
  })

  test('what is not there is a 404 as everywhere else', async () => {
    const { statusCode, body, headers } = await ask({ path: '/v1/devices/nobody' })
    expect(statusCode).toBe(404)
    expect(headers?.['content-type']).toBe('application/problem+json')
    expect(JSON.parse(body)).toMatchObject({ status: 404, device_id: 'nobody' })
  })
})

describe('writing', () => {
  const message = Uint8Array.of(0, 255, 123)

  test('a message goes on the stream byte for byte', async () => {
    const query = 'topic=ev%2Fevse%2Fdev-1%2Ftelemetry'
    const { statusCode, body } = await ask({
      method: 'POST',
      path: '/v1/events',
      query,
      body: message,
      type: 'application/octet-stream',
    })
    expect(statusCode).toBe(202)
    const [record] = await onStream()
    expect(record).toMatchObject({ source: 'http', topic: 'ev/evse/dev-1/telemetry', payload: message })
    expect(record).toHaveProperty('received_at', JSON.parse(body).received_at)
  })

  test('a configuration goes on the stream as our own', async () => {
    const put = new TextEncoder().encode(JSON.stringify({ device_type: 'evse', location: 'garage' }))
    expect((await ask({ method: 'PUT', path: '/v1/config/dev-7', body: put })).statusCode).toBe(202)
    expect(await onStream()).toMatchObject([{ source: 'internal', topic: 'pilotline/config/dev-7' }])
  })

  test('a message larger than IoT Core takes is refused, and is not on the stream', async () => {
    const query = 'topic=ev%2Fevse%2Fdev-1%2Ftelemetry'
    const of = (bytes: number) =>
      ask({ method: 'POST', path: '/v1/events', query, body: new Uint8Array(bytes) })
    expect((await of(128 * 1024 + 1)).statusCode).toBe(413)
    expect(await onStream()).toEqual([])
    expect((await of(128 * 1024)).statusCode).toBe(202)
  })
})

describe('telling a device the time', () => {
  const tell = () => ask({ method: 'POST', path: '/v1/time-sync/a%2Fb' })

  test('publishes it where the device listens', async () => {
    const { statusCode, body } = await tell()
    expect(statusCode).toBe(202)
    const { epoch_ms } = JSON.parse(body)
    expect(iot.published.at(-1)).toMatchObject({
      topic: 'ev/evse/a%2Fb/downlink',
      message: { cmd: 'time_sync', epoch_ms },
    })
  })

  test('is a 503 where the network to the devices takes nothing', async () => {
    iot.answer(500)
    expect((await tell()).statusCode).toBe(503)
    iot.answer(200)
  })
})

test('a decoded path becomes one that a URL can hold, and what is encoded stays', () => {
  expect(encodedPath('/v1/devices/café 1')).toBe('/v1/devices/caf%C3%A9%201')
  expect(encodedPath('/v1/devices/a%2Fb')).toBe('/v1/devices/a%2Fb')
  expect(encodedPath('/v1/a?b#c')).toBe('/v1/a%3Fb%23c')
  expect(encodedPath('/50%/x')).toBe('/50%25/x')
  expect(encodedPath('/⚡️\ud83d')).toBe(`/${encodeURIComponent('⚡️')}%EF%BF%BD`)
})

describe('a path that the gateway has decoded', () => {
  const paths = createRoutes().map(({ path }) => path)
  /** What the gateway makes of a URL's path. */
  const through = (path: string) => gatewayPath(decodeURIComponent(path), paths)

  test.each([
    '/v1/devices',
    '/v1/devices/dev-1',
    '/v1/devices/a%2Fb',
    '/v1/devices/a%2Fb/events',
    '/v1/devices/a%2F%2Fb/events',
    '/v1/devices/%2Fa%2F/events',
    '/v1/devices/..%2F..%2Fx/events',
    '/v1/devices/caf%C3%A9%201%23/events',
    '/v1/devices/events/events',
    '/v1/locations/a%2Fb%2Fc/events',
    '/v1/sessions/a%2Fb',
    '/v1/cycles/a%2Fb',
    '/v1/config/a%2Fb',
    '/v1/time-sync/pair:a%2Fb',
    '/v1/nothing/a',
    '/',
  ])('%s is what it was', (path) => {
    expect(through(path)).toBe(path)
  })

  test('an id that ends like a route is the route’s, unless it was encoded twice', () => {
    expect(through('/v1/devices/a%2Fevents')).toBe('/v1/devices/a/events')
    expect(through('/v1/devices/a%252Fevents')).toBe('/v1/devices/a%2Fevents')
  })

  test('an id encoded twice is the id, with a question mark in it too', () => {
    expect(through('/v1/devices/a%252Fb%253F/events')).toBe('/v1/devices/a%2Fb%3F/events')
  })

  test('a path that no route has stays one that no route has', () => {
    expect(through('/v2/devices/a%2Fb')).toBe('/v2/devices/a/b')
    expect(through('/v1/devicesx/a%2Fb')).toBe('/v1/devicesx/a/b')
  })
})
