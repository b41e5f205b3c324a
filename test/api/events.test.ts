import { expect, test } from 'vitest'
import { EventSchema, HealthSchema, listOf, QuarantinedSchema } from '../../api/schemas.ts'
import { soon } from '../soon.ts'
import { chargeOnce, createHome, expectSchema, type Home, jsonRequest, MINUTE, T0 } from './home.ts'

async function eventsOf(home: Home, query = '', path = '/v1/devices/dev-1/events') {
  const { status, body } = await home.ask(`${path}${query}`)
  expect(status).toBe(200)
  expectSchema(listOf(EventSchema), body)
  return body.items as {
    device_id: string
    event_type: string
    origin: string
    event_time: number
    body: Record<string, unknown>
  }[]
}

test('events of a device come in event order, what was said before what was decided from it', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  const events = await eventsOf(home)
  expect(events.map(({ event_type, origin, event_time }) => [event_type, origin, event_time - T0])).toEqual([
    ['state_change', 'device', 0],
    ['session_start', 'chart', 0],
    ['state_change', 'device', 5 * MINUTE],
    ['state_change', 'device', 35 * MINUTE],
    ['state_change', 'device', 60 * MINUTE],
    ['session_end', 'chart', 60 * MINUTE],
  ])
  expect(events[0]?.body).toMatchObject({ pilot_state: 'B', energy_delivered_kwh: 0, session_id: 'dev-1-0' })
})

test('order=newest turns the list round, page by page', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  const first = (await home.ask('/v1/devices/dev-1/events?order=newest&limit=4')).body
  const second = (await home.ask(`/v1/devices/dev-1/events?order=newest&limit=4&cursor=${first.next_cursor}`))
    .body
  const keys = [...first.items, ...second.items].map((item: { key: string }) => item.key)
  expect(keys).toEqual([...keys].sort().reverse())
  expect(keys).toHaveLength(6)
  expect(second.next_cursor).toBeNull()
})

test('a range is half-open: from is in, to is not', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  const range = `?from=${T0 + 5 * MINUTE}&to=${T0 + 35 * MINUTE}`
  expect((await eventsOf(home, range)).map(({ event_time }) => event_time)).toEqual([T0 + 5 * MINUTE])
  expect(await eventsOf(home, `?from=${T0}&to=${T0}`)).toEqual([])
})

test('type and origin choose', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  expect((await eventsOf(home, '?origin=chart')).map(({ event_type }) => event_type)).toEqual([
    'session_start',
    'session_end',
  ])
  expect(await eventsOf(home, '?type=session_end')).toHaveLength(1)
  expect(await eventsOf(home, '?type=session_end&origin=device')).toEqual([])
})

test('events of a location are those of all its devices, and of no other', async () => {
  const home = await createHome()
  for (const [id, location] of Object.entries({ 'dev-1': 'yard', 'dev-2': 'yard', 'dev-3': 'roof' })) {
    await home.putConfig(id, { config: { device_type: 'evse', location }, effective_from: 0 })
    await home.say('evse', id, 1, { pilot_state: 'A' })
  }
  const events = await eventsOf(home, '?origin=device', '/v1/locations/yard/events')
  expect(events.map((event) => event.device_id).sort()).toEqual(['dev-1', 'dev-2'])
  expect(await eventsOf(home, '', '/v1/locations/nowhere/events')).toEqual([])
})

test('events of an unknown device are a 404, of a known one without any in the range an empty list', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  expect((await home.ask('/v1/devices/dev-2/events')).status).toBe(404)
  expect(await eventsOf(home, '?to=1')).toEqual([])
})

test('a message posted over HTTP is in the log with its bytes, and then is an event', async () => {
  const home = await createHome()
  const body = `{"device_id": "dev-1",  "timestamp": ${T0}, "pilot_state": "B"}`
  const answered = await home.ask('/v1/events?topic=ev%2Fevse%2Fdev-1%2Ftelemetry', {
    method: 'POST',
    body,
    headers: {},
  })
  expect(answered.status).toBe(415)
  const headers = { 'content-type': 'application/json' }
  const accepted = await home.ask('/v1/events?topic=ev/evse/dev-1/telemetry', {
    method: 'POST',
    body,
    headers,
  })
  expect(accepted).toMatchObject({ status: 202, body: { received_at: T0 } })
  const [record, ...others] = await home.log.read('', 10)
  expect(others).toEqual([])
  expect(record).toMatchObject({ source: 'http', topic: 'ev/evse/dev-1/telemetry', received_at: T0 })
  expect(new TextDecoder().decode(record?.payload)).toBe(body)
  await home.settle()
  expect(await eventsOf(home)).toHaveLength(2)
})

