import { expect, test } from 'vitest'
import { DeviceItemSchema, DeviceSchema, listOf } from '../../api/schemas.ts'
import { chargeOnce, createHome, expectSchema, MINUTE, T0 } from './home.ts'

test('a charging charger shows its chart, its open session so far, and its last event', async () => {
  const home = await createHome()
  await home.putConfig('dev-1', { device_type: 'evse', location: 'yard', rated_power_kw: 11 })
  await home.say('evse', 'dev-1', 0, { pilot_state: 'B', energy_delivered_kwh: 0, session_id: 's-1' })
  await home.say('evse', 'dev-1', 5, { pilot_state: 'C', current_draw: 16, energy_delivered_kwh: 0 })
  await home.say('evse', 'dev-1', 20, {
    event_type: 'telemetry',
    current_draw: 15.5,
    energy_delivered_kwh: 0.9,
  })
  home.clock.now = T0 + 30 * MINUTE
  const { status, body } = await home.ask('/v1/devices/dev-1')
  expect(status).toBe(200)
  expectSchema(DeviceSchema, body)
  expect(body).toMatchObject({
    device_id: 'dev-1',
    device_type: 'evse',
    location: 'yard',
    charts: [{ name: 'session', state: 'session.charging', since: T0 + 5 * MINUTE }],
    open_session: {
      device_session_id: 's-1',
      started_at: T0,
      ended_at: null,
      duration_s: 1800,
      charging_s: 1500,
      energy_kwh: 0.9,
      end_reason: null,
    },
    config: { rated_power_kw: 11 },
    clock: { quality: 'device', offset_ms: 0 },
    counters: { events: 3, late: 0 },
    last_event: { event_type: 'telemetry', event_time: T0 + 20 * MINUTE, fields: { current_draw: 15.5 } },
  })
})

test('a charger at rest has no open session', async () => {
  const home = await createHome()
  await chargeOnce(home, 'dev-1', 0)
  const { body } = await home.ask('/v1/devices/dev-1')
  expect(body.charts[0].state).toBe('unplugged')
  expect(body.open_session).toBeNull()
  expectSchema(DeviceSchema, body)
})

test('a thermostat shows the cycle that is under way', async () => {
  const home = await createHome()
  await home.putConfig('hall', { device_type: 'thermostat', rated_power_heating_kw: 8 })
  await home.say('thermostat', 'hall', 0, { heating_call: true, cooling_call: false })
  home.clock.now = T0 + 30 * MINUTE
  const { body } = await home.ask('/v1/devices/hall')
  expectSchema(DeviceSchema, body)
  expect(body.charts).toMatchObject([
    { name: 'heating', state: 'calling.running', since: T0 },
    { name: 'cooling', state: 'idle' },
  ])
  expect(body.open_cycles).toMatchObject([
    { mode: 'heating', started_at: T0, ended_at: null, duration_hours: 0.5, energy_consumed_kwh: 4 },
  ])
})

test('a device that only a configuration has named is shown, with no state yet', async () => {
  const home = await createHome()
  await home.putConfig('new', { device_type: 'evse', location: 'yard' })
  const { body } = await home.ask('/v1/devices/new')
  expectSchema(DeviceSchema, body)
  expect(body).toMatchObject({ charts: [{ state: null, since: null }], last_event: null, location: 'yard' })
})

test('an unknown device is a 404 that names it', async () => {
  const home = await createHome()
  const { status, headers, body } = await home.ask('/v1/devices/nobody')
  expect(status).toBe(404)
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({ type: 'about:blank', title: 'Not Found', status: 404, device_id: 'nobody' })
  expect(body.detail).toContain('"nobody"')
  expect(body.instance).toBe('/v1/devices/nobody')
})

test('the list of devices goes page by page, each device once', async () => {
  const home = await createHome()
  for (const id of ['a', 'b', 'c', 'd', 'e']) await home.say('evse', id, 0, { pilot_state: 'A' })
  await home.say('evse', 'c', 1, { pilot_state: 'B' })
  const seen: string[] = []
  let next = ''
  do {
    const { body } = await home.ask(`/v1/devices?limit=2${next && `&cursor=${next}`}`)
    expectSchema(listOf(DeviceItemSchema), body)
    seen.push(...body.items.map((item: { device_id: string }) => item.device_id))
    next = body.next_cursor ?? ''
  } while (next)
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a device in the list carries its open session without the legs', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'C' })
  const { body } = await home.ask('/v1/devices')
  expect(body.items[0].open_session).toMatchObject({ started_at: T0, ended_at: null })
  expect(body.items[0].open_session).not.toHaveProperty('legs')
})

test('state made by newer code is a 503, never a guess', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  const [item] = [...(await home.store.loadStates(['dev-1'])).values()]
  if (!item) throw new Error('dev-1 has no state')
  const state = JSON.stringify({ ...JSON.parse(item.state), format: 99 })
  const next = { ...item, state, version: item.version + 1, applied: item.applied + 1 }
  const write = { device_id: 'dev-1', puts: [], state: next, expected_version: item.version }
  await home.store.write({ devices: [write], quarantined: [] })
  expect((await home.ask('/v1/devices/dev-1')).status).toBe(503)
})

for (const id of [
  '../../x',
  'a/b',
  '__proto__',
  'a b',
  '100%',
  '%41',
  'ü?#&',
  '<img src=x onerror=alert(1)>',
  '...',
]) {
  test(`the id ${JSON.stringify(id)} is reached by its encoding and is itself everywhere`, async () => {
    const home = await createHome()
    await home.putConfig(id, { device_type: 'evse', location: id })
    await home.say('evse', id, 0, { pilot_state: 'B', session_id: id })
    const encoded = encodeURIComponent(id)
    expect((await home.ask(`/v1/devices/${encoded}`)).body).toMatchObject({ device_id: id, location: id })
    const paths = [
      `/v1/devices/${encoded}/events`,
      `/v1/locations/${encoded}/events`,
      `/v1/sessions?device_id=${encoded}`,
      `/v1/sessions?location=${encoded}`,
      `/v1/config/${encoded}/history`,
    ]
    for (const path of paths) {
      const { status, body } = await home.ask(path)
      expect([path, status]).toEqual([path, 200])
      expect(body.items.map((item: { device_id: string }) => item.device_id)).toContain(id)
    }
    expect((await home.ask(`/v1/sessions/${encoded}`)).body).toMatchObject({ device_id: id })
    expect((await home.ask(`/v1/config/${encoded}`)).body.config).toMatchObject({ location: id })
    expect((await home.ask(`/v1/time-sync/${encoded}`, { method: 'POST' })).body).toMatchObject({
      device_id: id,
    })
  })
}

test('a path that is not percent-encoded UTF-8 is a 400', async () => {
  const home = await createHome()
  for (const path of ['/v1/devices/%zz', '/v1/devices/%ff', '/v1/devices/100%'])
    expect(await home.ask(path)).toMatchObject({ status: 400, body: { title: 'Bad Request' } })
})
