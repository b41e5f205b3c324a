import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { HotStore } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'
import { decidedBy, given, HOMES, itemOf, rowsOf, stateOf } from './given.ts'
import { at, bootedEvse, config, evse, thermostat } from './messages.ts'

/** Telemetry of so many minutes from `first`: more than the recent window holds. */
function chatter(first: number, minutes: number): NewRecord[] {
  return Array.from({ length: minutes }, (_, n) => evse(first + n, null, { current_draw: n }))
}

describe.each(HOMES)('a known event is dropped (%s)', (home) => {
  test('in the recent window: the same message published twice', async () => {
    const world = await given(home, evse(1, 'B'))
    const before = world.store.dump()
    const report = await world.when(evse(1, 'B', {}, { received: 2 }))
    expect(report).toMatchObject({ duplicates: 1, events: 0, decided: 0, late: 0 })
    expect({ ...world.store.dump(), positions: [] }).toEqual({ ...before, positions: [] })
  })

  test('within one batch', async () => {
    const world = await given(home)
    expect(await world.when(evse(1, 'B'), evse(1, 'B'), evse(2, 'A'), evse(1, 'B'))).toMatchObject({
      duplicates: 2,
      events: 2,
    })
    expect(decidedBy(world)).toEqual(['session_start', 'session_end'])
  })

  test('beyond the recent window, by its row', async () => {
    const world = await given(home, evse(1, 'B'))
    await world.when(...chatter(2, 40))
    expect(await world.when(evse(1, 'B', {}, { received: 60 }))).toMatchObject({ duplicates: 1, late: 0 })
    expect(stateOf(world).counters.late).toBe(0)
  })

  test('beyond the recent window but within one batch', async () => {
    const world = await given(home)
    const report = await world.when(evse(1, 'B'), ...chatter(2, 40), evse(1, 'B', {}, { received: 60 }))
    expect(report).toMatchObject({ duplicates: 1, late: 0 })
  })

  test('a late one too', async () => {
    const world = await given(home, evse(5, 'B'), evse(1, null, { current_draw: 1 }))
    await world.when(...chatter(6, 40))
    const report = await world.when(evse(1, null, { current_draw: 1 }, { received: 60 }))
    expect(report).toMatchObject({ duplicates: 1, late: 0 })
    expect(stateOf(world).counters.late).toBe(1)
  })

  test('one that was clamped, by its identity row: a copy has another key', async () => {
    const ahead = { timestamp: at(9_000) }
    const world = await given(home, evse(1, 'B', ahead))
    expect(rowsOf(world, { origin: 'device' })).toMatchObject([{ ts: at(1), time_quality: 'clamped' }])
    await world.when(...chatter(2, 40))
    const report = await world.when(evse(60, 'B', ahead), evse(61, 'B', ahead))
    expect(report).toMatchObject({ duplicates: 2, events: 0 })
  })

  test('and no other event of a device that was once clamped is looked up', async () => {
    const world = await given(home, evse(1, 'B', { timestamp: at(9_000) }))
    let asked = 0
    const findIdentity: HotStore['findIdentity'] = (...of) => {
      asked++
      return world.store.findIdentity(...of)
    }
    const watched = await given({ ...world.store, findIdentity })
    await watched.when(...chatter(2, 40))
    expect(asked).toBe(0)
    await watched.when(evse(9_000, 'C'))
    expect(asked).toBe(1)
  })

  test('one that was clamped, when its time has come', async () => {
    const world = await given(home, evse(1, 'B', { timestamp: at(9_000) }))
    await world.when(...chatter(2, 40))
    expect(await world.when(evse(9_000, 'B'))).toMatchObject({ duplicates: 1, events: 0 })
  })

  test('one stamped by uptime, received again later', async () => {
    const world = await given(home, bootedEvse(1, 60, 'B'), bootedEvse(2, 120, 'C'))
    const report = await world.when(
      bootedEvse(1, 60, 'B', {}, { received: 3 }),
      bootedEvse(2, 120, 'C', {}, { received: 4 }),
    )
    expect(report).toMatchObject({ duplicates: 2, events: 0 })
  })

  test('a configuration', async () => {
    const put = config(1, 'dev-1', { device_type: 'evse', location: 'garage' })
    const world = await given(home, put, evse(2, 'B'))
    expect(await world.when(put)).toMatchObject({ duplicates: 1, events: 0 })
    expect(world.store.dump().config).toHaveLength(1)
  })

  test('the whole log, delivered once more', async () => {
    const world = await given(home, evse(1, 'B'), bootedEvse(2, 10, 'C'), evse(3, 'A', { timestamp: at(99) }))
    await world.when(...chatter(4, 40), config(50, 'dev-1', { location: 'yard' }), thermostat(50, {}))
    const before = world.store.dump()
    await world.again(world.log)
    expect(world.store.dump()).toEqual(before)
  })
})

