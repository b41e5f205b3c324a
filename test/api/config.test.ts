import { expect, test } from 'vitest'
import { ConfigSchema, ConfigVersionSchema, listOf } from '../../api/schemas.ts'
import { createHome, expectSchema, jsonRequest, MINUTE, T0 } from './home.ts'

const evse = { device_type: 'evse', rated_power_kw: 11 }

test('a configuration that is put is on the log, and then in force', async () => {
  const home = await createHome()
  const put = await home.putConfig('dev-1', evse)
  expect(put).toMatchObject({
    status: 202,
    body: { device_id: 'dev-1', effective_from: T0, written_at: T0, config: evse },
  })
  expectSchema(ConfigVersionSchema, put.body)
  const [record] = await home.log.read('', 10)
  expect(record).toMatchObject({ source: 'internal', topic: 'pilotline/config/dev-1' })
  expect(JSON.parse(new TextDecoder().decode(record?.payload))).toEqual(put.body)
  const { body } = await home.ask('/v1/config/dev-1')
  expectSchema(ConfigSchema, body)
  expect(body).toEqual({ ...put.body, history: '/v1/config/dev-1/history' })
})

test('a version begins when it says, and its history keeps every one', async () => {
  const home = await createHome()
  await home.putConfig('dev-1', evse)
  await home.putConfig('dev-1', { config: { rated_power_kw: 22 }, effective_from: T0 + 10 * MINUTE })
  await home.putConfig('dev-1', {
    config: { rated_power_kw: 7 },
    effective_from: '2026-03-01T00:00:00+01:00',
  })
  expect((await home.ask('/v1/config/dev-1')).body.config.rated_power_kw).toBe(11)
  home.clock.now = T0 + 10 * MINUTE
  expect((await home.ask('/v1/config/dev-1')).body).toMatchObject({
    config: { rated_power_kw: 22 },
    effective_from: T0 + 10 * MINUTE,
    written_at: T0,
  })
  const first = (await home.ask('/v1/config/dev-1/history?limit=2')).body
  expectSchema(listOf(ConfigVersionSchema), first)
  const second = (await home.ask(`/v1/config/dev-1/history?limit=2&cursor=${first.next_cursor}`)).body
  const all = [...first.items, ...second.items].map(({ config, effective_from }) => [
    config.rated_power_kw,
    effective_from,
  ])
  expect(all).toEqual([
    [22, T0 + 10 * MINUTE],
    [11, T0],
    [7, Date.UTC(2026, 1, 28, 23)],
  ])
})

test('a bare date is UTC midnight', async () => {
  const home = await createHome()
  const { body } = await home.putConfig('dev-1', { config: evse, effective_from: '2026-03-01' })
  expect(body.effective_from).toBe(Date.UTC(2026, 2, 1))
})

test('a known device without a configuration has an empty one in force; an unknown device is a 404', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  expect((await home.ask('/v1/config/dev-1')).body).toMatchObject({ config: {}, effective_from: null })
  expect((await home.ask('/v1/config/dev-1/history')).body).toEqual({ items: [], next_cursor: null })
  expect((await home.ask('/v1/config/dev-2')).status).toBe(404)
  expect((await home.ask('/v1/config/dev-2/history')).status).toBe(404)
})

const REFUSED: [body: unknown, field: string][] = [
  [{ ...evse, rated_power: 11 }, 'rated_power'],
  [{ ...evse, rated_power_kw: 0 }, 'rated_power_kw'],
  [{ ...evse, rated_power_kw: -1 }, 'rated_power_kw'],
  [{ ...evse, rated_power_kw: '11' }, 'rated_power_kw'],
  [{ ...evse, timezone: 'Europe/Atlantis' }, 'timezone'],
  [{ ...evse, timezone: '+01:00' }, 'timezone'],
  [{ ...evse, gpio: { p1: { signal: 'door' } } }, 'gpio.p1.signal'],
  [{ ...evse, gpio: { p1: { signal: 'heating_call', wire: 1 } } }, 'gpio.p1.wire'],
  [{ device_type: 'toaster' }, 'device_type'],
  [{ rated_power_kw: 11 }, 'device_type'],
  [{ config: evse, effective_form: 1 }, 'effective_form'],
  [{ config: evse, effective_from: 'tomorrow' }, 'effective_from'],
  [{ config: evse, effective_from: -1 }, 'effective_from'],
  [{ config: evse, effective_from: 1.5 }, 'effective_from'],
  [{ ...evse, effective_from: 1 }, 'effective_from'],
  [{ config: [] }, 'config'],
  [[], 'body'],
]

