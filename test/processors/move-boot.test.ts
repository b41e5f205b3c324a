import { describe, expect, test } from 'vitest'
import { given, HOMES, rowsOf, stateOf, thingsOf } from './given.ts'
import { at, bootedEvse, CHARGER, config, evse, until } from './messages.ts'

describe.each(HOMES)('events of a boot, when its offset gets better (%s)', (home) => {
  test('move to where they were, and the session with them', async () => {
    const world = await given(home, bootedEvse(10, 60, 'B'), bootedEvse(11, 120, 'C'))
    expect(thingsOf(world, 'session')).toMatchObject([{ started_at: at(10) }])
    // Four minutes after the boot, received in the ninth after the first: it took two minutes less to come.
    await world.when(bootedEvse(12, 300, 'C'))
    const device = rowsOf(world, { origin: 'device' })
    expect(device.filter(({ retracted }) => !retracted).map(({ ts }) => ts)).toEqual([8, 9, 12].map(at))
    expect(device.filter(({ retracted }) => retracted).map(({ ts }) => ts)).toEqual([10, 11].map(at))
    const live = world.store.dump().summaries.filter(({ retracted }) => !retracted)
    expect(live).toMatchObject([{ kind: 'session', started_at: at(8) }])
    expect(stateOf(world).horizon?.ts).toBe(at(12))
  })

  test('move too when the clock is set: a synced timestamp bounds what came before it', async () => {
    const synced = await given(home, bootedEvse(19, 10, 'B'), evse(12, 'C', {}, { received: 20 }))
    const starts = rowsOf(synced, { origin: 'device' }).filter(({ retracted }) => !retracted)
    expect(starts.map(({ ts }) => ts)).toEqual([at(12), at(12)])
    expect(thingsOf(synced, 'session')).toHaveLength(2)
    expect(synced.store.dump().summaries.filter(({ retracted }) => !retracted)).toMatchObject([
      { started_at: at(12) },
    ])
  })

  test('are known at their new place: the whole log once more changes nothing', async () => {
    const world = await given(
      home,
      bootedEvse(10, 60, 'B'),
      bootedEvse(11, 120, 'C'),
      bootedEvse(12, 300, 'A'),
    )
    const before = world.store.dump()
    expect(await world.again(world.log)).toMatchObject({ events: 0, duplicates: 3, late: 0 })
    expect(world.store.dump()).toEqual(before)
  })

  test('move in one batch as in several', async () => {
    const records = [
      bootedEvse(10, 60, 'B'),
      bootedEvse(11, 120, 'C'),
      bootedEvse(12, 300, 'A'),
      until(20, CHARGER),
    ]
    const apart = await given(home, ...records)
    const together = await given(home)
    await together.when(...records)
    const told = (world: typeof apart) =>
      world.store
        .dump()
        .events.filter(({ retracted }) => !retracted)
        .map(({ ts, ord, event_type, body }) => [ts, ord, event_type, body.started_at])
    expect(told(together)).toEqual(told(apart))
  })
})

test('an offset that gets better by less than a second moves nothing', async () => {
  const world = await given('memory', bootedEvse(10, 60, 'B'))
  await world.when(bootedEvse(11, 120.9, 'C'), bootedEvse(12, 180.5, 'C'))
  expect(rowsOf(world, { origin: 'device' }).filter(({ retracted }) => retracted)).toEqual([])
  expect(stateOf(world).counters.late).toBe(0)
})

test('another boot’s events stay', async () => {
  const world = await given(
    'memory',
    bootedEvse(10, 60, 'B'),
    bootedEvse(20, 5, 'C'),
    bootedEvse(21, 125, 'A'),
  )
  const live = rowsOf(world, { origin: 'device' }).filter(({ retracted }) => !retracted)
  expect(live.map(({ ts, body }) => [ts, body.boot])).toEqual([
    [at(10), 1],
    [at(19), 2],
    [at(21), 2],
  ])
})

test('the pair of a device hears them where they were', async () => {
  const wired = config(0, CHARGER, { device_type: 'evse', location: 'house', interlock_circuit: 'main' })
  const world = await given('memory', wired, bootedEvse(10, 60, 'C', { current_draw: 16 }))
  await world.whenFed()
  await world.when(bootedEvse(12, 300, 'C', { current_draw: 16 }))
  await world.whenFed()
  const heard = rowsOf(world, { device_id: 'pair:house:main', origin: 'device' })
  expect(heard.map(({ ts, retracted }) => [ts, retracted ?? false])).toEqual([
    [at(8), false],
    [at(10), true],
    [at(12), false],
  ])
})
