import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import { pairTopic } from '../../events/topics.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { type Given, given, HOMES, reasonsOf, rowsOf, stateOf, thingsOf } from './given.ts'
import { arrived, at, CHARGER, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const PAIR = 'pair:house:main'
const circuit = { location: 'house', interlock_circuit: 'main' }
const wired = [
  config(0, CHARGER, { device_type: 'evse', rated_voltage_v: 240, ...circuit }),
  config(0, THERMOSTAT, { device_type: 'thermostat', ...circuit }),
]
const draws = (minute: number, amps = 16) => evse(minute, 'C', { current_draw: amps })
const rests = (minute: number) => evse(minute, 'B', { current_draw: 0 })
const calls = (minute: number, heating_call = true) => thermostat(minute, { heating_call })

/** Ids of the pairs that there are. */
function pairsOf(world: Given): string[] {
  return [...new Set(rowsOf(world, { device_type: 'pair' }).map(({ device_id }) => device_id))]
}

describe.each(HOMES)('a charger and a thermostat on one circuit (%s)', (home) => {
  test('are a device of its own, which decides a violation and tells it once', async () => {
    const world = await given(home, ...wired, draws(10), calls(20), draws(30), rests(40))
    await world.whenFed()
    expect(rowsOf(world, { device_id: PAIR, origin: 'chart' })).toMatchObject([
      {
        event_type: 'alarm',
        ts: at(20) + 10_000,
        location: 'house',
        body: { ended_at: null, chart: 'interlock' },
      },
      { event_type: 'alarm', ts: at(40), location: 'house', body: { ended_at: at(40) } },
    ])
    expect(thingsOf(world, 'alarm')).toMatchObject([
      {
        alarm: 'interlock_violation',
        device_id: PAIR,
        location: 'house',
        started_at: at(20),
        ended_at: at(40),
        duration_s: 1200,
        energy_kwh: 1.28,
        chargers: [CHARGER],
        thermostats: [THERMOSTAT],
        end_reason: 'ev_stopped',
      },
    ])
  })

  test('are heard under the identities and the keys of their own events, where and when they were', async () => {
    const world = await given(
      home,
      ...wired,
      draws(10),
      evse(11, null, { current_draw: 15 }, { received: 13 }),
    )
    await world.whenFed()
    const own = rowsOf(world, { device_id: CHARGER, origin: 'device' })
    const heard = rowsOf(world, { device_id: PAIR, origin: 'device' })
    const place = ({ ts, ord, identity, received_at, location }: (typeof own)[number]) =>
      [ts, ord, identity, received_at, location] as const
    expect(heard.map(place)).toEqual(own.map(place))
    expect(heard[1]?.body).toMatchObject({ member_id: CHARGER, circuit: 'main', current_draw: 15 })
    expect(heard[1]?.body.config).toEqual({ rated_voltage_v: 240 })
  })

  test('have their timers told by the sweep, like any device', async () => {
    const world = await given(home, ...wired, draws(10), calls(20))
    await world.whenFed()
    expect(thingsOf(world, 'alarm')).toEqual([])
    const due = await world.store.due(at(21), at(21), 10)
    expect(due.map(({ device_id, next_due }) => [device_id, next_due])).toContainEqual([
      PAIR,
      at(20) + 10_000,
    ])
    await world.when(until(21, PAIR))
    await world.whenFed()
    expect(thingsOf(world, 'alarm')).toMatchObject([{ ended_at: null, after_s: 10 }])
  })

  test('hear that time has passed behind what their members said before', async () => {
    const world = await given(home, ...wired, draws(10), calls(20))
    await world.whenFed()
    await world.when(rests(20.1), until(30, PAIR))
    expect(stateOf(world, PAIR).until).toBe(at(20))
    await world.whenFed()
    expect(stateOf(world, PAIR).until).toBe(at(30))
    expect(stateOf(world, PAIR).counters.late).toBe(0)
    expect(thingsOf(world, 'alarm')).toEqual([])
  })

  test('that are fed twice hear it once', async () => {
    const world = await given(home, ...wired, draws(10), calls(20), rests(40))
    const fed = [...world.fed]
    await world.whenFed()
    const before = world.store.dump()
    const { duplicates } = await world.when(...fed, ...fed)
    expect(duplicates).toBe(6)
    const { positions: _, ...rows } = before
    expect(world.store.dump()).toMatchObject(rows)
  })
})

describe('a pair', () => {
  test('is off unless configurations make it: one location and one circuit', async () => {
    const apart = [
      [{ location: 'house' }, []],
      [{ interlock_circuit: 'main' }, []],
      [circuit, [PAIR]],
      [{ ...circuit, location: 'barn' }, ['pair:barn:main']],
      [{ ...circuit, interlock_circuit: 'other' }, ['pair:house:other']],
    ] as const
    for (const [put, pairs] of apart) {
      const world = await given('memory', config(0, CHARGER, { device_type: 'evse', ...put }), draws(10))
      await world.whenFed()
      expect(pairsOf(world)).toEqual(pairs)
    }
    const unpaired = await given('memory', draws(10), calls(20))
    expect([unpaired.fed, unpaired.counted.pairs_fed]).toEqual([[], undefined])
  })

  test('is not made by the location that a device itself names', async () => {
    const world = await given(
      'memory',
      config(0, CHARGER, { device_type: 'evse', interlock_circuit: 'main' }),
      evse(10, 'C', { current_draw: 16, location: 'house' }),
    )
    expect(world.fed).toEqual([])
  })

  test('of devices on two circuits of one location is none', async () => {
    const other = config(0, THERMOSTAT, { device_type: 'thermostat', ...circuit, interlock_circuit: 'other' })
    const world = await given('memory', wired[0] as (typeof wired)[0], other, draws(10), calls(20), draws(30))
    await world.whenFed()
    expect(pairsOf(world).sort()).toEqual([PAIR, 'pair:house:other'])
    expect(thingsOf(world, 'alarm')).toEqual([])
  })

  test('hears its members in the order of the log, whoever came first in the batch', async () => {
    const world = await given('memory')
    await world.when(...wired, draws(10), calls(20), draws(30), calls(35, false), rests(40))
    expect(world.fed.map(({ received_at }) => received_at)).toEqual([10, 20, 30, 35, 40].map(at))
    await world.whenFed()
    expect(stateOf(world, PAIR).counters.late).toBe(0)
  })

  test('hears what a device says from its configuration on, and not what is said in the time before', async () => {
    const world = await given('memory', config(0, CHARGER, { device_type: 'evse', ...circuit }, { from: 15 }))
    await world.when(draws(10), draws(16))
    expect(world.fed).toHaveLength(1)
  })

  test('hears a late word as a late one, and a known one not at all', async () => {
    const world = await given('memory', ...wired, draws(10), draws(20))
    await world.whenFed()
    const late = evse(15, 'C', { current_draw: 12 }, { received: 21 })
    await world.when(late, draws(10))
    expect(world.fed).toHaveLength(1)
    const { late: counted } = await world.whenFed()
    expect(counted).toBe(1)
    expect(rowsOf(world, { device_id: PAIR }).map(({ ts }) => ts)).toEqual([10, 15, 20].map(at))
  })

  test('hears the pins of a thermostat by what they mean', async () => {
    const pins = { gpio: { Y1: { signal: 'heating_call' as const } } }
    const world = await given(
      'memory',
      wired[0] as (typeof wired)[0],
      config(0, THERMOSTAT, { device_type: 'thermostat', ...circuit, ...pins }),
      draws(10),
      arrived('sidewalk/gpio', 20, {
        device_id: THERMOSTAT,
        source: 'gpio',
        timestamp: at(20),
        pin: 'Y1',
        state: 1,
      }),
      draws(30),
    )
    await world.whenFed()
    expect(thingsOf(world, 'alarm')).toMatchObject([{ thermostats: [THERMOSTAT] }])
  })
})

describe('a device that leaves its circuit', () => {
  const moved = { device_type: 'evse', location: 'barn', interlock_circuit: 'main' } as const

  test('is off its old pair with its first word beyond the change, as of the change', async () => {
    const world = await given(
      'memory',
      ...wired,
      draws(10),
      config(20, CHARGER, moved, { from: 25 }),
      calls(30),
    )
    await world.whenFed()
    expect(stateOf(world, PAIR).instances.interlock?.value).toEqual({ overlap: 'on' })
    await world.when(draws(40), draws(41))
    await world.whenFed()
    const left = rowsOf(world, { device_id: PAIR }).filter(({ body }) => body.left)
    expect(left).toMatchObject([{ ts: at(25), body: { member_id: CHARGER, circuit: 'main' } }])
    expect(pairsOf(world).sort()).toEqual(['pair:barn:main', PAIR])
  })

  test('is off it at once where the change lies in the past', async () => {
    const world = await given(
      'memory',
      ...wired,
      draws(10),
      config(20, CHARGER, moved, { from: 5 }),
      calls(30),
    )
    await world.whenFed()
    expect(stateOf(world, PAIR).instances.interlock?.value).toEqual({ call: 'on' })
    const told = (device_id: string) =>
      rowsOf(world, { device_id, origin: 'device' }).map(({ ts, retracted }) => [ts, retracted ?? false])
    expect(told(PAIR)).toEqual([
      [at(10), true],
      [at(30), false],
    ])
    expect(told('pair:barn:main')).toEqual([[at(10), false]])
  })

  test('leaves it for none as well as for another, and is told so once', async () => {
    const none = { device_type: 'evse', location: 'house' } as const
    const world = await given('memory', ...wired, draws(10), config(20, CHARGER, none), draws(30), draws(31))
    await world.whenFed()
    expect(rowsOf(world, { device_id: PAIR }).map(({ body }) => body.left)).toEqual([undefined, true])
    expect(stateOf(world, PAIR).instances.interlock?.value).toBe('idle')
  })

  test('does not leave where the new configuration says the same, or where it has not spoken', async () => {
    const same = { device_type: 'evse', ...circuit, interlock_grace_s: 20 } as const
    const world = await given('memory', ...wired, draws(10), config(20, CHARGER, same), draws(30))
    expect(world.fed).toHaveLength(2)
    const silent = await given('memory', ...wired, config(20, CHARGER, moved), draws(30))
    expect(silent.fed.map(({ topic }) => topic)).toEqual([pairTopic('pair:barn:main')])
  })
})

describe('what is fed is on the log before anything is written', () => {
  test('a log that refuses it leaves the batch as it was, to be tried again', async () => {
    const store = memoryStore()
    const world = await given(store, ...wired, draws(10))
    const before = store.dump()
    const position = '00000000000000000009'
    const batch = [{ ...calls(20), position }]
    const feed = async () => Promise.reject(new Error('the log is full'))
    const ports = { store, metrics: { count() {}, gauge() {} }, logger: { info() {}, warn() {}, error() {} } }
    await expect(processBatch(batch, { ...ports, feed }, 'test')).rejects.toThrow('the log is full')
    expect(store.dump()).toEqual(before)
    await expect(processBatch(batch, ports, 'test')).rejects.toThrow('no way to feed its pair')
    expect(store.dump()).toEqual(before)
    expect(world.fed).toHaveLength(1)
  })
})

test('nobody else speaks on a pair’s stream, nor under a pair’s id', async () => {
  const world = await given('memory', ...wired, draws(10))
  const [record] = world.fed
  const forged = record && { ...record, source: 'mqtt' as const }
  await world.when(
    ...(forged ? [forged] : []),
    evse(20, 'C', { device_id: PAIR }),
    config(20, 'other', { device_type: 'evse', location: 'house' }),
  )
  expect(reasonsOf(world)).toEqual([
    'topic: "pilotline/pair/pair%3Ahouse%3Amain" is the system’s own',
    'device_id: "pair:house:main" begins with "pair:", as only the system’s own do',
  ])
  expect(pairsOf(world)).toEqual([])
})
