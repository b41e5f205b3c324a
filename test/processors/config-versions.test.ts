import { describe, expect, test } from 'vitest'
import type { DeviceConfig } from '../../events/event.ts'
import { type Given, given, HOMES, itemOf, reasonsOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, CHARGER, config, evse, gpio, THERMOSTAT, thermostat, until } from './messages.ts'

const heating = (kw?: number): DeviceConfig => ({
  device_type: 'thermostat',
  ...(kw === undefined ? {} : { rated_power_heating_kw: kw }),
})

/** A heating cycle of an hour from `minute`. */
const cycle = (minute: number) => [
  thermostat(minute, { heating_call: true }),
  thermostat(minute + 60, { heating_call: false }),
]

const energies = (world: Given) =>
  thingsOf(world, 'cycle').map(({ energy_consumed_kwh }) => energy_consumed_kwh)

describe.each(HOMES)('a configuration (%s)', (home) => {
  test('is on the log: a row of its own kind, a version in device_config', async () => {
    const world = await given(home, config(1, THERMOSTAT, heating(5)))
    expect(rowsOf(world)).toMatchObject([
      {
        ts: at(1),
        origin: 'config',
        event_type: 'config',
        device_type: 'thermostat',
        time_quality: 'device',
        body: { effective_from: at(1), written_at: at(1), config: heating(5) },
      },
    ])
    expect(world.store.dump().config).toMatchObject([
      { device_id: THERMOSTAT, effective_from: at(1), config: heating(5) },
    ])
  })

  test('that is in force at an event’s time is the one that counts', async () => {
    const world = await given(home, config(0, THERMOSTAT, heating(5)), ...cycle(10))
    await world.when(config(100, THERMOSTAT, heating(7)), ...cycle(110))
    expect(energies(world)).toEqual([5, 7])
  })

  test('of the future waits for its time', async () => {
    const world = await given(home, config(0, THERMOSTAT, heating(5)))
    await world.when(config(1, THERMOSTAT, heating(7), { from: 100 }), ...cycle(10), ...cycle(110))
    expect(energies(world)).toEqual([5, 7])
  })

  test('that is backdated repairs the cycles that it touches, and holds for what comes', async () => {
    const world = await given(home, config(0, THERMOSTAT, heating(5)), ...cycle(10))
    const report = await world.when(config(80, THERMOSTAT, heating(7), { from: 5 }), ...cycle(110))
    expect(report).toMatchObject({ late: 1 })
    expect(rowsOf(world, { origin: 'config' }).map(({ ts }) => ts)).toEqual([at(0), at(5)])
    expect(rowsOf(world).filter((row) => 'late' in row)).toEqual([])
    expect(energies(world)).toEqual([7, 7])
  })

  test('that comes a second time is dropped', async () => {
    const world = await given(home, config(0, THERMOSTAT, heating(5)), ...cycle(10))
    expect(await world.when(config(0, THERMOSTAT, heating(5)))).toMatchObject({ duplicates: 1, late: 0 })
  })

  test('replaces the one before it whole', async () => {
    const world = await given(
      home,
      config(0, CHARGER, { device_type: 'evse', location: 'garage' }),
      evse(1, 'B'),
    )
    await world.when(config(2, CHARGER, { rated_power_kw: 11 }), evse(3, 'A'))
    expect(rowsOf(world, { ts: at(3) }).map(({ location }) => location)).toEqual([null, null])
  })

  test('of two for the same moment the one written later counts, whichever came first', async () => {
    const early = config(2, THERMOSTAT, heating(5), { from: 0, written: 1 })
    const late = config(2, THERMOSTAT, heating(7), { from: 0, written: 2 })
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      const world = await given(home)
      await world.when(...order, ...cycle(10))
      expect(energies(world)).toEqual([7])
      expect(world.store.dump().config).toHaveLength(2)
    }
  })

  test('two that are written at once for the same moment are both kept, wherever batches end', async () => {
    const two = [config(1, THERMOSTAT, heating(5)), config(1, THERMOSTAT, heating(7))]
    const whole = await given(home)
    await whole.when(...two)
    const single = await given(home, ...two)
    expect(whole.store.dump().config).toHaveLength(2)
    expect(single.store.dump().config).toEqual(whole.store.dump().config)
  })
})

