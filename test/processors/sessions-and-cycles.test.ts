import { v5 } from 'uuid'
import { describe, expect, test } from 'vitest'
import { decidedBy, type Given, given, HOMES, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, CHARGER, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const DAY = 24 * 60
const UUID_V5 = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const plugIn = [
  evse(0, 'A', { energy_delivered_kwh: 100 }),
  evse(1, 'B', { energy_delivered_kwh: 100, session_id: 's-1' }),
  evse(2, 'C', { current_draw: 16, voltage_v: 240 }),
  evse(62, 'B', { energy_delivered_kwh: 103.84 }),
  evse(90, 'A'),
]

const aliasesOf = ({ store }: Given) =>
  store.dump().aliases.map(({ kind, alias, target }) => ({ kind, alias, target }))

describe.each(HOMES)('a session (%s)', (home) => {
  test('ends up as one summary, with all that is asked of one', async () => {
    const world = await given(home, ...plugIn)
    expect(thingsOf(world, 'session')).toMatchObject([
      {
        session_id: expect.stringMatching(UUID_V5),
        device_session_id: 's-1',
        device_id: CHARGER,
        location: null,
        started_at: at(1),
        ended_at: at(90),
        duration_s: 89 * 60,
        charging_s: 3600,
        legs: [{ started_at: at(2), ended_at: at(62), energy_kwh: 3.84 }],
        energy_kwh: 3.84,
        energy_confidence: expect.any(String),
        energy_integral_kwh: null,
        peak_current_a: 16,
        end_reason: 'unplugged',
        revision: 1,
      },
    ])
  })

  test('and as a row where it begins and one where it ends, behind what caused them', async () => {
    const world = await given(home, ...plugIn)
    const [start, end] = rowsOf(world, { origin: 'chart' })
    expect(start).toMatchObject({ ts: at(1), event_type: 'session_start', revision: 1 })
    expect(end).toMatchObject({ ts: at(90), event_type: 'session_end', body: { energy_kwh: 3.84 } })
    expect(end?.body.session_id).toBe(start?.body.session_id)
    const cause = rowsOf(world, { ts: at(90), origin: 'device' })[0]
    expect(end?.ord.slice(0, -3)).toBe(cause?.ord.slice(0, -3))
    expect(end && cause && end.ord > cause.ord).toBe(true)
    expect(end?.received_at).toBe(at(90))
  })

  test('is open until then: no end, no reason', async () => {
    const world = await given(home, ...plugIn.slice(0, 3))
    expect(thingsOf(world, 'session')).toMatchObject([{ ended_at: null, end_reason: null }])
  })

  test('has an id that follows from the event that opened it, whoever processes it, whatever came before', async () => {
    const id = (world: Given) => thingsOf(world, 'session').at(-1)?.session_id as string
    const one = await given(home, ...plugIn)
    const other = await given(home, evse(-100, 'B'), evse(-50, 'A'))
    await other.when(...plugIn)
    expect(id(other)).toBe(id(one))
    const twin = await given(
      home,
      evse(1, 'B', { device_id: 'dev-2', energy_delivered_kwh: 100, session_id: 's-1' }),
    )
    expect(id(twin)).not.toBe(id(one))
    expect(id(one)).not.toBe(v5('', v5.URL))
  })

  test('is found by the device’s own id', async () => {
    const world = await given(home, ...plugIn)
    const { session_id } = thingsOf(world, 'session')[0] ?? {}
    expect(await world.store.findAliases('device_session', 's-1')).toMatchObject([
      { target: session_id, device_id: CHARGER },
    ])
  })

  test('by one that is learnt after the opening too, and its summary says so while it is open', async () => {
    const world = await given(home, evse(1, 'B', { session_id: '' }), evse(2, 'C', { session_id: 's-9' }))
    const [session] = thingsOf(world, 'session')
    expect(session).toMatchObject({ device_session_id: 's-9', ended_at: null })
    expect(aliasesOf(world)).toEqual([{ kind: 'device_session', alias: 's-9', target: session?.session_id }])
  })

  test('by one that comes only with its end', async () => {
    const world = await given(home, evse(1, 'B'), evse(2, 'A', { session_id: 's-9' }))
    expect(thingsOf(world, 'session')).toMatchObject([{ device_session_id: 's-9', ended_at: at(2) }])
    expect(aliasesOf(world)).toHaveLength(1)
  })

  test('has no alias for an empty id, nor for that of a finished session', async () => {
    const world = await given(
      home,
      ...plugIn,
      evse(100, 'B', { session_id: 's-1' }),
      evse(110, 'C', { session_id: '' }),
    )
    expect(thingsOf(world, 'session').map(({ device_session_id }) => device_session_id)).toEqual([
      's-1',
      null,
    ])
    expect(aliasesOf(world)).toHaveLength(1)
  })
})

describe.each(HOMES)('a session that silence closed (%s)', (home) => {
  const silenced = [evse(0, 'C', { session_id: 's-1', energy_delivered_kwh: 5 }), until(8 * DAY)]

  test('ended, as far as anyone knows, when it was last heard', async () => {
    const world = await given(home, ...silenced)
    expect(thingsOf(world, 'session')).toMatchObject([
      { end_reason: 'timeout', ended_at: at(0), revision: 1 },
    ])
    expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([{ ts: at(7 * DAY) }])
  })

  test('and is heard of again goes on: the timeout’s row is retracted, and nothing is deleted', async () => {
    const world = await given(home, ...silenced)
    const [before] = rowsOf(world, { event_type: 'session_end' })
    await world.when(
      evse(9 * DAY, 'C', { session_id: 's-1', energy_delivered_kwh: 6 }),
      evse(9 * DAY + 60, 'A'),
    )
    expect(decidedBy(world)).toEqual([
      'session_start',
      'session_end retracted',
      'session_continued',
      'session_end',
    ])
    const [retracted] = rowsOf(world, { retracted: true })
    expect(retracted).toMatchObject({ ...before, retracted: true, revision: 2, applied: 3 })
    expect(thingsOf(world, 'session')).toMatchObject([
      { started_at: at(0), ended_at: at(9 * DAY + 60), energy_kwh: 1, end_reason: 'unplugged', revision: 2 },
    ])
  })

  test('twice over', async () => {
    const again = evse(9 * DAY, 'C', { session_id: 's-1' })
    const world = await given(
      home,
      ...silenced,
      again,
      until(18 * DAY),
      evse(19 * DAY, 'C', { session_id: 's-1' }),
    )
    expect(decidedBy(world).filter((type) => type === 'session_end retracted')).toHaveLength(2)
    expect(thingsOf(world, 'session')).toMatchObject([{ ended_at: null, revision: 3 }])
  })

  test('stays closed where the next plug-in is another session', async () => {
    const world = await given(home, ...silenced, evse(9 * DAY, 'B', { session_id: 's-2' }))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end', 'session_start'])
    expect(stateOf(world).undoable).toBeNull()
  })

  test('in one batch as in many', async () => {
    const world = await given(home)
    await world.when(...silenced, evse(9 * DAY, 'C', { session_id: 's-1' }))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end retracted', 'session_continued'])
  })
})

describe.each(HOMES)('a cycle (%s)', (home) => {
  const rated = config(0, THERMOSTAT, {
    device_type: 'thermostat',
    rated_power_cooling_kw: 3,
    location: 'hall',
  })

  test('ends up as one summary, with all that is asked of one', async () => {
    const world = await given(home, rated, thermostat(10, { cooling_call: true, cycle_id: 'c-1' }))
    await world.when(thermostat(40, { cooling_call: false }))
    expect(thingsOf(world, 'cycle')).toMatchObject([
      {
        cycle_id: expect.stringMatching(UUID_V5),
        device_cycle_id: 'c-1',
        device_id: THERMOSTAT,
        location: 'hall',
        mode: 'cooling',
        started_at: at(10),
        ended_at: at(40),
        duration_hours: 0.5,
        energy_consumed_kwh: 1.5,
        end_reason: 'call_ended',
      },
    ])
    expect(rowsOf(world, { origin: 'chart' }).map(({ event_type, ts }) => [event_type, ts])).toEqual([
      ['cycle_start', at(10)],
      ['cycle_end', at(40)],
    ])
  })

  test('of heating and one of cooling that one message begins are two things', async () => {
    const world = await given(home, thermostat(0, { heating_call: true, cooling_call: true }))
    const cycles = thingsOf(world, 'cycle')
    expect(cycles.map(({ mode }) => mode).sort()).toEqual(['cooling', 'heating'])
    expect(new Set(cycles.map(({ cycle_id }) => cycle_id)).size).toBe(2)
    expect(new Set(rowsOf(world).map(({ ord }) => ord)).size).toBe(3)
  })

  test('that is too short raises an alarm, with an id of its own', async () => {
    const world = await given(
      home,
      thermostat(0, { heating_call: true }),
      thermostat(1, { heating_call: false }),
    )
    expect(thingsOf(world, 'alarm')).toMatchObject([
      { alarm: 'short_cycle', mode: 'heating', after_s: 60, alarm_id: expect.stringMatching(UUID_V5) },
    ])
  })
})

describe.each(HOMES)('a silence limit that becomes shorter while a session is open (%s)', (home) => {
  const often = { device_type: 'evse', report_interval_s: 60 } as const
  const ends = (world: Given) =>
    rowsOf(world, { event_type: 'session_end' }).filter(({ retracted }) => !retracted)

  test('counts when the longer one has passed, and the end is when the charger was last heard', async () => {
    const world = await given(home, evse(0, 'C'), config(5, CHARGER, often), evse(6, 'C'), until(9 * DAY))
    expect(ends(world)).toMatchObject([{ ts: at(7 * DAY), body: { end_reason: 'timeout', ended_at: at(6) } }])
  })

  test('counts at once for a session that begins after it', async () => {
    const world = await given(home, config(-5, CHARGER, often), evse(0, 'C'), evse(6, 'C'), until(9 * DAY))
    expect(ends(world)).toMatchObject([{ ts: at(16), body: { end_reason: 'timeout', ended_at: at(6) } }])
  })

  test('counts at once where it is in force from before the session began, whenever it is written', async () => {
    const backdated = config(5, CHARGER, often, { from: -5 })
    const world = await given(home, evse(0, 'C'), backdated, evse(6, 'C'), until(9 * DAY))
    expect(ends(world)).toMatchObject([{ ts: at(16), body: { end_reason: 'timeout', ended_at: at(6) } }])
  })
})

describe('where a device and its chart disagree', () => {
  test('it is counted: a start in the middle, an end that is none', async () => {
    const world = await given('memory', evse(0, 'B'))
    const report = await world.when(
      evse(1, 'C', { event_type: 'session_start' }),
      evse(2, 'C', { event_type: 'session_end' }),
      thermostat(2, { heating_call: false, event_type: 'cycle_end' }),
    )
    expect(report).toMatchObject({ disagreed: 3 })
    expect(stateOf(world, CHARGER).counters.disagreed).toBe(2)
    expect(world.counted.disagreed).toBe(3)
  })

  test('where they agree it is not, nor for a late event', async () => {
    const world = await given('memory', evse(0, 'B', { event_type: 'session_start' }))
    await world.when(
      evse(1, 'A', { event_type: 'session_end' }),
      thermostat(1, { heating_call: true, event_type: 'cycle_start' }),
      thermostat(9, { heating_call: false, event_type: 'cycle_end' }),
      evse(0.5, 'B', { event_type: 'session_start' }),
    )
    expect(world.counted.disagreed).toBeUndefined()
  })

  test('a timer’s end at the same moment does not agree with the device’s', async () => {
    const world = await given('memory', evse(0, 'B'), evse(10, 'E'))
    expect(await world.when(evse(25, 'E', { event_type: 'session_end' }))).toMatchObject({ disagreed: 1 })
  })
})
