/** When an upgrade takes place, from where on it is in force, and what it says. */
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import { chartsOf } from '../../statecharts/device-charts.ts'
import { lawful } from '../simulation/law.ts'
import { replayed } from '../simulation/replayed.ts'
import { releaseOf } from '../stand-ins/release.ts'
import { hastyCharger, migrateSession, settlingThermostat } from '../statecharts/next-versions.ts'
import { given, itemOf, rowsOf } from './given.ts'
import { at, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'
import { after, before, cyclesOf, off, on, stateOf, upgraded, upgradesOf, versionsOf } from './upgraded.ts'

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

  test('by migration, of a device whose time had passed on, comes to what the migrated state makes of it', async () => {
    const release = await releaseOf({ evse: hastyCharger(migrateSession) })
    const faulted = [evse(0, 'B'), evse(10, 'E'), until(14)]
    const world = await upgraded('memory', release, faulted, config(15, 'dev-1', { location: 'yard' }))
    expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([{ ts: at(11) }])
  })

  test('that is cut off and made again begins where it began, whatever the attempt had written', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold', { keeps: false }) })
    const run = async (crashAt: number) => {
      let writes = Number.NaN
      const onWrite = () => {
        if (writes++ === crashAt) throw new Error('the process died here')
      }
      const world = await given(memoryStore({ onWrite }), on(0), off(2), on(4), off(10), on(13), on(16))
      world.release = release
      writes = 0
      // The late ones touch the very checkpoint from which what is open is folded again.
      const batch = [off(20), off(5), on(6), on(22)]
      await world.when(...batch).catch(() => world.again(world.log.slice(-batch.length)))
      return { dump: lawful(world.store.dump()), writes }
    }
    const smooth = await run(-1)
    for (let crashAt = 0; crashAt < smooth.writes; crashAt++)
      expect((await run(crashAt)).dump, `write ${crashAt}`).toEqual(smooth.dump)
    expect(smooth.writes).toBeGreaterThan(10)
  })

  test('is not brought by time alone where nothing is open: the next event brings it', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold') })
    const closed = [on(0), off(10), until(60, THERMOSTAT)]
    const world = await upgraded('memory', release, closed, config(70, THERMOSTAT, { location: 'yard' }))
    expect(versionsOf(world)).toEqual({ heating: 1, cooling: 1 })
    await world.when(on(80))
    expect(versionsOf(world)).toEqual({ heating: 2, cooling: 2 })
  })

  test('of what is older than the hot store keeps is left to the older version', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('refold') })
    // A call that the thermostat repeats every other day: it is stuck, and never silent.
    const months = Array.from({ length: 50 }, (_, n) => on(1 + n * 2 * 24 * 60))
    const end = 100 * 24 * 60
    const world = await given('memory', ...months)
    world.release = release
    for (const record of [on(end), off(end + 5), on(end + 6), off(end + 20), off(end + 60)])
      await world.when(record)
    expect(cyclesOf(world)).toEqual([
      [1, end + 5],
      [end + 6, end + 20, 2],
    ])
    const [line] = world.lines.filter(({ message }) => message === 'a chart was upgraded')
    expect(line?.fields).toMatchObject({ instance: 'heating', open: 'pinned' })
  })

  test('by a chart more begins where it came, however far back a repair begins', async () => {
    const [session] = chartsOf('evse')
    if (!session) throw new Error('a charger has a chart')
    const release = await releaseOf({ evse: [session, { ...session, name: 'second', slot: 1 }] })
    const late = evse(2, 'C', {}, { received: 40 })
    const world = await upgraded('memory', release, [evse(0, 'B'), evse(10, 'A')], evse(20, 'B'), late)
    expect(upgradesOf(world)).toEqual([['second', 0, 1, 10]])
    expect(
      rowsOf(world, { event_type: 'session_start' }).map(({ ts, body }) => [
        (ts - at(0)) / 60_000,
        body.chart,
      ]),
    ).toEqual([
      [0, 'session'],
      [20, 'session'],
      [20, 'second'],
    ])
  })

  test('that waits for a rest takes one that a timer brings, whoever noticed it', async () => {
    const release = await releaseOf({ thermostat: settlingThermostat('pin') })
    const days = (n: number) => n * 24 * 60
    for (const noticed of [[], [until(days(7) + 1, THERMOSTAT)]]) {
      const records = [on(1), ...noticed, on(days(8)), off(days(8) + 5), until(days(9), THERMOSTAT)]
      const world = await upgraded('memory', release, [on(0)], ...records)
      expect(cyclesOf(world)).toEqual([
        [0, 1],
        [days(8), days(8) + 5, 2],
      ])
    }
  })
})

describe('a timer of what was migrated', () => {
  test.each([
    ['is the newer version’s from the change on', [evse(0, 'B'), evse(10, 'E')], 11],
    [
      'comes due behind the change at the soonest',
      [evse(0, 'B'), evse(10, 'E'), evse(20, 'E')],
      20 + 1 / 60_000,
    ],
  ])('%s', async (_, faulted, ended) => {
    const release = await releaseOf({ evse: hastyCharger(migrateSession) })
    const world = await upgraded('memory', release, faulted, evse(30, 'A'))
    expect(rowsOf(world, { event_type: 'session_end' })).toMatchObject([
      { ts: at(ended), body: { end_reason: 'fault' } },
    ])
  })
})
