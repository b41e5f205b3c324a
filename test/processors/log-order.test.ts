import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import { lawful } from '../simulation/law.ts'
import { decidedBy, given, HOMES, itemOf, rowsOf, stateOf, type storeAt, thingsOf } from './given.ts'
import { arrived, at, bootedEvse, config, evse, gpio, THERMOSTAT, thermostat, until } from './messages.ts'

const DAY = 24 * 60

/** The call was over before the pin was heard of; its end comes after it. */
const lateEnd = thermostat(3, { heating_call: false, cooling_call: false }, { received: 7 })

const wiring = config(4, THERMOSTAT, { gpio: { Y1: { signal: 'cooling_call' } } })

/** A day with a bit of everything in it: sessions, cycles, faults, lies about time, nonsense. */
const eventfulDay: NewRecord[] = [
  config(0, 'dev-1', { device_type: 'evse', location: 'garage', rated_voltage_v: 240 }),
  evse(1, 'A', { energy_delivered_kwh: 100 }),
  evse(2, 'B', { energy_delivered_kwh: 100 }),
  thermostat(2, { heating_call: true, cooling_call: false }),
  evse(3, 'C', { current_draw: 16, session_id: 's-1' }),
  evse(3, 'C', { current_draw: 16, session_id: 's-1' }, { received: 4 }),
  arrived('ev/evse/dev-1/telemetry', 4, 'nonsense'),
  wiring,
  gpio(5, 'Y1', 1),
  gpio(6, 'W1', 1),
  lateEnd,
  evse(30, null, { current_draw: 16, energy_delivered_kwh: 101 }),
  evse(30.5, 'C', { timestamp: at(9_000) }),
  config(31, 'dev-1', { device_type: 'evse', location: 'yard' }, { from: 40 }),
  evse(41, 'E', { energy_delivered_kwh: 102 }),
  until(70),
  evse(80, 'A'),
  bootedEvse(90, 60, 'B'),
  bootedEvse(91, 120, 'C'),
  bootedEvse(91, 120, 'C', {}, { received: 93 }),
  bootedEvse(95, 5, 'A'),
  gpio(100, 'Y1', 0),
  thermostat(110, { cooling_call: true }),
  thermostat(111, { cooling_call: false }),
  evse(120, 'B', { location: 'street' }),
  until(8 * DAY),
  evse(9 * DAY, 'C', { energy_delivered_kwh: 110 }),
  evse(9 * DAY + 10, 'A'),
]

/** The same without what reaches back: the call’s late end, and a wiring that speaks of what was before it. */
const promptDay = [
  config(0, THERMOSTAT, { device_type: 'thermostat', gpio: { Y1: { signal: 'cooling_call' } } }),
  ...eventfulDay.filter((record) => record !== lateEnd && record !== wiring),
]

/** Everything but the number of writes, which is what batches are about. */
function comparable(dump: ReturnType<Awaited<ReturnType<typeof storeAt>>['dump']>) {
  return { ...dump, states: dump.states.map(({ version: _, ...state }) => state) }
}

