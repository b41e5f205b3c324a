import { describe, expect, test } from 'vitest'
import { lawful } from '../simulation/law.ts'
import { decidedBy, given, HOMES, itemOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, config, evse, gpio, THERMOSTAT, thermostat, until } from './messages.ts'

describe.each(HOMES)('a late event (%s)', (home) => {
  test('is kept as a row, without a mark, and counted', async () => {
    const world = await given(home, evse(1, 'B'), evse(5, 'C'))
    const report = await world.when(evse(3, 'A', {}, { received: 6 }))
    expect(report).toMatchObject({ events: 1, late: 1, duplicates: 0 })
    expect(world.counted.late).toBe(1)
    expect(stateOf(world).counters).toMatchObject({ events: 3, late: 1 })
    const [row] = rowsOf(world, { ts: at(3), origin: 'device' })
    expect(row).toMatchObject({ received_at: at(6), entered: 3, body: { pilot_state: 'A' } })
    expect(row).not.toHaveProperty('late')
  })

  test('changes what was decided after it, and leaves the horizon and the last word alone', async () => {
    const world = await given(home, evse(1, 'B'), evse(5, 'C'))
    const before = stateOf(world)
    await world.when(evse(3, 'A'))
    const prompt = await given('memory', evse(1, 'B'), evse(3, 'A'), evse(5, 'C'))
    const after = stateOf(world)
    expect(after.horizon).toEqual(before.horizon)
    expect(after.last).toEqual(before.last)
    expect(decidedBy(world)).toEqual(['session_start', 'session_end', 'session_start'])
    expect(after.instances).toEqual(stateOf(prompt).instances)
    expect(itemOf(world).next_due).toBe(itemOf(prompt).next_due)
  })

  test('an event that is on time has no mark either', async () => {
    const world = await given(home, evse(1, 'B'), evse(5, 'C'))
    expect(rowsOf(world).filter((row) => 'late' in row)).toEqual([])
  })
})

describe('late is what comes before the last thing that was folded', () => {
  test('an event before a timer that has fired', async () => {
    const world = await given('memory', evse(0, 'B'), evse(10, 'E'), until(60))
    expect(decidedBy(world)).toEqual(['session_start', 'session_end'])
    expect(await world.when(evse(20, 'C'))).toMatchObject({ late: 1 })
    expect(decidedBy(world)).toEqual(['session_start', 'session_end retracted'])
    const other = await given('memory', evse(0, 'B'), evse(10, 'E'), until(60))
    expect(await other.when(evse(25, 'C'))).toMatchObject({ late: 0, decided: 1 })
    expect(decidedBy(other)).toEqual(['session_start', 'session_end', 'session_start'])
  })

  test('not an event before a time in which nothing happened', async () => {
    const world = await given('memory', evse(0, 'B'), until(60))
    expect(await world.when(evse(20, 'C'))).toMatchObject({ late: 0 })
  })

  test('of one millisecond an end comes before a change, and a change before a start', async () => {
    const world = await given('memory', evse(1, 'B'), evse(5, 'A'))
    expect(await world.when(evse(5, 'B'))).toMatchObject({ late: 0, decided: 1 })
    expect(await world.when(evse(5, 'A', { current_draw: 0 }))).toMatchObject({ late: 1, decided: 0 })
  })

  test('an event in time that has already passed moves on to it: its timers fire as they would have', async () => {
    const prompt = await given('memory', evse(0, 'B'), evse(10, 'E'), until(60))
    const delayed = await given('memory', evse(0, 'B'), until(60), evse(10, 'E'))
    expect(decidedBy(delayed)).toEqual(['session_start', 'session_end'])
    expect(lawful(delayed.store.dump()).events).toEqual(lawful(prompt.store.dump()).events)
    expect(stateOf(delayed).horizon).toEqual(stateOf(prompt).horizon)
  })

  test('where the device’s latest word on its place came late, its rows stay where they are', async () => {
    const world = await given('memory', evse(5, 'B', { location: 'garage' }))
    await world.when(evse(1, null, { location: 'yard' }), evse(6, 'A'))
    expect(rowsOf(world, { ts: at(6) }).map(({ location }) => location)).toEqual(['garage', 'garage'])
    expect(rowsOf(world, { ts: at(1) }).map(({ location }) => location)).toEqual(['yard'])
  })

  test('a late pin has its level from its own time on: the call that it makes goes on', async () => {
    const gpio_pins = { Y1: { signal: 'cooling_call' }, Y2: { signal: 'cooling_call', stage: 2 } } as const
    const world = await given(
      'memory',
      config(0, THERMOSTAT, { device_type: 'thermostat', gpio: gpio_pins }),
      gpio(2, 'Y1', 1),
    )
    await world.when(gpio(1, 'Y2', 1), gpio(10, 'Y1', 0))
    expect(decidedBy(world)).toEqual(['cycle_start', 'cycle_start retracted'])
    expect(stateOf(world).pins).toEqual({ Y1: 0, Y2: 1 })
    await world.when(gpio(11, 'Y2', 0))
    const live = world.store.dump().summaries.filter(({ retracted }) => !retracted)
    expect(live.map(({ body }) => [body.started_at, body.ended_at])).toEqual([[at(1), at(11)]])
  })

  test('a late one of one chart’s device does not disturb another’s', async () => {
    const world = await given('memory', thermostat(5, { heating_call: true }))
    await world.when(evse(1, 'B'), evse(2, 'A'))
    expect(thingsOf(world, 'session')).toHaveLength(1)
  })
})
