/** SAE J1772 and IEC 61851-1: the pilot's duty cycle and the current it offers. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ampsOfDuty, dutyOfAmps, isDigitalDuty } from '../../energy/duty-cycle.ts'

test.each([
  [8, 4.8],
  [10, 6],
  [40, 24],
  [85, 51],
  [90, 65],
  [96, 80],
  [96.5, 80],
  [97, 80],
])('a duty of %d offers %d A', (duty, amps) => {
  expect(ampsOfDuty(duty)).toBeCloseTo(amps, 9)
})

test.each([0, 5, 7.9, 97.1, 100])('a duty of %d offers none', (duty) => {
  expect(ampsOfDuty(duty)).toBeNull()
})

test('just above 85 % the second formula begins, at 52.5 A', () => {
  expect(ampsOfDuty(85.001)).toBeCloseTo(52.5, 1)
})

test.each([
  [6, '10.0'],
  [16, '26.7'],
  [24, '40.0'],
  [32, '53.3'],
  [51, '85.0'],
  [52.5, '85.0'],
  [80, '96.0'],
])('%d A is a duty of %s', (amps, duty) => {
  expect(dutyOfAmps(amps)?.toFixed(1)).toBe(duty)
})

test.each([0, 5.9, 51.1, 52, 52.4, 80.1])('no duty offers %d A', (amps) => {
  expect(dutyOfAmps(amps)).toBeNull()
})

test('a current that has a duty is read back from it', () => {
  const current = fc.oneof(
    fc.double({ min: 6, max: 51, noNaN: true }),
    fc.double({ min: 52.51, max: 80, noNaN: true }),
  )
  fc.assert(
    fc.property(current, (amps) => {
      expect(ampsOfDuty(dutyOfAmps(amps) as number)).toBeCloseTo(amps, 9)
    }),
  )
})

test('a duty of 3 to 7 % is digital communication', () => {
  expect([2.9, 3, 5, 7, 7.1].map(isDigitalDuty)).toEqual([false, true, true, true, false])
})
