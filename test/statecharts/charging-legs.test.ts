import { expect, test } from 'vitest'
import { charger, MINUTE, type Report, T0 } from './charger.ts'

/** A charger that charges for an hour and says so every minute. */
const hour: Report[] = [
  [0, 'C', { kwh: 0 }],
  ...Array.from({ length: 59 }, (_, n): Report => [n + 1, 'telemetry', { kwh: (n + 1) / 20 }]),
  [60, 'A', { kwh: 3 }],
]

test('one stay in C is one leg, however often the silence limit passes in it', () => {
  const { ends } = charger(hour, { report_interval_s: 60 })
  expect(ends).toMatchObject([
    {
      charging_s: 3600,
      energy_kwh: 3,
      legs: [{ started_at: T0, ended_at: T0 + 60 * MINUTE, energy_kwh: 3 }],
    },
  ])
})

test('silence in it ends the leg when the charger was last heard', () => {
  const { ends } = charger(hour.slice(0, 31), { report_interval_s: 60 }, 120)
  expect(ends).toMatchObject([
    { end_reason: 'timeout', charging_s: 1800, legs: [{ ended_at: T0 + 30 * MINUTE }] },
  ])
})

test('a session that goes on after silence begins another leg', () => {
  const { ends } = charger([...hour.slice(0, 31), [90, 'C', { kwh: 2 }], [95, 'A', { kwh: 3 }]], {
    report_interval_s: 60,
  })
  expect(ends.at(-1)).toMatchObject({
    charging_s: 2100,
    legs: [{ ended_at: T0 + 30 * MINUTE }, { started_at: T0 + 90 * MINUTE, ended_at: T0 + 95 * MINUTE }],
  })
})