describe('the first rating a device ever gets', () => {
  test('applies to its earlier cycles that are still to come on the log', async () => {
    const world = await given('memory', config(0, THERMOSTAT, heating()))
    await world.when(config(300, THERMOSTAT, heating(5)), ...cycle(10), ...cycle(110))
    expect(energies(world)).toEqual([5, 5])
  })

  test('is not taken from a later one once there was one', async () => {
    const world = await given(
      'memory',
      config(0, THERMOSTAT, heating(5)),
      config(1, THERMOSTAT, heating(7), { from: 300 }),
    )
    await world.when(...cycle(10))
    expect(energies(world)).toEqual([5])
  })

  test('and to one that silence ends', async () => {
    const calls = [thermostat(0, { heating_call: true }), thermostat(60, { heating_call: true, stage: 2 })]
    const world = await given('memory', ...calls, config(70, THERMOSTAT, heating(5)))
    await world.when(until(8 * 24 * 60, THERMOSTAT))
    expect(thingsOf(world, 'cycle')).toMatchObject([{ end_reason: 'timeout', energy_consumed_kwh: 5 }])
  })

  test('without one the energy is null, and named missing', async () => {
    const world = await given('memory', ...cycle(10))
    expect(thingsOf(world, 'cycle')).toMatchObject([
      { energy_consumed_kwh: null, energy_missing: 'rated_power_heating_kw' },
    ])
  })
})

describe('many versions', () => {
  const monthly = (n: number) => config(1, THERMOSTAT, heating(n + 1), { from: 1_000 * n })

  test('a year planned ahead does not push out the one in force', async () => {
    const world = await given('memory', thermostat(0, { heating_call: false }))
    await world.when(...Array.from({ length: 12 }, (_, n) => monthly(n)), ...cycle(10), ...cycle(11_010))
    expect(energies(world)).toEqual([1, 12])
  })

  test('of those that are over, a few are kept in the state, and all of them in device_config', async () => {
    const world = await given('memory')
    for (let n = 0; n < 40; n++)
      await world.when(monthly(n), thermostat(1_000 * n + 5, { heating_call: false }))
    expect(stateOf(world).config.length).toBeLessThan(10)
    expect(world.store.dump().config).toHaveLength(40)
  })

  test('what is more than a state can hold is quarantined, and what is in force stays', async () => {
    const gpio = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, n) => [`pin-${n}`, { signal: 'heating_call', stage: 1 } as const]),
    )
    const wired = (n: number) => config(1, THERMOSTAT, { ...heating(n + 1), gpio }, { from: 1_000 * n })
    const world = await given('memory', thermostat(0, { heating_call: false }))
    await world.when(...Array.from({ length: 20 }, (_, n) => wired(n)))
    expect(reasonsOf(world)[0]).toMatch(/^config: .* more than the state of a device can hold$/)
    expect(itemOf(world).state.length).toBeLessThan(300_000)
    await world.when(...cycle(10))
    expect(energies(world)).toEqual([1])
  })

  test('a thousand pins that are all heard of cost one level each', async () => {
    const gpio_pins = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, n) => [`pin-${n}`, { signal: 'heating_call' } as const]),
    )
    const world = await given('memory', config(0, THERMOSTAT, { ...heating(), gpio: gpio_pins }))
    await world.when(...Array.from({ length: 1_000 }, (_, n) => gpio(1 + n, `pin-${n}`, 0)))
    expect(itemOf(world).state.length).toBeLessThan(100_000)
  })
})

describe('effective_from', () => {
  test('0 is a time like any other', async () => {
    const beginning = { ...config(0, THERMOSTAT, heating(5)) }
    const message = JSON.parse(new TextDecoder().decode(beginning.payload))
    const payload = new TextEncoder().encode(JSON.stringify({ ...message, effective_from: 0 }))
    const world = await given('memory', { ...beginning, payload }, ...cycle(10))
    expect(rowsOf(world, { origin: 'config' })).toMatchObject([{ ts: 0 }])
    expect(energies(world)).toEqual([5])
  })

  test('a version moves no chart and no timer by itself', async () => {
    const world = await given('memory', evse(1, 'B'))
    const before = stateOf(world)
    await world.when(config(2, CHARGER, { report_interval_s: 60 }))
    expect(stateOf(world)).toMatchObject({
      instances: before.instances,
      horizon: before.horizon,
      until: before.until,
    })
  })

  test('a limit that changes holds from the next event on', async () => {
    const world = await given('memory', evse(1, 'E'), config(2, CHARGER, { fault_close_s: 60 }), evse(3, 'B'))
    await world.when(evse(4, 'F'), until(6))
    expect(rowsOf(world, { event_type: 'session_end' }).map(({ ts }) => ts)).toEqual([at(5)])
  })
})
