/** A newer version of a chart comes to devices that an older one has folded (DESIGN §4): nobody is reset. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import type { DeviceState } from '../../statecharts/device-state.ts'
import { lawful } from '../simulation/law.ts'
import { replayed } from '../simulation/replayed.ts'
import { type Release, releaseOf } from '../stand-ins/release.ts'
import { migrateCycle, RUNNERS, settlingThermostat } from '../statecharts/next-versions.ts'
import { type Given, given, HOMES, type Home, itemOf, rowsOf } from './given.ts'
import { at, THERMOSTAT, thermostat, until } from './messages.ts'

const on = (minute: number, came = {}) => thermostat(minute, { heating_call: true }, came)
const off = (minute: number, came = {}) => thermostat(minute, { heating_call: false }, came)

/** Minutes of start and end of the cycles that are live, and how often each was heard of, where its version says. */
function cyclesOf({ store }: Given): unknown[] {
  const minute = (ms: unknown) => (ms === null ? null : ((ms as number) - at(0)) / 60_000)
  const live = store.dump().summaries.filter(({ kind, retracted }) => kind === 'cycle' && !retracted)
  return live
    .sort((a, b) => a.started_at - b.started_at)
    .map(({ body }) => [
      minute(body.started_at),
      minute(body.ended_at),
      ...('reports' in body ? [body.reports] : []),
    ])
}

function versionsOf(world: Given): Record<string, number> {
  const { instances } = stateOf(world)
  return Object.fromEntries(Object.entries(instances).map(([name, { version }]) => [name, version]))
}

const stateOf = (world: Given) => JSON.parse(itemOf(world).state) as DeviceState
const upgradesOf = (world: Given) =>
  (stateOf(world).upgrades ?? []).map(({ instance, from, to, since }) => [
    instance,
    from,
    to,
    (since.ts - at(0)) / 60_000,
  ])

async function upgraded(home: Home, release: Release, before: NewRecord[], ...after: NewRecord[]) {
  const world = await given(home, ...before)
  world.release = release
  for (const record of after) await world.when(record)
  const dump = world.store.dump()
  const again = await replayed(dump, world.log, release)
  expect(lawful(dump)).toEqual(again)
  return world
}

/** A cycle that is over, and one that is open; under the newer version they would have been one. */
const before = [on(0), on(5), off(10), on(13), on(16)]
const after = [on(20), off(30), on(32), off(40), off(60)]

describe.each(RUNNERS)('a chart that is upgraded (%s)', (runner) => {
  const options = { runner }
  let refold: Release
  let pin: Release
  let migrate: Release
  beforeAll(async () => {
    refold = await releaseOf({ thermostat: settlingThermostat('refold', options) })
    pin = await releaseOf({ thermostat: settlingThermostat('pin', options) })
    migrate = await releaseOf({ thermostat: settlingThermostat(migrateCycle, options) })
  })

  describe.each(HOMES)('in %s', (home) => {
    test('by refold folds what is open again from its beginning, and nothing before', async () => {
      const world = await upgraded(home, refold, before, ...after)
      expect(cyclesOf(world)).toEqual([
        [0, 10],
        [13, 40, 6],
      ])
      expect(upgradesOf(world)).toEqual([
        ['heating', 1, 2, 13],
        ['cooling', 1, 2, 16],
      ])
    })

    test('by pin finishes what is open as it was begun, and then goes on anew', async () => {
      const world = await upgraded(home, pin, before, ...after)
      expect(cyclesOf(world)).toEqual([
        [0, 10],
        [13, 30],
        [32, 40, 2],
      ])
      expect(versionsOf(world)).toEqual({ heating: 2, cooling: 2 })
    })

    test('by migration goes on with what is open as the function makes it', async () => {
      const world = await upgraded(home, migrate, before, ...after)
      expect(cyclesOf(world)).toEqual([
        [0, 10],
        [13, 40, 4],
      ])
    })

    test('while it is at rest just goes on, and what was told stays as it was', async () => {
      for (const release of [refold, pin, migrate]) {
        const closed = await given(home, on(0), on(5), off(10))
        const rows = rowsOf(closed)
        const world = await upgraded(home, release, [on(0), on(5), off(10)], on(20), off(30), on(32), off(40))
        expect(rowsOf(world).slice(0, rows.length)).toEqual(rows)
        await world.when(off(60))
        expect(cyclesOf(world)).toEqual([
          [0, 10],
          [20, 40, 4],
        ])
      }
    })

    test('an event that is late and from before the change is folded by the version of then', async () => {
      for (const [release, rest] of [
        [refold, [[13, 40, 6]]],
        [
          pin,
          [
            [13, 30],
            [32, 40, 2],
          ],
        ],
        [migrate, [[13, 40, 4]]],
      ] as const) {
        const world = await upgraded(home, release, before, ...after, off(3), on(4))
        expect(cyclesOf(world)).toEqual([[0, 3], [4, 10], ...rest])
      }
    })

    test('an event that is late and from after the change is folded by the newer version', async () => {
      for (const [release, rest] of [
        [
          refold,
          [
            [13, 36, 6],
            [42, 44, 2],
          ],
        ],
        [
          pin,
          [
            [13, 30],
            [32, 36, 2],
            [42, 44, 2],
          ],
        ],
        [
          migrate,
          [
            [13, 36, 4],
            [42, 44, 2],
          ],
        ],
      ] as const) {
        const records = [on(20), off(30), on(32), off(44), off(60)]
        const world = await upgraded(home, release, before, ...records, off(36), on(42))
        expect(cyclesOf(world)).toEqual([[0, 10], ...rest])
      }
    })

    test('a late event whose cycle goes on across the change is folded by both', async () => {
      for (const [release, rest] of [
        // Nothing rests where the newer version was to begin, so it begins at the next rest.
        [
          refold,
          [
            [11, 30],
            [32, 40, 2],
          ],
        ],
        [
          pin,
          [
            [11, 30],
            [32, 40, 2],
          ],
        ],
        [migrate, [[11, 40, 4]]],
      ] as const) {
        const world = await upgraded(home, release, before, ...after, on(11))
        expect(cyclesOf(world)).toEqual([[0, 10], ...rest])
      }
    })

    test('a late event that ends what was open at the change lets the newer version in sooner', async () => {
      const world = await upgraded(home, pin, before, ...after, off(18))
      expect(cyclesOf(world)).toEqual([
        [0, 10],
        [13, 18],
        [20, 40, 4],
      ])
    })
  })

  test('by a sweep alone comes to the newer version’s own timers', async () => {
    const world = await upgraded('memory', refold, before, until(60, THERMOSTAT))
    expect(itemOf(world).next_due).toBeNull()
    const pinned = await upgraded('memory', pin, before, until(60, THERMOSTAT))
    expect(itemOf(pinned).next_due).toBe(at(13 + 360))
    const ended = await upgraded(
      'memory',
      migrate,
      before,
      until(60, THERMOSTAT),
      off(70),
      until(80, THERMOSTAT),
    )
    expect(cyclesOf(ended)).toEqual([
      [0, 10],
      [13, 70, 1],
    ])
  })
})