describe('what is not known', () => {
  test('the same words at another time, or other words at the same time', async () => {
    const world = await given('memory', evse(1, 'B'))
    const report = await world.when(evse(1, 'B', { current_draw: 1 }), evse(2, 'B'))
    expect(report).toMatchObject({ events: 2, duplicates: 0 })
  })

  test('the same words of another device', async () => {
    const world = await given('memory', evse(1, 'B'))
    expect(await world.when(evse(1, 'B', { device_id: 'dev-2' }))).toMatchObject({ events: 1, duplicates: 0 })
  })

  test('the same uptime after a reboot', async () => {
    const world = await given('memory', bootedEvse(0, 5, 'B'), bootedEvse(60, 3_605, 'C'))
    const report = await world.when(bootedEvse(61, 5, 'B'), bootedEvse(62, 65, 'A'))
    expect(report).toMatchObject({ events: 2, duplicates: 0 })
    expect(rowsOf(world, { origin: 'device' }).map(({ body }) => body.boot)).toEqual([1, 1, 2, 2])
  })

  test('an event whose row was left by an attempt that never wrote its state', async () => {
    const store = memoryStore({
      onWrite: (what) => {
        if (broken && what.startsWith('states')) throw new Error('power cut')
      },
    })
    let broken = true
    const world = await given(store)
    await expect(world.when(evse(1, 'B'), evse(2, 'C'))).rejects.toThrow('power cut')
    expect(rowsOf(world).length).toBeGreaterThan(0)
    broken = false
    expect(await world.again(world.log.slice(0, 1))).toMatchObject({ events: 1, duplicates: 0 })
    expect(await world.again(world.log.slice(1))).toMatchObject({ events: 1, duplicates: 0, late: 0 })
    expect(itemOf(world)).toMatchObject({ applied: 2 })
    expect(decidedBy(world)).toEqual(['session_start'])
  })

  test('nor is a clamped, an estimated or a late one, or a configuration, left the same way', async () => {
    let broken = false
    const store = memoryStore({
      onWrite: (what) => {
        if (broken && what.startsWith('states')) throw new Error('power cut')
      },
    })
    const world = await given(store, evse(5, 'B'))
    broken = true
    const records = [
      evse(6, 'C', { timestamp: at(9_000) }),
      bootedEvse(7, 60, 'C'),
      evse(1, null),
      config(8, 'dev-1', { location: 'garage' }),
    ]
    await expect(world.when(...records)).rejects.toThrow('power cut')
    broken = false
    for (const record of world.log.slice(1)) {
      expect(await world.again([record])).toMatchObject({ events: 1, duplicates: 0 })
    }
    expect(itemOf(world)).toMatchObject({ applied: 5, location: 'garage' })
  })

  test('a device that boots again and again: no message of any boot is taken for new when it comes once more', async () => {
    const boots = Array.from({ length: 9 }, (_, n) => [
      bootedEvse(20 * n + 1, 5, 'A', { current_draw: n }),
      bootedEvse(20 * n + 10, 545, 'B'),
    ]).flat()
    const world = await given('memory')
    await world.when(...boots)
    const before = world.store.dump()
    expect(await world.again(world.log)).toMatchObject({ events: 0, late: 0, duplicates: 18 })
    expect(world.store.dump()).toEqual(before)
  })
})
