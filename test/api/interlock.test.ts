import { beforeEach, describe, expect, test } from 'vitest'
import { AlarmSchema, DeviceItemSchema, DeviceSchema, listOf } from '../../api/schemas.ts'
import { createHome, expectSchema, type Home, jsonRequest, MINUTE, T0 } from './home.ts'

const PAIR = 'pair:house:kitchen%20side'
const circuit = { location: 'house', interlock_circuit: 'kitchen side' }
let home: Home

beforeEach(async () => {
  home = await createHome()
  const configs = [
    ['bay', { device_type: 'evse', rated_voltage_v: 240, ...circuit }],
    ['hall', { device_type: 'thermostat', ...circuit }],
  ] as const
  for (const [id, config] of configs) expect((await home.putConfig(id, config)).status).toBe(202)
})

async function violate(): Promise<void> {
  await home.say('evse', 'bay', 0, { pilot_state: 'C', current_draw: 16 })
  await home.say('thermostat', 'hall', 10, { heating_call: true })
  await home.say('evse', 'bay', 20, { event_type: 'telemetry', current_draw: 16 })
}

async function alarms(query = '') {
  const { status, body } = await home.ask(`/v1/alarms${query}`)
  expect(status).toBe(200)
  expectSchema(listOf(AlarmSchema), body)
  return body.items as Record<string, unknown>[]
}

test('a circuit is on its chart like any device, and has its path', async () => {
  await violate()
  const { body: fleet } = await home.ask('/v1/charts/ev-interlock/fleet')
  const here = fleet.states.flatMap((one: { state: string; devices: number }) =>
    one.devices > 0 ? [one.state] : [],
  )
  expect(here).toEqual(['violation', 'violation.on'])
  const asked = `/v1/charts/ev-interlock/path?device_id=${encodeURIComponent(PAIR)}`
  const { status, body } = await home.ask(asked)
  expect([status, body.state, body.more]).toEqual([200, 'violation.on', false])
  const counted = fleet.edges.flatMap((one: { edge: string; day: number }) => (one.day > 0 ? [one.edge] : []))
  expect(body.items.map(({ edge }: { edge: string }) => edge).sort()).toEqual(counted.sort())
})

describe('a violated interlock', () => {
  test('is an alarm of its pair and its location, with its figures so far', async () => {
    await violate()
    home.clock.now = T0 + 70 * MINUTE
    const [alarm, ...others] = await alarms('?location=house')
    expect(others).toEqual([])
    expect(alarm).toMatchObject({
      alarm: 'interlock_violation',
      device_id: PAIR,
      location: 'house',
      circuit: 'kitchen side',
      started_at: T0 + 10 * MINUTE,
      after_s: 10,
      ended_at: null,
      duration_s: 3600,
      energy_kwh: 3.84,
      peak_current_a: 16,
      chargers: ['bay'],
      thermostats: ['hall'],
      end_reason: null,
    })
    expect(await alarms(`?device_id=${encodeURIComponent(PAIR)}`)).toEqual([alarm])
    expect(await alarms('?location=elsewhere')).toEqual([])
  })

  test('is the same alarm when it is over', async () => {
    await violate()
    const [before] = await alarms()
    await home.say('evse', 'bay', 40, { pilot_state: 'B', current_draw: 0 })
    const [alarm, ...others] = await alarms()
    expect(others).toEqual([])
    expect(alarm).toMatchObject({
      alarm_id: before?.alarm_id,
      ended_at: T0 + 40 * MINUTE,
      duration_s: 1800,
      energy_kwh: 1.92,
      end_reason: 'ev_stopped',
    })
  })
})

describe('a pair', () => {
  test('is listed among the devices, with the state of its interlock', async () => {
    await violate()
    const { body } = await home.ask('/v1/devices')
    expectSchema(listOf(DeviceItemSchema), body)
    expect(body.items).toMatchObject([
      { device_id: 'bay' },
      { device_id: 'hall' },
      {
        device_id: PAIR,
        device_type: 'pair',
        location: 'house',
        charts: [{ name: 'interlock', chart: 'ev-interlock', state: 'violation.on' }],
        open_session: null,
        open_cycles: [],
      },
    ])
    const one = await home.ask(`/v1/devices/${encodeURIComponent(PAIR)}`)
    expectSchema(DeviceSchema, one.body)
  })

  test('has the words of its members as its events', async () => {
    await violate()
    const { body } = await home.ask(`/v1/devices/${encodeURIComponent(PAIR)}/events?origin=device`)
    const own = (await home.ask('/v1/devices/bay/events?origin=device')).body
    expect(body.items).toMatchObject([
      { body: { member_id: 'bay', current_draw: 16 } },
      { body: { member_id: 'hall', heating_call: true } },
      { body: { member_id: 'bay', current_draw: 16 } },
    ])
    expect([body.items[0].key, body.items[0].identity]).toEqual([own.items[0].key, own.items[0].identity])
  })

  test('cannot be configured, spoken for, or told the time', async () => {
    await violate()
    const path = encodeURIComponent(PAIR)
    const rule = `device_id: "${PAIR}" begins with "pair:", as only the system’s own do`
    const put = await home.putConfig(PAIR, { device_type: 'evse', location: 'house' })
    expect([put.status, put.body.detail]).toEqual([400, rule])
    await home.say('evse', PAIR, 30, { pilot_state: 'A' })
    const { body } = await home.ask('/v1/quarantine')
    expect(body.items).toMatchObject([{ reason: rule }])
    const told = await home.ask(`/v1/time-sync/${path}`, { method: 'POST' })
    expect([told.status, home.sent]).toEqual([404, []])
    const typed = await home.putConfig('other', { device_type: 'pair', location: 'house' })
    expect(typed.body.detail).toBe('device_type: "pair" is none of evse, thermostat, meter, vehicle, station')
  })
})

test('a circuit needs a location, which it is in', async () => {
  const { status, body } = await home.ask(
    '/v1/config/other',
    jsonRequest('PUT', { device_type: 'evse', interlock_circuit: 'main' }),
  )
  expect([status, body.detail]).toEqual([
    400,
    'interlock_circuit: "main" needs a location beside it, which the circuit is in',
  ])
})
