import { describe, expect, test } from 'vitest'
import { type LifeOptions, lifeOf, longAfter, type Record0, randomOf } from './device-life.ts'
import {
  cleanRun,
  faultyRun,
  feedAfterWriting,
  reordered,
  saysItIsAtomic,
  stateBeforeEvents,
  withDuplicates,
} from './world.ts'

/** A hundred in a run of all tests; `npm run test:long` asks for more. */
const SEEDS = Number(process.env.SEEDS ?? 100)
const DEVICES = ['dev-1', 'a/b', '__proto__']

type Row = {
  event_type: string
  time_quality: string
  late?: boolean
  body: { alarm?: string; ended_at?: number | null; left?: boolean }
}

/** A few devices, their records woven together as they were received. */
function worldOf(seed: number, options: LifeOptions = {}): Record0[] {
  const random = randomOf(seed)
  const lives = DEVICES.map((device_id) => lifeOf(device_id, random, 20 + random.below(30), options))
  return lives.flat().sort((a, b) => a.received_at - b.received_at)
}

async function firstBroken(
  run: (records: Record0[], seed: number) => ReturnType<typeof faultyRun>,
): Promise<number | null> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const records = worldOf(seed)
    const clean = await cleanRun(records)
    const faulty = await run(records, seed)
    if (JSON.stringify(faulty) !== JSON.stringify(clean)) return seed
  }
  return null
}

/** One device's records in order, once; and in any order, some of them again, by a consumer that crashes. */
async function bothOrders(seed: number, options: Parameters<typeof faultyRun>[2] = {}) {
  const random = randomOf(seed * 104_729)
  const device_id = random.pick(DEVICES)
  const records = lifeOf(device_id, random, 30, { uptime: false })
  const end = longAfter([device_id])
  const shuffled = reordered(records, random, random.pick([2, 5, 40]))
  const late = withDuplicates(shuffled, random, 0.2)
  return [await cleanRun([...records, ...end]), await faultyRun([...late, ...end], random, options)] as const
}

describe('a world from a seed', () => {
  test(`any batching, duplication and crash between two writes gives the rows of the clean run (${SEEDS} seeds)`, async () => {
    const seed = await firstBroken((records, seed) => {
      const random = randomOf(seed * 7919)
      return faultyRun(withDuplicates(records, random, 0.3), random)
    })
    if (seed !== null) {
      const random = randomOf(seed * 7919)
      const records = worldOf(seed)
      // Once more, for the difference itself.
      expect(await faultyRun(withDuplicates(records, random, 0.3), random), `SEED=${seed}`).toEqual(
        await cleanRun(records),
      )
    }
    expect(seed).toBeNull()
  })

  test('the worlds are worth something: sessions, cycles, clamped and estimated events are in them', async () => {
    const rows: Row[] = []
    for (let seed = 1; seed <= 20; seed++) {
      const clean = await cleanRun(worldOf(seed))
      rows.push(...(clean.events as Row[]))
    }
    for (const type of [
      'session_start',
      'session_end',
      'session_continued',
      'cycle_start',
      'cycle_end',
      'alarm',
      'config',
    ])
      expect(
        rows.some(({ event_type }) => event_type === type),
        type,
      ).toBe(true)
    for (const quality of ['clamped', 'estimated'])
      expect(
        rows.some(({ time_quality }) => time_quality === quality),
        quality,
      ).toBe(true)
    const violations = rows.filter(({ body }) => body.alarm === 'interlock_violation')
    expect(violations.filter(({ body }) => body.ended_at === null).length).toBeGreaterThan(0)
    expect(violations.filter(({ body }) => body.ended_at !== null).length).toBeGreaterThan(0)
    expect(rows.some(({ body }) => body.left)).toBe(true)
  })

  test('a processor that feeds pairs when it has written is caught', async () => {
    const seed = await firstBroken((records, seed) =>
      faultyRun(records, randomOf(seed * 7919), { order: feedAfterWriting }),
    )
    expect(seed).not.toBeNull()
  })

  test(`any order too, within seconds and across days (${SEEDS} seeds)`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const [clean, faulty] = await bothOrders(seed)
      expect(faulty, `SEED=${seed}`).toEqual(clean)
    }
  })

  test('a repair that begins without a word, in a store that may be cut off in it, is caught', async () => {
    let caught = false
    for (let seed = 401; seed <= 700 && !caught; seed++) {
      const [clean, faulty] = await bothOrders(seed, { store: saysItIsAtomic })
      caught = JSON.stringify(faulty) !== JSON.stringify(clean)
    }
    expect(caught).toBe(true)
  })

  test('a processor that wrote the state before the events is caught', async () => {
    const seed = await firstBroken((records, seed) =>
      faultyRun(records, randomOf(seed * 7919), { store: stateBeforeEvents }),
    )
    expect(seed).not.toBeNull()
  })
})
