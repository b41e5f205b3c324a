import { expect, test } from 'vitest'
import { efficiencyOf } from '../../energy/efficiency.ts'

test.each([
  [9.2, 10, 0.92, 'excellent'],
  [9.199, 10, 0.9199, 'good'],
  [8.5, 10, 0.85, 'good'],
  [8.499, 10, 0.8499, 'warning'],
  [7.5, 10, 0.75, 'warning'],
  [7.499, 10, 0.7499, 'critical'],
  [0, 10, 0, 'critical'],
])('%d kWh DC of %d kWh AC is %d: %s', (dc, ac, ratio, status) => {
  expect(efficiencyOf(dc, ac)).toEqual({ ratio, status })
})

test('what is shown as 0.85 is good (meter and vehicle ingestion document: 127.9617 of 150.5432 kWh)', () => {
  expect(efficiencyOf(127.9617, 150.5432)).toEqual({ ratio: 0.85, status: 'good' })
})

test('there is none where no AC was consumed', () => {
  expect(efficiencyOf(5, 0)).toEqual({ ratio: null, status: null })
  expect(efficiencyOf(0, 0)).toEqual({ ratio: null, status: null })
  expect(efficiencyOf(5, -1)).toEqual({ ratio: null, status: null })
})
