import { describe, expect, test } from 'vitest'
import { MAX_TIMESTAMP_MS } from '../../events/key.ts'
import { decidedBy, given, HOMES, itemOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { arrived, at, bootedEvse, evse, thermostat, until } from './messages.ts'

const DAY = 24 * 60
const NAMES = ['__proto__', 'constructor', 'toString', '../../x', 'a/b', 'ünïcödé 🔌', '\ud800', "'; --"]

describe.each(HOMES)('names from outside (%s)', (home) => {
  test.each(NAMES)('a session id %j is a name like any other', async (session_id) => {
    const world = await given(home, evse(1, 'B', { session_id }), evse(2, 'A', { session_id }))
    const [session] = thingsOf(world, 'session')
    expect(session).toMatchObject({ device_session_id: session_id, ended_at: at(2) })
    expect(await world.store.findAliases('device_session', session_id)).toMatchObject([
      { target: session?.session_id },
    ])
    expect(await world.when(evse(3, 'B', { session_id }))).toMatchObject({ decided: 1 })
    expect(thingsOf(world, 'session')[1]).toMatchObject({ device_session_id: null })
  })

  test.each(NAMES.filter((name) => name.isWellFormed()))('so is a device id %j', async (device_id) => {
    const world = await given(home, evse(1, 'B', { device_id }), evse(2, 'B', { device_id: 'dev-1' }))
    await world.when(evse(3, 'A', { device_id }), until(8 * DAY))
    expect(rowsOf(world, { device_id }).map(({ event_type }) => event_type)).toContain('session_end')
    expect(thingsOf(world, 'session').map(({ end_reason }) => end_reason)).toEqual(['unplugged', 'timeout'])
  })

  test.each(NAMES)('and a location %j', async (location) => {
    const world = await given(home, evse(1, 'B', { location }))
    expect(rowsOf(world).map((row) => row.location)).toEqual([location, location])
  })

  test('fields that nobody knows are kept in the row, and never in the state', async () => {
    const vast = { constructor: 1, toJSON: 'no', text: 'x'.repeat(60_000) }
    const world = await given(home, evse(1, 'B', vast))
    expect(rowsOf(world, { origin: 'device' })[0]?.body.extra).toEqual(vast)
    expect(itemOf(world).state.length).toBeLessThan(3_000)
  })
})

describe('times from outside', () => {
  test.each([
    ['the last that a key can hold', MAX_TIMESTAMP_MS],
    ['a year ahead', at(365 * DAY)],
  ])('%s is clamped, and later events are not late for it', async (_, timestamp) => {
    const world = await given('memory', evse(1, 'B', { timestamp }))
    expect(await world.when(evse(2, 'C'), evse(3, 'A'))).toMatchObject({ late: 0, decided: 1 })
    expect(thingsOf(world, 'session')).toMatchObject([{ started_at: at(1), ended_at: at(3) }])
  })

  test('the first second of the epoch’s own stamps is a time like any other', async () => {
    const world = await given('memory', evse(1, 'B', { timestamp: 1e12 }), evse(2, 'A'))
    expect(thingsOf(world, 'session')).toMatchObject([{ started_at: 1e12, end_reason: 'timeout' }])
    expect(stateOf(world).counters.late).toBe(0)
  })

  test('an uptime of 31 years is an uptime', async () => {
    const world = await given('memory', bootedEvse(1, 1e9 - 1, 'B'))
    expect(rowsOf(world, { origin: 'device' })).toMatchObject([{ ts: at(1), time_quality: 'estimated' }])
  })

  test('events of one millisecond keep their own rows, one for each', async () => {
    const samples = Array.from({ length: 200 }, (_, n) => evse(1, null, { current_draw: n }))
    const world = await given('memory', evse(0, 'B'))
    const report = await world.when(...samples)
    expect(report).toMatchObject({ events: 200, duplicates: 0 })
    expect(rowsOf(world, { ts: at(1) })).toHaveLength(200)
  })

  test('of one millisecond, a device that numbers its messages is heard in their order', async () => {
    const pilots = ['B', 'C', 'B', 'C', 'B', 'C'] as const
    const world = await given('memory', evse(0, 'B'))
    const report = await world.when(...pilots.map((pilot, sequence) => evse(1, pilot, { sequence })))
    expect(report).toMatchObject({ late: 0 })
    expect(thingsOf(world, 'session')[0]).toMatchObject({ ended_at: null })
    expect(stateOf(world).instances.session?.value).toEqual({ session: 'charging' })
  })
})

describe('readings from outside', () => {
  test.each([
    ['a negative register', { energy_delivered_kwh: -5 }],
    ['a vast register', { energy_delivered_kwh: 1e9 }],
    ['a vast current and voltage', { current_draw: 10_000, voltage_v: 100_000 }],
    ['a negative current', { current_draw: -10_000 }],
    ['a negative power', { power_kw: -100_000 }],
  ])('%s is no energy', async (_, fields) => {
    const world = await given('memory', evse(0, 'B', { energy_delivered_kwh: 10 }), evse(1, 'C', fields))
    await world.when(evse(2, 'C', fields), evse(3, 'C', { energy_delivered_kwh: 10 }), evse(4, 'A'))
    const [session] = thingsOf(world, 'session')
    expect(session?.energy_kwh ?? 0).toBe(0)
    expect(session?.energy_integral_kwh ?? 0).toBe(0)
  })

  test('a device that flaps between types is what it was first', async () => {
    const flapping = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0
        ? evse(n, n % 4 === 0 ? 'B' : 'A')
        : thermostat(n, { device_id: 'dev-1', heating_call: true }, { topic: 'sidewalk/x' }),
    )
    const world = await given('memory')
    expect(await world.when(...flapping)).toMatchObject({ events: 10, quarantined: 10 })
    expect(new Set(decidedBy(world))).toEqual(new Set(['session_start', 'session_end']))
  })

  test.each([
    ['nothing', ''],
    ['a number', '5'],
    ['an array', '[]'],
    ['deep nesting', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`],
    ['NaN', '{"timestamp":NaN}'],
    ['70,000 bytes', JSON.stringify({ text: 'x'.repeat(70_000) })],
  ])('%s is quarantined, and the next record is heard', async (_, text) => {
    const world = await given('memory')
    const report = await world.when(arrived('ev/evse/dev-1/telemetry', 1, text), evse(2, 'B'))
    expect(report).toMatchObject({ quarantined: 1, decided: 1 })
  })
})
