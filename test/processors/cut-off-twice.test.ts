/** Two attempts that die one after the other, the second while it puts right what it thinks otherwise than the first. */
import { expect, test } from 'vitest'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { NewRecord } from '../../events/record.ts'
import { difference } from '../simulation/checkers.ts'
import { lawful } from '../simulation/law.ts'
import { cleanRun } from '../simulation/run.ts'
import { type Given, given, thingsOf } from './given.ts'
import { evse } from './messages.ts'

const DAY = 24 * 60
const kwh = (energy_delivered_kwh: number) => ({ energy_delivered_kwh })

/** Reads `before`; then attempts, each of so many records, that end before their `nth` write; and then one that ends well. */
async function cutOff(
  before: NewRecord[],
  records: NewRecord[],
  attempts: readonly [count: number, nth: number][],
): Promise<{ world: Given; died: number }> {
  let left = Number.POSITIVE_INFINITY
  const store = memoryStore({
    onWrite() {
      if (--left === 0) throw new Error('cut off')
    },
  })
  const world = await given(store, ...before)
  let died = 0
  const from = world.log.length
  const batch = records.map((record, n) => ({ ...record, position: String(from + n + 1).padStart(20, '0') }))
  for (const [count, nth] of attempts) {
    left = nth
    const ended = await world.again(batch.slice(0, count)).then(
      () => true,
      () => false,
    )
    if (!ended) died++
  }
  left = Number.POSITIVE_INFINITY
  await world.again(batch)
  return { world, died }
}

const CASES: Record<string, { before: NewRecord[]; records: NewRecord[] }> = {
  'a session that silence had closed, and that goes on for the first of them alone': {
    before: [
      evse(0, 'C', { session_id: 's-1', ...kwh(1) }),
      evse(9 * DAY, null, { ...kwh(1), location: 'yard' }),
    ],
    records: [
      evse(9 * DAY + 20, 'C', { session_id: 's-1', ...kwh(2), location: 'garage' }),
      evse(9 * DAY + 10, 'E', kwh(1)),
    ],
  },
  'a session that for the first of them alone has a name': {
    before: [
      evse(0, 'A'),
      evse(1, 'B', { session_id: '', ...kwh(0) }),
      evse(DAY + 10, null, { ...kwh(0), location: 'yard' }),
    ],
    records: [
      evse(DAY + 30, null, { session_id: 's-1', ...kwh(0), location: 'garage' }),
      evse(DAY + 20, null, { session_id: 's-2', ...kwh(0) }),
    ],
  },
}

test.each(Object.entries(CASES))('%s, is as it was', async (_, { before, records }) => {
  const [first, second] = records as [NewRecord, NewRecord]
  const clean = await cleanRun([...before, second, first])
  let both = 0
  for (let one = 1; one <= 12; one++) {
    for (let two = 1; two <= 24; two++) {
      const { world, died } = await cutOff(before, records, [
        [1, one],
        [2, two],
      ])
      if (died === 2) both++
      const { dump } = world.store
      expect(difference(lawful(dump()), clean), `before its ${one}. write, and its ${two}.`).toBeNull()
      expect(thingsOf(world, 'session').length).toBeGreaterThan(0)
    }
  }
  expect(both).toBeGreaterThan(20)
})
