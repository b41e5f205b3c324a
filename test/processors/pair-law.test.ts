import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pairId } from '../../events/pair-id.ts'
import type { NewRecord } from '../../events/record.ts'
import { withDuplicates } from '../simulation/arrivals.ts'
import { feedAfterWriting } from '../simulation/broken.ts'
import { type Record0, randomOf } from '../simulation/device-life.ts'
import { cleanRun, faultyRun } from '../simulation/run.ts'
import '../steady-seed.ts'
import { CHARGER, config, evse, THERMOSTAT, thermostat, until } from './messages.ts'

const RUNS = 300
const FAULTS = { mishaps: 0.5, reshards: 0, backlog: 1_000 }
const misfortune = fc.integer().map(randomOf)

const circuits = fc.constantFrom(
  { location: 'house', interlock_circuit: 'main' },
  { location: 'house', interlock_circuit: 'main', interlock_debounce_s: 120, report_interval_s: 60 },
  { location: 'barn', interlock_circuit: 'main' },
  { location: 'house' },
)
const members = fc.constantFrom(
  [CHARGER, 'evse'] as const,
  ['dev-2', 'evse'] as const,
  [THERMOSTAT, 'thermostat'] as const,
)
/** Most words come at once; some are late, and some are of a clock that is ahead. */
const off = fc.constantFrom(0, 0, 0, 0, -0.1, -30, 60)

type Said = (minute: number) => NewRecord

const word: fc.Arbitrary<Said> = fc.oneof(
  {
    arbitrary: fc.tuple(fc.constantFrom(CHARGER, 'dev-2'), fc.constantFrom(0, 16, 32), off).map(
      ([device_id, current_draw, minutes]): Said =>
        (minute) =>
          evse(
            minute + minutes,
            current_draw > 0 ? 'C' : 'B',
            { device_id, current_draw },
            { received: minute },
          ),
    ),
    weight: 5,
  },
  {
    arbitrary: fc.tuple(fc.boolean(), off).map(
      ([heating_call, minutes]): Said =>
        (minute) =>
          thermostat(minute + minutes, { heating_call }, { received: minute }),
    ),
    weight: 5,
  },
  {
    arbitrary: fc.tuple(members, circuits, fc.constantFrom(-30, 0, 30)).map(
      ([[device_id, device_type], circuit, ahead]): Said =>
        (minute) =>
          config(minute, device_id, { device_type, ...circuit }, { from: minute + ahead }),
    ),
    weight: 2,
  },
  {
    arbitrary: fc.constantFrom(CHARGER, THERMOSTAT, pairId('house', 'main'), pairId('barn', 'main')).map(
      (device_id): Said =>
        (minute) =>
          until(minute, device_id),
    ),
    weight: 2,
  },
)

const wait = fc.constantFrom(0, 0.05, 0.2, 1, 30, 2000)

/**
 * Two chargers and a thermostat, of which one has been on another circuit, and what they say, in the order in which it
 * came. All have spoken: the sweep tells the time only to what is known.
 */
const house: fc.Arbitrary<Record0[]> = fc
  .array(fc.record({ wait, word }), { minLength: 1, maxLength: 30 })
  .map((steps) => {
    const circuit = { location: 'house', interlock_circuit: 'main' }
    let minute = 0
    const said = steps.map((step) => {
      minute += step.wait
      return step.word(minute)
    })
    return [
      config(-3, CHARGER, { device_type: 'evse', ...circuit, rated_voltage_v: 240 }),
      config(-3, 'dev-2', { device_type: 'evse', ...circuit, location: 'barn' }),
      config(-3, THERMOSTAT, { device_type: 'thermostat', ...circuit }),
      evse(-2, 'A', { device_id: CHARGER }),
      evse(-2, 'A', { device_id: 'dev-2' }),
      config(-1, 'dev-2', { device_type: 'evse', ...circuit }),
      ...said,
    ]
  })

test('any batching, duplication and crash points of the members give the rows of the clean run, the pair’s too', async () => {
  let decided = 0
  await fc.assert(
    fc.asyncProperty(house, misfortune, async (records, random) => {
      const clean = await cleanRun(records)
      decided += clean.summaries?.length ?? 0
      expect(await faultyRun(withDuplicates(records, random, 0.3), random, FAULTS)).toEqual(clean)
    }),
    { numRuns: RUNS },
  )
  expect(decided).toBeGreaterThan(RUNS)
})

test('a processor that feeds pairs when it has written is caught', async () => {
  const found = await fc.check(
    fc.asyncProperty(house, misfortune, async (records, random) => {
      const faulty = await faultyRun(records, random, FAULTS, { variant: { ports: feedAfterWriting } })
      expect(faulty).toEqual(await cleanRun(records))
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect(found.failed).toBe(true)
})
