import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { NewRecord } from '../../events/record.ts'
import { reordered, withDuplicates } from '../simulation/arrivals.ts'
import { BROKEN, stateBeforeEvents } from '../simulation/broken.ts'
import { difference } from '../simulation/checkers.ts'
import type { Random } from '../simulation/device-life.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun, faultyRun } from '../simulation/run.ts'
import '../steady-seed.ts'
import { given } from './given.ts'
import { CHARGER, THERMOSTAT, until } from './messages.ts'
import { misfortune, oneDevice, setClock } from './one-device.ts'

const RUNS = 300
/** Behind every timer. */
const END_MINUTE = 10 * 365 * 24 * 60

/** One stream, all of it there, and every second attempt at a batch does not end well. */
const FAULTS = { mishaps: 0.5, reshards: 0, backlog: 1_000 }

test('any batching, duplication and crash points of one device’s records give the rows of the clean run', async () => {
  await fc.assert(
    fc.asyncProperty(oneDevice, misfortune, async (records, random) => {
      const repeated = await withCopies(records, random)
      expect(await faultyRun(repeated, random, FAULTS)).toEqual(await cleanRun(records))
    }),
    { numRuns: RUNS },
  )
})

test('any order of them does too, where no time depends on the order', async () => {
  let repaired = 0
  await fc.assert(
    fc.asyncProperty(setClock, misfortune, async (records, random) => {
      const [first, ...others] = records
      if (!first) return
      const end = until(END_MINUTE, first.topic.includes(THERMOSTAT) ? THERMOSTAT : CHARGER)
      const late = withDuplicates(reordered([first, ...others], random, random.pick([2, 40])), random, 0.2)
      const faulty = await faultyRun(late, random, FAULTS, { end: [end] })
      const clean = await cleanRun([...records, end])
      repaired += faulty.events?.length ?? 0
      expect(difference(faulty, clean)).toBeNull()
    }),
    { numRuns: RUNS },
  )
  expect(repaired).toBeGreaterThan(RUNS)
})

test('a processor that drops what is late is caught, and the records are cut to a few', async () => {
  const variant = BROKEN['ignores what comes late'] ?? {}
  const found = await fc.check(
    fc.asyncProperty(setClock, misfortune, async (records, random) => {
      const late = reordered(records, random, 40)
      expect(
        difference(await faultyRun(late, random, FAULTS, { variant }), await cleanRun(records)),
      ).toBeNull()
    }),
    { numRuns: RUNS },
  )
  expect(found.failed).toBe(true)
  expect(found.counterexample?.[0].length).toBeLessThanOrEqual(16)
})

test('any batching of one device’s records gives the same rows; where none came late, bookkeeping and all', async () => {
  await fc.assert(
    fc.asyncProperty(oneDevice, fc.array(fc.integer({ min: 1, max: 9 })), async (records, sizes) => {
      let repairs = 0
      const inner = memoryStore()
      const history: typeof inner.history = (...of) => {
        repairs++
        return inner.history(...of)
      }
      const whole = await given({ ...inner, history })
      await whole.when(...records)
      const cut = await given(memoryStore())
      for (let at = 0; at < records.length; ) {
        const size = sizes.shift() ?? records.length
        await cut.when(...records.slice(at, at + size))
        at += size
      }
      expect(lawful(cut.store.dump())).toEqual(lawful(whole.store.dump()))
      // A repair is made once a batch, so how often a row was written again depends on the batches.
      if (repairs > 0) return
      const withoutVersion = ({ states, ...tables }: ReturnType<typeof whole.store.dump>) => ({
        ...tables,
        states: states.map(({ version: _, ...state }) => state),
      })
      expect(withoutVersion(cut.store.dump())).toEqual(withoutVersion(whole.store.dump()))
    }),
    { numRuns: RUNS },
  )
})

test('the whole log once more changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(oneDevice, async (records) => {
      const world = await given(memoryStore())
      await world.when(...records)
      const before = world.store.dump()
      await world.again(world.log)
      expect(world.store.dump()).toEqual(before)
    }),
    { numRuns: RUNS },
  )
})

test('a processor that wrote the state before the events is caught', async () => {
  const found = await fc.check(
    fc.asyncProperty(oneDevice, misfortune, async (records, random) => {
      const faulty = await faultyRun(records, random, FAULTS, { variant: { store: stateBeforeEvents } })
      expect(faulty).toEqual(await cleanRun(records))
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect(found.failed).toBe(true)
})

/**
 * Some records again, each somewhere after it came first. Not those that were refused: a copy of one of them is another
 * record to refuse, or, once a configuration has come, to accept.
 */
async function withCopies(records: NewRecord[], random: Random): Promise<NewRecord[]> {
  const world = await given(memoryStore())
  await world.when(...records)
  const refused = new Set(world.store.dump().quarantine.map(({ position }) => position))
  const good = world.log
    .filter(({ position }) => !refused.has(position))
    .map(({ position: _, ...record }) => record)
  let came = 0
  return records.flatMap((record, n) => {
    if (!refused.has(world.log[n]?.position ?? '')) came++
    const copies: NewRecord[] = []
    while (came > 0 && random.chance(0.3)) copies.push(good[random.below(came)] as NewRecord)
    return [record, ...copies]
  })
}
