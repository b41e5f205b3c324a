import { describe, expect, test } from 'vitest'
import { decidedBy, given, HOMES, itemOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const DAY = 24 * 60

describe.each(HOMES)('time that has passed (%s)', (home) => {
  test('fires the timers that are due by then, at their own due time', async () => {
    const world = await given(home, evse(0, 'B'), evse(10, 'E'))
    expect(itemOf(world).next_due).toBe(at(25))
    expect(await world.when(until(60))).toMatchObject({ events: 0, decided: 1 })
    expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([
      { ts: at(25), received_at: at(25), body: { ended_at: at(25), end_reason: 'fault' } },
    ])
    expect(itemOf(world)).toMatchObject({ next_due: null })
  })

  test('fires none that is not due yet', async () => {
    const world = await given(home, evse(0, 'B'), evse(10, 'E'), until(24))
    expect(decidedBy(world)).toEqual(['session_start'])
    expect(stateOf(world).until).toBe(at(24))
  })

  test('names no timer, and is no row itself', async () => {
    const world = await given(home, evse(0, 'B'), until(8 * DAY))
    expect(rowsOf(world).map(({ event_type }) => event_type)).toEqual([
      'state_change',
      'session_start',
      'session_end',
    ])
    expect(world.store.dump().quarantine).toEqual([])
  })

  test('that an event has already passed is nothing', async () => {
    const world = await given(home, evse(10, 'B'))
    const { states } = world.store.dump()
    await world.when(until(10), until(5))
    expect(world.store.dump().states).toEqual(states)
  })

  test('fires each timer once, however often it is said', async () => {
    const world = await given(home, evse(0, 'B'), evse(10, 'E'))
    expect(await world.when(until(60), until(60), until(61), until(59))).toMatchObject({ decided: 1 })
  })
})

describe('a timer', () => {
  test('has fired at the same time under the same key, whether an event or a sweep noticed it', async () => {
    const opening = [evse(0, 'B', { session_id: 's-1' }), evse(10, 'E')]
    const bySweep = await given('memory', ...opening, until(60))
    const byEvent = await given('memory', ...opening, evse(60, 'E'))
    const end = (world: typeof bySweep) =>
      rowsOf(world, { event_type: 'session_end' }).map(({ applied: _, ttl: __, ...row }) => row)
    expect(end(bySweep)).toEqual(end(byEvent))
  })

  test('that is due when an event happens fires before it', async () => {
    const world = await given('memory', evse(0, 'B'), evse(10, 'E'), evse(25, 'C'))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end', 'session_start'])
    expect(thingsOf(world, 'session').map(({ end_reason }) => end_reason)).toEqual(['fault', null])
  })

  test('of one chart fires while another is heard', async () => {
    const world = await given(
      'memory',
      thermostat(0, { heating_call: true }),
      thermostat(10 * 60, { cooling_call: true }),
    )
    expect(rowsOf(world, { event_type: 'alarm' })).toMatchObject([
      { ts: at(6 * 60), body: { alarm: 'stuck_call', chart: 'heating' } },
    ])
  })

  test('two that are due at once have a key each', async () => {
    const world = await given('memory', thermostat(0, { heating_call: true, cooling_call: true }))
    await world.when(until(7 * 60, THERMOSTAT))
    const alarms = rowsOf(world, { event_type: 'alarm' })
    expect(alarms.map(({ ts }) => ts)).toEqual([at(360), at(360)])
    expect(new Set(alarms.map(({ ord }) => ord)).size).toBe(2)
    expect(thingsOf(world, 'alarm')).toHaveLength(2)
  })

  test('is found by the sweep: the earliest of all charts is next_due', async () => {
    const world = await given('memory', thermostat(30, { heating_call: true }))
    await world.when(thermostat(60, { cooling_call: true }))
    expect(itemOf(world).next_due).toBe(at(30 + 360))
    expect(await world.store.due(at(30 + 360), at(60), 10)).toHaveLength(1)
    expect(await world.store.due(at(30 + 360) - 1, at(60), 10)).toEqual([])
    expect(await world.store.due(at(30 + 360), at(60) - 1, 10)).toEqual([])
  })

  test('years of time in one step end what was open, and no more', async () => {
    const century = 100 * 365 * DAY
    const world = await given('memory', evse(0, 'C'), until(century))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end'])
    expect(itemOf(world).next_due).toBeNull()
    await world.when(evse(century + 1, 'B'))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end', 'session_start'])
  })
})
