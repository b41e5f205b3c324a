/** The integral of what was reported, its gaps, and how far the two figures may be trusted (DESIGN §6). */
import { describe, expect, test } from 'vitest'
import { energyOf, metered, type Said, type Told } from './metered.ts'

/** One reading each `every` minutes for an hour, both ends included. */
function hourOf(every: number, said: (minutes: number) => Said): Told[] {
  return Array.from({ length: 60 / every + 1 }, (_, i) => [i * every, said(i * every)] as const)
}

describe('the integral', () => {
  test('takes the power as reported before V·I', () => {
    expect(metered(hourOf(1, () => ({ kw: 6, amps: 10, volts: 230 }))).energy_integral_kwh).toBe(6)
  })

  test('takes the voltage reported before the rated one', () => {
    const limits = { rated_voltage_v: 200 }
    expect(
      metered(
        hourOf(1, () => ({ amps: 16, volts: 230 })),
        { limits },
      ).energy_integral_kwh,
    ).toBe(3.68)
    expect(
      metered(
        hourOf(1, () => ({ amps: 16 })),
        { limits },
      ).energy_integral_kwh,
    ).toBe(3.2)
  })

  test('is null without any voltage', () => {
    const { energy_integral_kwh, peak_current_a, peak_power_kw } = metered(hourOf(1, () => ({ amps: 16 })))
    expect([energy_integral_kwh, peak_current_a, peak_power_kw]).toEqual([null, 16, null])
  })

  test('is a trapezoid between two samples', () => {
    expect(
      metered([
        [0, { kw: 0 }],
        [3, { kw: 6 }],
        [5, { kw: 3 }],
      ]).energy_integral_kwh,
    ).toBe(0.3)
  })

  test('takes each pair of samples with the voltage of its own time', () => {
    const told = [
      [0, { amps: 16, volts: 240 }],
      [1, { amps: 16, volts: 220 }],
    ] as const
    expect(metered(told).energy_integral_kwh).toBeCloseTo((16 * 0.23) / 60, 6)
  })

  test('goes on over a message without a sample', () => {
    const told = [
      [0, { kw: 6 }],
      [2, {}],
      [3, { kwh: 4 }],
      [5, { kw: 6 }],
    ] as const
    expect(metered(told).energy_integral_kwh).toBe(0.5)
  })

  test('has no energy from what flows back', () => {
    expect(metered(hourOf(1, () => ({ kw: -6 })))).toMatchObject({ energy_integral_kwh: 0, peak_power_kw: 0 })
    expect(metered(hourOf(1, () => ({ amps: -16, volts: 240 })))).toMatchObject({ energy_integral_kwh: 0 })
  })

  test('takes no sample beyond what could flow', () => {
    const told = hourOf(1, (minute) => ({ kw: minute === 30 ? 1_116_880_241 : 6 }))
    expect(metered(told)).toMatchObject({ energy_integral_kwh: 6, peak_power_kw: 6 })
    const limits = { rated_power_kw: 5 }
    expect(metered(told, { limits }).energy_integral_kwh).toBeNull()
  })
})

describe('a gap', () => {
  test('is more than five minutes without a sample', () => {
    expect(metered(hourOf(5, () => ({ kw: 6 }))).energy_integral_kwh).toBe(6)
    expect(metered(hourOf(6, () => ({ kw: 6 }))).energy_integral_kwh).toBeNull()
  })

  test('is three reports where the charger reports more seldom', () => {
    const limits = { report_interval_s: 600 }
    expect(
      metered(
        hourOf(30, () => ({ kw: 6 })),
        { limits },
      ).energy_integral_kwh,
    ).toBe(6)
    expect(
      metered(
        [
          [0, { kw: 6 }],
          [30.1, { kw: 6 }],
        ],
        { limits },
      ).energy_integral_kwh,
    ).toBeNull()
  })

  test('is not shortened by a charger that reports often', () => {
    const limits = { report_interval_s: 10 }
    expect(
      metered(
        hourOf(5, () => ({ kw: 6 })),
        { limits },
      ).energy_integral_kwh,
    ).toBe(6)
  })

  test('of hours is what a charger leaves that reports changes only: no energy is made up for it', () => {
    const told = [
      [0, { amps: 0 }],
      [1, { amps: 16 }],
      [181, { amps: 0 }],
      [600, {}],
    ] as const
    const limits = { rated_voltage_v: 240 }
    expect(metered(told, { limits })).toMatchObject({ energy_integral_kwh: 0.032, longest_gap_s: 25_140 })
  })
})

