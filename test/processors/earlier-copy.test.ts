import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { NewRecord } from '../../events/record.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun } from '../simulation/run.ts'
import { type Given, given, HOMES, itemOf, rowsOf, stateOf } from './given.ts'
import { at, bootedEvse, CHARGER, config, evse, until } from './messages.ts'

/** The same message, received at another minute. */
function again(record: NewRecord, minute: number): NewRecord {
  return { ...record, received_at: at(minute) }
}

async function asIf(world: Given, prompt: Parameters<typeof cleanRun>[0]): Promise<string | null> {
  return difference(lawful(world.store.dump()), await cleanRun(prompt))
}

describe.each(HOMES)('of two copies the one that was received first counts (%s)', (home) => {
  const said = evse(0, 'C', { energy_delivered_kwh: 1 }, { received: 5 })
  const next = evse(20, 'A', { energy_delivered_kwh: 2 })

  test('when it comes last: the event, and what was decided because of it', async () => {
    const world = await given(home, evse(-10, 'A'), said, next, again(said, 2))
    const [row] = rowsOf(world, { ts: at(0), origin: 'device' })
    const [start] = rowsOf(world, { event_type: 'session_start', origin: 'chart' })
    expect([row?.received_at, start?.received_at]).toEqual([at(2), at(2)])
    expect(await asIf(world, [evse(-10, 'A'), again(said, 2), next])).toBeNull()
  })

  test('when it comes last in the batch that has both', async () => {
    const world = await given(home, evse(-10, 'A'))
    await world.when(said, again(said, 2), next)
    expect(await asIf(world, [evse(-10, 'A'), again(said, 2), next])).toBeNull()
  })

  test('when it comes first, the later one changes nothing', async () => {
    const world = await given(home, evse(-10, 'A'), again(said, 2), next)
    const before = world.store.dump()
    expect(await world.when(said)).toMatchObject({ duplicates: 1, late: 0 })
    expect({ ...world.store.dump(), positions: [] }).toEqual({ ...before, positions: [] })
  })

  test('a third one in between is dropped', async () => {
    const world = await given(home, evse(-10, 'A'), said, next, again(said, 2))
    const { applied } = itemOf(world)
    expect(await world.when(again(said, 3))).toMatchObject({ duplicates: 1, late: 0 })
    expect(itemOf(world).applied).toBe(applied)
  })

  test('and where it claims the future it moves to when it was received', async () => {
    const ahead = evse(60, 'C', { energy_delivered_kwh: 1 }, { received: 5 })
    const world = await given(home, evse(-10, 'A'), ahead, next, again(ahead, 2))
    expect(
      rowsOf(world, { time_quality: 'clamped' }).map(({ ts, retracted }) => [ts, retracted ?? false]),
    ).toEqual([
      [at(2), false],
      [at(5), true],
    ])
    expect(await asIf(world, [evse(-10, 'A'), again(ahead, 2), next])).toBeNull()
  })

  test('and where only the earlier one claims the future it is the same event', async () => {
    const ahead = evse(8, 'C', {}, { received: 5 })
    const world = await given(home, evse(-10, 'A'), ahead, again(ahead, 2), until(9))
    expect(rowsOf(world, { origin: 'device' }).filter(({ retracted }) => !retracted)).toHaveLength(2)
    expect(stateOf(world).counters.clamped).toBe(1)
    expect(await asIf(world, [evse(-10, 'A'), again(ahead, 2), until(9)])).toBeNull()
  })

  test('and an uptime that was received earlier betters the offset of its boot', async () => {
    const [first, second] = [bootedEvse(10, 60, 'A'), bootedEvse(12, 120, 'B', {}, { received: 15 })]
    const world = await given(home, first, second, again(second, 9))
    const live = rowsOf(world, { origin: 'device' }).filter(({ retracted }) => !retracted)
    expect(live.map(({ ts }) => ts)).toEqual([at(8), at(9)])
  })

  test('the pair that was told of it is told anew', async () => {
    const wired = config(-20, CHARGER, { device_type: 'evse', location: 'house', interlock_circuit: 'main' })
    const world = await given(home, wired, said, next)
    await world.whenFed()
    await world.when(again(said, 2))
    await world.whenFed()
    const [told] = rowsOf(world, { device_type: 'pair', ts: at(0) })
    expect(told?.received_at).toBe(at(2))
    expect(await asIf(world, [wired, again(said, 2), next])).toBeNull()
  })

  test('one of a time that may be forgotten is left as it is', async () => {
    const day = 24 * 60
    const world = await given(home, evse(-10, 'A'), said, next, evse(95 * day, 'A'))
    expect(await world.when(again(said, 2))).toMatchObject({ duplicates: 1, late: 0 })
  })
})

/** Both copies in one batch, whose writes end before the `nth` row of an event; then each in a batch of its own. */
async function cutOffBefore(nth: number, copies: NewRecord[]): Promise<Given> {
  let rows = Number.NEGATIVE_INFINITY
  const store = memoryStore({
    onWrite(item) {
      if (item.startsWith('events ') && ++rows === nth) throw new Error('cut off')
    },
  })
  const world = await given(store, evse(-10, 'A'))
  rows = 0
  await expect(world.when(...copies)).rejects.toThrow('cut off')
  rows = Number.NEGATIVE_INFINITY
  for (const copy of copies) await world.when(copy)
  return world
}

describe('an attempt that was moving an event to when its first copy was received, and died', () => {
  const ahead = evse(60, 'C', { energy_delivered_kwh: 1 }, { received: 5 })

  test.each([1, 2, 3])('before its %i. row, leaves it to be found where it was', async (nth) => {
    const world = await cutOffBefore(nth, [ahead, again(ahead, 2), evse(20, 'A')])
    expect(await asIf(world, [evse(-10, 'A'), again(ahead, 2), evse(20, 'A')])).toBeNull()
  })

  test.each([1, 2, 3, 4])('and by way of a third copy’s place, before its %i. row, too', async (nth) => {
    const world = await cutOffBefore(nth, [ahead, again(ahead, 4), again(ahead, 2), evse(20, 'A')])
    expect(await asIf(world, [evse(-10, 'A'), again(ahead, 2), evse(20, 'A')])).toBeNull()
  })
})