test('history that is imported over HTTP says so on the log', async () => {
  const home = await createHome()
  const post = jsonRequest('POST', { device_id: 'dev-1', timestamp: T0, pilot_state: 'A' })
  await home.ask('/v1/events?topic=ev/evse/dev-1/telemetry&source=import', post)
  expect((await home.log.read('', 10))[0]).toMatchObject({ source: 'import' })
  expect((await home.ask('/v1/events?topic=x&source=internal', post)).status).toBe(400)
})

test('bytes that are no JSON enter the log too: quarantine is the processor’s decision', async () => {
  const home = await createHome()
  const bytes = Uint8Array.from([0xff, 0x00, 0x3c])
  const posted = { method: 'POST', body: bytes, headers: { 'content-type': 'application/octet-stream' } }
  expect((await home.ask('/v1/events?topic=ev/evse/dev-1/telemetry', posted)).status).toBe(202)
  await home.settle()
  const { body } = await home.ask('/v1/quarantine')
  expectSchema(listOf(QuarantinedSchema), body)
  expect(body.items).toHaveLength(1)
  expect(body.items[0]).toMatchObject({
    topic: 'ev/evse/dev-1/telemetry',
    payload_base64: Buffer.from(bytes).toString('base64'),
    preview: '\u{fffd}\u{fffd}<',
  })
})

test('quarantine says why, newest first, and cuts the preview but not the payload', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'G' })
  await home.say('evse', 'dev-1', 1, { pilot_state: 'H', note: 'ü'.repeat(1000) })
  const first = (await home.ask('/v1/quarantine?limit=1')).body
  expect(first.items[0].reason).toBe('pilot_state: "H" is none of A, B, C, D, E, F')
  expect([...first.items[0].preview]).toHaveLength(201)
  expect(Buffer.from(first.items[0].payload_base64, 'base64').toString()).toContain('ü'.repeat(1000))
  const second = (await home.ask(`/v1/quarantine?limit=1&cursor=${first.next_cursor}`)).body
  expect(second.items[0].reason).toContain('"G"')
  expect(second.next_cursor).toBeNull()
})

test('a topic that MQTT would not take, or that is the system’s own, is a 400', async () => {
  const home = await createHome()
  for (const topic of ['', 'ev/%2B/x', 'a/%23', 'x%00', 'pilotline/config/dev-1']) {
    const { status, body } = await home.ask(`/v1/events?topic=${topic}`, jsonRequest('POST', {}))
    expect([topic, status, body.parameter]).toEqual([topic, 400, 'topic'])
  }
  expect((await home.ask('/v1/events', jsonRequest('POST', {}))).body.detail).toBe(
    'topic: absent but required',
  )
  expect(await home.log.tail()).toBe('')
})

test('a body of more than a megabyte is a 413, whether or not it says its length', async () => {
  const home = await createHome()
  const big = new Uint8Array(1024 * 1024 + 1)
  const headers = { 'content-type': 'application/octet-stream' }
  const path = '/v1/events?topic=ev/evse/dev-1/telemetry'
  const said = { method: 'POST', body: big, headers: { ...headers, 'content-length': String(big.length) } }
  expect((await home.ask(path, said)).status).toBe(413)
  const body = new Blob([big]).stream()
  const streamed = { method: 'POST', body, headers, duplex: 'half' } as RequestInit
  expect(await home.ask(path, streamed)).toMatchObject({ status: 413, body: { limit_bytes: 1024 * 1024 } })
  expect(await home.log.tail()).toBe('')
  expect((await home.ask(path, { method: 'POST', body: big.subarray(1), headers })).status).toBe(202)
})

test('a full log is a 503 that says when to come again, and nothing is acknowledged', async () => {
  const home = await createHome()
  home.setRoom(0)
  const posted = jsonRequest('POST', { device_id: 'dev-1', timestamp: T0, pilot_state: 'A' })
  const { status, headers, body } = await home.ask('/v1/events?topic=ev/evse/dev-1/telemetry', posted)
  expect([status, body.title]).toEqual([503, 'Service Unavailable'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  const health = await home.ask('/health')
  expect(health.status).toBe(503)
  expectSchema(HealthSchema, health.body)
  expect(health.body).toMatchObject({
    status: 'refusing',
    front_door: { state: 'full' },
  })
  expect((await home.ask('/v1/devices')).status).toBe(200)
  home.setRoom(1)
  await soon(async () =>
    expect(await home.ask('/health')).toMatchObject({ status: 200, body: { status: 'ok' } }),
  )
  home.setRoom(0)
  await soon(async () => expect((await home.ask('/health')).status).toBe(503))
})