describe('the longest gap', () => {
  test('is the longest time without a word on energy, long or short', () => {
    expect(
      metered([
        [0, { kw: 1 }],
        [1, { kwh: 2 }],
        [4, { amps: 3 }],
        [5, {}],
      ]).longest_gap_s,
    ).toBe(180)
  })

  test('is not ended by a message that says nothing of energy, and lasts to the end of the session', () => {
    expect(
      metered([
        [0, { kw: 1 }],
        [5, {}],
        [10, {}],
        [11, { kw: 1 }],
      ]).longest_gap_s,
    ).toBe(660)
    expect(
      metered([
        [0, { kw: 1 }],
        [5, {}],
        [10, {}],
      ]).longest_gap_s,
    ).toBe(600)
  })

  test('begins with the session, not with its first sample', () => {
    expect(
      metered([
        [0, {}],
        [7, { kw: 1 }],
      ]).longest_gap_s,
    ).toBe(420)
  })
})

describe('the confidence', () => {
  const six = (register: (minutes: number) => number) => hourOf(1, (m) => ({ kw: 6, kwh: register(m) }))

  test('is high where register and integral agree within 2 %', () => {
    expect(energyOf(six((m) => (m / 10) * 1.019))).toEqual([6.114, 'high'])
    expect(energyOf(six((m) => (m / 10) * 0.981))).toEqual([5.886, 'high'])
  })

  test('is disputed where they differ by more and nothing explains it', () => {
    expect(energyOf(six((m) => (m / 10) * 1.03))).toEqual([6.18, 'disputed'])
    expect(energyOf(six((m) => (m / 10) * 0.97))).toEqual([5.82, 'disputed'])
  })

  test('is high where they differ by no more than a step of the register', () => {
    expect(
      energyOf([
        [0, { kwh: 0, kw: 1 }],
        [5, { kwh: 0.0933, kw: 1 }],
      ]),
    ).toEqual([0.0933, 'high'])
    expect(
      energyOf([
        [0, { kwh: 0, kw: 1 }],
        [5, { kwh: 0.0743, kw: 1 }],
      ]),
    ).toEqual([0.0743, 'high'])
  })

  test('is register where there are no samples to compare', () => {
    expect(energyOf(hourOf(1, (m) => ({ kwh: m / 10 })))).toEqual([6, 'register'])
  })

  test('is register where a gap explains the difference', () => {
    const told = [
      [0, { kwh: 0, kw: 6 }],
      [5, { kwh: 0.5, kw: 6 }],
      [65, { kwh: 6.5, kw: 6 }],
    ] as const
    expect(energyOf(told)).toEqual([6.5, 'register'])
  })

  test('is disputed where the gap is too short for the difference', () => {
    const told = [...six((m) => m / 5), [66, { kwh: 12.6, kw: 6 }] as const]
    expect(energyOf(told)).toEqual([12.6, 'disputed'])
  })

  test('is disputed where the integral has more than the register: a gap hides energy and makes none', () => {
    const told = [...six((m) => m / 20), [120, { kwh: 4, kw: 6 }] as const]
    expect(energyOf(told)).toEqual([4, 'disputed'])
  })

  test('is register where a step between two samples leaves the difference open', () => {
    // A leg of four minutes, told by its changes: 7.2 kW until the last, and half of it under the trapezoid.
    const told = [
      [0, { kwh: 0, kw: 7.2 }],
      [4, { kwh: 0.48, kw: 0 }],
    ] as const
    expect(energyOf(told)).toEqual([0.48, 'register'])
    expect(
      energyOf([
        [0, { kwh: 0, kw: 7.2 }],
        [4, { kwh: 0.6, kw: 0 }],
      ]),
    ).toEqual([0.6, 'disputed'])
  })

  test('is integral without a register, and the integral is the energy', () => {
    expect(energyOf(hourOf(1, () => ({ kw: 6 })))).toEqual([6, 'integral'])
  })

  test('is integral where the register only ever showed its opening reading', () => {
    expect(
      energyOf([
        [0, { kwh: 3, kw: 6 }],
        [5, { kw: 6 }],
        [10, { kw: 6 }],
      ]),
    ).toEqual([1, 'integral'])
  })

  test('is nothing without either', () => {
    expect(
      energyOf([
        [0, {}],
        [60, { amps: 16 }],
      ]),
    ).toEqual([null, null])
  })

  test('is disputed after a jump, however well the figures agree', () => {
    const told = six((m) => m / 10 + (m < 30 ? 0 : 1000))
    const { energy_kwh, energy_integral_kwh, energy_confidence } = metered(told)
    expect([energy_kwh, energy_integral_kwh, energy_confidence]).toEqual([5.9, 6, 'disputed'])
  })
})

test('the peaks are the highest that was reported', () => {
  const told = [
    [0, { amps: 10, volts: 230 }],
    [1, { amps: 32.1, volts: 229 }],
    [2, { amps: 16, volts: 231 }],
  ] as const
  expect(metered(told)).toMatchObject({ peak_current_a: 32.1, peak_power_kw: 7.3509 })
  expect(metered([[0, { kwh: 1 }]])).toMatchObject({ peak_current_a: null, peak_power_kw: null })
})
