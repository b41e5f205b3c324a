/** A newer version of a chart comes to devices that an older one has folded (DESIGN §4): nobody is reset. */
import { beforeAll, describe, expect, test } from 'vitest'
import { readStandings } from '../../statecharts/device-standing.ts'
import { takenSince } from '../../statecharts/moves.ts'
import { type Release, releaseOf } from '../stand-ins/release.ts'
import { migrateCycle, RUNNERS, settlingThermostat } from '../statecharts/next-versions.ts'
import { given, HOMES, itemOf, rowsOf } from './given.ts'
import { at, THERMOSTAT, until } from './messages.ts'
import { after, before, cyclesOf, off, on, upgraded, upgradesOf, versionsOf } from './upgraded.ts'

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

    test('by any way keeps how often it had taken its edges', async () => {
      for (const release of [refold, pin, migrate]) {
        const world = await upgraded(home, release, [on(0), off(10)], on(20))
        const { heating } = readStandings(itemOf(world).standing)
        expect(heating?.version).toBe(2)
        const counts = heating?.taken?.map((one) => [one[0], takenSince(one, at(0))])
        expect(counts).toEqual([
          ['calling / call.off / 2', 1],
          ['idle / call.on', 2],
        ])
      }
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