describe.each(HOMES)('strictly in log order (%s)', (home) => {
  test('each device’s records are applied one after the other, whatever stands between them', async () => {
    const world = await given(home)
    await world.when(
      evse(1, 'B'),
      evse(1, 'C', { device_id: 'dev-2' }),
      evse(2, 'C'),
      evse(3, 'A', { device_id: 'dev-2' }),
      evse(3, 'A'),
    )
    const ends = rowsOf(world, { event_type: 'session_end' })
    expect(ends.map(({ device_id, ts }) => [device_id, ts])).toEqual([
      ['dev-1', at(3)],
      ['dev-2', at(3)],
    ])
    expect(
      thingsOf(world, 'session')
        .map(({ device_id, charging_s }) => [device_id, charging_s])
        .sort(),
    ).toEqual([
      ['dev-1', 60],
      ['dev-2', 120],
    ])
  })

  test('an earlier event that stands later on the log is late, and folded in where it belongs', async () => {
    const world = await given(home)
    expect(await world.when(evse(2, 'B'), evse(1, 'C'), evse(3, 'A'))).toMatchObject({ late: 1 })
    expect(thingsOf(world, 'session')).toMatchObject([{ started_at: at(1), ended_at: at(3), charging_s: 60 }])
  })

  test.each([
    ['in what the law covers', eventfulDay, lawful],
    ['not even in the bookkeeping, where nothing came late', promptDay, comparable],
  ])('where batches begin and end never shows: %s', async (_, day, told) => {
    const whole = await given(home)
    await whole.when(...day)
    const single = await given(home, ...day)
    expect(told(single.store.dump())).toEqual(told(whole.store.dump()))
    for (let cut = 1; cut < day.length; cut++) {
      const world = await given('memory')
      await world.when(...day.slice(0, cut))
      await world.when(...day.slice(cut))
      expect(told(world.store.dump()), `cut at ${cut}`).toEqual(told(whole.store.dump()))
    }
  })

  test('the day is worth something', async () => {
    const world = await given(home, ...eventfulDay)
    expect(new Set(decidedBy(world))).toEqual(
      new Set([
        'session_start',
        'session_end',
        'session_end retracted',
        'session_continued',
        'cycle_start',
        'cycle_end',
        'alarm',
      ]),
    )
    expect(world.counted).toMatchObject({ late: 1, duplicates: 2, quarantined: 2 })
    expect(new Set(rowsOf(world).map(({ time_quality }) => time_quality))).toEqual(
      new Set(['device', 'clamped', 'estimated']),
    )
  })

  test('a copy is not being heard from, in whatever batch it comes', async () => {
    const records = [evse(1, 'B'), evse(1, 'B', {}, { received: 90 }), evse(2, 'C')]
    const whole = await given(home)
    await whole.when(...records)
    const single = await given(home, ...records)
    expect(itemOf(whole).last_received_at).toBe(at(2))
    expect(comparable(single.store.dump())).toEqual(comparable(whole.store.dump()))
  })

  test('the consumer’s place is behind the last record, be it nonsense', async () => {
    const world = await given(home)
    await world.when(evse(1, 'B'), arrived('ev/evse/dev-1/telemetry', 4, 'nonsense'))
    expect(await world.store.position('test')).toBe(world.log[1]?.position)
  })

  test('an empty batch moves nothing', async () => {
    const world = await given(home, evse(1, 'B'))
    const before = world.store.dump()
    expect(await world.when()).toMatchObject({ records: 0, events: 0 })
    expect(world.store.dump()).toEqual(before)
  })
})

describe('`applied` grows by one', () => {
  test('with each record that changes the device: an event, a late one, a configuration, time', async () => {
    const world = await given('memory')
    const records = [
      evse(2, 'B'),
      evse(1, 'B'),
      config(3, 'dev-1', { location: 'garage' }),
      until(4),
      evse(5, 'A'),
    ]
    const seen: number[] = []
    for (const record of records) {
      await world.when(record)
      seen.push(itemOf(world).applied)
    }
    expect(seen).toEqual([1, 2, 3, 4, 5])
    expect(stateOf(world).applied).toBe(5)
  })

  test('and with no other: a copy, a refused record, an older `until`, another device’s', async () => {
    const world = await given('memory', evse(2, 'B'), until(5))
    const { states } = world.store.dump()
    await world.when(
      evse(2, 'B'),
      evse(3, 'B', { pwm_duty_cycle: 140 }),
      evse(3, null, { device_id: 'dev-1', device_type: 'thermostat', heating_call: true }),
      until(4),
      evse(3, 'B', { device_id: 'dev-2' }),
    )
    expect(itemOf(world, 'dev-1')).toEqual(states[0])
  })

  test('and every row carries the number of the record that it came of', async () => {
    const world = await given('memory', evse(1, 'B'), evse(2, 'C'), evse(3, 'A'))
    const byTime = rowsOf(world).map(({ ts, applied }) => [ts, applied])
    expect(byTime).toEqual([
      [at(1), 1],
      [at(1), 1],
      [at(2), 2],
      [at(3), 3],
      [at(3), 3],
    ])
  })
})
