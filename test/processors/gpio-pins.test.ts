import { describe, expect, test } from 'vitest'
import type { DeviceConfig } from '../../events/event.ts'
import { decidedBy, given, HOMES, reasonsOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { arrived, at, config, gpio, THERMOSTAT, until } from './messages.ts'

const wired = (pins: DeviceConfig['gpio'], minute = 0) =>
  config(minute, THERMOSTAT, { device_type: 'thermostat', ...(pins ? { gpio: pins } : {}) })

const bodies = (world: Awaited<ReturnType<typeof given>>) =>
  rowsOf(world, { origin: 'device' }).map(({ body }) => body)

describe.each(HOMES)('a pin means what the configuration says (%s)', (home) => {
  test('a call by its pin is a cycle', async () => {
    const world = await given(
      home,
      wired({ W1: { signal: 'heating_call' } }),
      gpio(1, 'W1', 1),
      gpio(61, 'W1', 0),
    )
    expect(thingsOf(world, 'cycle')).toMatchObject([
      { mode: 'heating', started_at: at(1), ended_at: at(61), duration_hours: 1 },
    ])
    expect(bodies(world)[0]).toMatchObject({ heating_call: true, gpio: { pin: 'W1', state: 1 } })
  })

  test('a pin that it does not name is quarantined, and no level of it is kept', async () => {
    const world = await given(home, wired({ W1: { signal: 'heating_call' } }), gpio(1, 'G', 1))
    expect(reasonsOf(world)).toEqual(['pin: "G" has no meaning in the configuration of therm-1'])
    expect(stateOf(world).pins).toEqual({})
    expect(stateOf(world).counters.events).toBe(0)
  })

  test('an input that is active low calls at 0', async () => {
    const world = await given(
      home,
      wired({ W1: { signal: 'heating_call', active_state: 0 } }),
      gpio(1, 'W1', 1),
      gpio(2, 'W1', 0),
      gpio(62, 'W1', 1),
    )
    expect(thingsOf(world, 'cycle')).toMatchObject([{ started_at: at(2), ended_at: at(62) }])
  })

  test('the nested spelling of a pin is read the same way', async () => {
    const nested = (minute: number, state: 0 | 1) =>
      arrived('sidewalk/x', minute, {
        schema_version: '1.0',
        device_id: THERMOSTAT,
        device_type: 'evse',
        timestamp: at(minute),
        data: { gpio: { pin: 'W1', state } },
      })
    const world = await given(home, wired({ W1: { signal: 'heating_call' } }), nested(1, 1), nested(61, 0))
    expect(thingsOf(world, 'cycle')).toMatchObject([{ mode: 'heating', duration_hours: 1 }])
  })
})

describe('two stages of one call', () => {
  const twoStages = wired({
    Y1: { signal: 'cooling_call', stage: 1 },
    Y2: { signal: 'cooling_call', stage: 2 },
  })

  test('the second one dropping out does not end the call that the first still makes', async () => {
    const world = await given(
      'memory',
      twoStages,
      gpio(1, 'Y1', 1),
      gpio(10, 'Y2', 1),
      gpio(20, 'Y2', 0),
      gpio(61, 'Y1', 0),
    )
    expect(decidedBy(world)).toEqual(['cycle_start', 'cycle_end'])
    expect(thingsOf(world, 'cycle')).toMatchObject([{ mode: 'cooling', stage: 2, duration_hours: 1 }])
    expect(bodies(world).map(({ cooling_call, stage }) => [cooling_call, stage])).toEqual([
      [true, 1],
      [true, 2],
      [true, 1],
      [false, undefined],
    ])
  })

  test('nor the first, while the second makes it', async () => {
    const world = await given('memory', twoStages, gpio(1, 'Y1', 1), gpio(2, 'Y2', 1), gpio(3, 'Y1', 0))
    expect(decidedBy(world)).toEqual(['cycle_start'])
  })

  test('heating and cooling pins are two calls', async () => {
    const pins = { W1: { signal: 'heating_call' }, Y1: { signal: 'cooling_call' } } as const
    const world = await given('memory', wired(pins), gpio(1, 'W1', 1), gpio(2, 'Y1', 1), gpio(30, 'W1', 0))
    expect(thingsOf(world, 'cycle')).toMatchObject([
      { mode: 'heating', ended_at: at(30) },
      { mode: 'cooling', ended_at: null },
    ])
  })
})

describe('the meaning in force', () => {
  const heat = { P1: { signal: 'heating_call' } } as const
  const cool = { P1: { signal: 'cooling_call' } } as const

  test('is that of the event’s time, not of the time at which it was received', async () => {
    const world = await given('memory', wired(heat), wired(cool, 60))
    await world.when(gpio(30, 'P1', 1, {}, { received: 90 }))
    expect(thingsOf(world, 'cycle')).toMatchObject([{ mode: 'heating', started_at: at(30) }])
  })

  test('of before the first meaning is the first: the backlog of a device that was configured late', async () => {
    const world = await given('memory', wired(heat, 60))
    await world.when(gpio(30, 'P1', 1, {}, { received: 90 }))
    expect(thingsOf(world, 'cycle')).toMatchObject([{ mode: 'heating', started_at: at(30) }])
  })

  test('waits for its time', async () => {
    const later = config(1, THERMOSTAT, { device_type: 'thermostat', gpio: cool }, { from: 60 })
    const world = await given('memory', wired(heat), later, gpio(30, 'P1', 1), until(55, THERMOSTAT))
    expect(thingsOf(world, 'cycle')).toMatchObject([{ mode: 'heating' }])
  })

  test('a pin that is no longer named is forgotten', async () => {
    const world = await given('memory', wired(heat), gpio(1, 'P1', 1))
    await world.when(wired({ P2: { signal: 'heating_call' } }, 2), gpio(3, 'P2', 1), gpio(4, 'P2', 0))
    expect(stateOf(world).pins).toEqual({ P2: 0 })
    expect(decidedBy(world)).toEqual(['cycle_start', 'cycle_end'])
  })

  test.each(['__proto__', 'constructor', 'toString', '', '\ud800'])(
    'a pin called %j harms nobody',
    async (pin) => {
      const world = await given('memory', wired(heat))
      expect(await world.when(gpio(1, pin, 1), gpio(2, 'P1', 1))).toMatchObject({ quarantined: 1, events: 1 })
      expect(decidedBy(world)).toEqual(['cycle_start'])
    },
  )

  test('a pin called constructor may be named too', async () => {
    const world = await given('memory', wired({ constructor: { signal: 'heating_call' } } as never))
    await world.when(gpio(1, 'constructor', 1), gpio(20, 'constructor', 0))
    expect(decidedBy(world)).toEqual(['cycle_start', 'cycle_end'])
  })
})