for (const [config, field] of REFUSED) {
  test(`the configuration ${JSON.stringify(config)} is refused for ${field}`, async () => {
    const home = await createHome()
    const { status, body } = await home.ask('/v1/config/dev-1', jsonRequest('PUT', config))
    expect([status, body.field]).toEqual([400, field])
    expect(body.detail).toBe(`${body.field}: ${body.value} ${body.rule}`)
    expect(await home.log.tail()).toBe('')
  })
}

test('what is no JSON, has infinite numbers or a __proto__ is refused', async () => {
  const home = await createHome()
  const bodies = [
    '{',
    '{"rated_power_kw":1e999,"device_type":"evse"}',
    '{"__proto__":{},"device_type":"evse"}',
  ]
  for (const body of bodies) {
    const headers = { 'content-type': 'application/json' }
    expect((await home.ask('/v1/config/dev-1', { method: 'PUT', body, headers })).status).toBe(400)
  }
  expect(await home.log.tail()).toBe('')
})

test('IANA zones, gpio meanings and nulls are taken', async () => {
  const home = await createHome()
  const config = {
    device_type: 'thermostat',
    timezone: 'America/Los_Angeles',
    location: null,
    gpio: {
      W1: { signal: 'heating_call', stage: 1 },
      Y2: { signal: 'cooling_call', stage: 2, active_state: 0 },
    },
  }
  const { status, body } = await home.putConfig('hall', config)
  expect(status).toBe(202)
  expect(body.config).not.toHaveProperty('location')
  expect((await home.ask('/v1/devices/hall')).body.config.gpio).toEqual(config.gpio)
})

test('a device stays what it is: another device_type is a 409', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  const { status, body } = await home.putConfig('dev-1', { device_type: 'thermostat' })
  expect([status, body.field]).toEqual([409, 'device_type'])
  expect((await home.putConfig('dev-1', { rated_power_kw: 11 })).status).toBe(202)
})

test('an id that no device may have is refused', async () => {
  const home = await createHome()
  for (const id of ['a%00b', 'x'.repeat(129)]) {
    const { status, body } = await home.ask(`/v1/config/${id}`, jsonRequest('PUT', evse))
    expect([status, body.field]).toEqual([400, 'device_id'])
  }
})

test('a time beside the fields of a bare configuration is told its place', async () => {
  const home = await createHome()
  const { status, body } = await home.putConfig('dev-1', { ...evse, effective_from: T0 })
  expect([status, body.field]).toEqual([400, 'effective_from'])
  expect(body.rule).toBe('stands beside config, as { effective_from, config }')
})

test('another media type is a 415 that names those accepted; a body over 64 KB a 413', async () => {
  const home = await createHome()
  const body = JSON.stringify(evse)
  const form = { method: 'PUT', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  expect(await home.ask('/v1/config/dev-1', form)).toMatchObject({
    status: 415,
    body: { accepted: ['application/json'] },
  })
  const charset = { method: 'PUT', body, headers: { 'content-type': 'Application/JSON; charset=utf-8' } }
  expect((await home.ask('/v1/config/dev-1', charset)).status).toBe(202)
  const big = jsonRequest('PUT', { ...evse, location: 'x'.repeat(70_000) })
  expect((await home.ask('/v1/config/dev-1', big)).status).toBe(413)
})

test('a full log is a 503, and the configuration is not put', async () => {
  const home = await createHome()
  home.setRoom(0)
  expect((await home.putConfig('dev-1', evse)).status).toBe(503)
  expect((await home.ask('/v1/devices/dev-1')).status).toBe(404)
})