describe('an upgrade', () => {
  test('takes place with the first record of the device, and of no other', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold') })
    const other = (minute: number) =>
      thermostat(
        minute,
        { device_id: 'therm-2', heating_call: true },
        { topic: 'ev/thermostat/therm-2/telemetry' },
      )
    const world = await given('memory', on(0), other(0))
    world.release = release
    expect(await world.when(on(5))).toMatchObject({ events: 1 })
    expect(world.counted.charts_upgraded).toBe(2)
    expect(world.lines.filter(({ message }) => message === 'a chart was upgraded')).toMatchObject([
      {
        level: 'info',
        fields: { device_id: THERMOSTAT, instance: 'heating', from: 1, to: 2, open: 'refolded' },
      },
      {
        level: 'info',
        fields: { device_id: THERMOSTAT, instance: 'cooling', from: 1, to: 2, open: 'at_rest' },
      },
    ])
    expect(JSON.parse(itemOf(world, 'therm-2').state)).not.toHaveProperty('upgrades')
    await world.when(on(6))
    expect(world.counted.charts_upgraded).toBe(2)
  })

  test('does not take place where a record changes nothing', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold') })
    const world = await given('memory', on(0), on(5))
    world.release = release
    const states = world.store.dump().states
    await world.again(world.log)
    expect(world.store.dump().states).toEqual(states)
    expect(world.counted.charts_upgraded).toBeUndefined()
  })

  test('leaves no mark on devices that have only known one version', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold') })
    const world = await given('memory')
    world.release = release
    await world.when(on(0))
    expect(stateOf(world)).not.toHaveProperty('upgrades')
    expect(versionsOf(world)).toEqual({ heating: 2, cooling: 2 })
  })

  test('from a version that nobody knows any more refolds, says so, and resets nobody', async () => {
    for (const upgrade of ['refold', 'pin'] as const) {
      const release = await releaseOf({ thermostat: settlingThermostat(upgrade, { keeps: false }) })
      const world = await given('memory', ...before)
      world.release = release
      for (const record of after) await world.when(record)
      expect(cyclesOf(world)).toEqual([
        [0, 10],
        [13, 40, 6],
      ])
      expect(world.lines.filter(({ level }) => level === 'warn')).toMatchObject([
        {
          message: 'a chart was upgraded from a version that is not known any more',
          fields: { from: 1, to: 2 },
        },
        {
          message: 'a chart was upgraded from a version that is not known any more',
          fields: { from: 1, to: 2 },
        },
      ])
    }
  })

  test('over two versions at once, and one after the other, comes to the newest', async () => {
    const third = (upgrade: 'pin' | 'refold', keeps = true) =>
      settlingThermostat(upgrade, { version: 3, keeps }).map((one, n) => ({
        ...one,
        earlier: [...(one.earlier ?? []), ...settlingThermostat('pin').slice(n, n + 1)],
      }))
    const pinned = await releaseOf({ thermostat: settlingThermostat('pin') })
    const newest = await releaseOf({ thermostat: third('refold') })
    const world = await given('memory', ...before)
    world.release = pinned
    await world.when(on(20))
    expect(versionsOf(world)).toEqual({ heating: 1, cooling: 2 })
    world.release = newest
    for (const record of [off(30), on(32), off(40), off(60)]) await world.when(record)
    expect(upgradesOf(world)).toEqual([
      ['heating', 1, 3, 13],
      ['cooling', 1, 2, 16],
      ['cooling', 2, 3, 20],
    ])
    expect(cyclesOf(world)).toEqual([
      [0, 10],
      [13, 40, 6],
    ])
    expect(lawful(world.store.dump())).toEqual(await replayed(world.store.dump(), world.log, newest))
  })
})
