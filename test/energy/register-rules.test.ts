/** Falls and rises of a register (DESIGN §6). */
import { describe, expect, test } from 'vitest'
import { energyOf, metered, meterOf, T0 } from './metered.ts'

const rated7 = { limits: { rated_power_kw: 7.4 } }

describe('a fall', () => {
  test('opens a segment whose baseline is 0, and the fallen reading counts', () => {
    const told = [
      [0, { kwh: 10 }],
      [60, { kwh: 14 }],
      [70, { kwh: 0.5 }],
      [130, { kwh: 3 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })

  test('as often as it happens', () => {
    const told = [0, 1, 0.25, 1, 0.5, 0.25].map((kwh, i) => [i * 10, { kwh }] as const)
    expect(energyOf(told)).toEqual([1 + 1 + 0.5 + 0.25, 'register'])
  })

  test('to more than could have flowed since the register was last seen is no energy', () => {
    const told = [
      [0, { kwh: 10 }],
      [60, { kwh: 14 }],
      [61, { kwh: 13 }],
      [121, { kwh: 15 }],
    ] as const
    expect(energyOf(told)).toEqual([6, 'disputed'])
  })

  test('counts what could have flowed since the register was last seen, however long it had stood still', () => {
    const idle = Array.from({ length: 49 }, (_, i) => [i * 10, { kwh: 5 }] as const)
    expect(energyOf([...idle, [490, { kwh: 4.5 }]])).toEqual([0, 'disputed'])
    expect(energyOf([...idle, [490, { kwh: 3 }]])).toEqual([3, 'register'])
  })

  test('of the last digit is none: what was counted is not counted again', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 5 }],
      [120, { kwh: 4.99 }],
      [180, { kwh: 5.01 }],
    ] as const
    expect(energyOf(told)).toEqual([5.01, 'register'])
  })

  test('of one whole step is none either', () => {
    expect(
      energyOf([
        [0, { kwh: 0 }],
        [60, { kwh: 1.02 }],
        [120, { kwh: 1.01 }],
      ]),
    ).toEqual([1.02, 'register'])
  })

  test('to almost nothing is a restart, however little had been counted', () => {
    expect(
      energyOf([
        [0, { kwh: 0 }],
        [1, { kwh: 0.009 }],
        [2, { kwh: 0.002 }],
      ]),
    ).toEqual([0.011, 'register'])
  })

  test('to 0 that stays leaves the energy as it was', () => {
    expect(
      energyOf([
        [0, { kwh: 0 }],
        [60, { kwh: 5 }],
        [61, { kwh: 0 }],
        [62, { kwh: 0 }],
      ]),
    ).toEqual([5, 'register'])
  })
})

describe('a rise beyond what could have flowed', () => {
  test('is not energy: it opens a segment and the session is disputed', () => {
    const told = [
      [0, { kwh: 0 }],
      [30, { kwh: 3 }],
      [31, { kwh: 60 }],
      [61, { kwh: 63 }],
    ] as const
    expect(energyOf(told, rated7)).toEqual([6, 'disputed'])
  })

  test('is measured by the rated power, with a tenth to spare', () => {
    expect(
      energyOf(
        [
          [0, { kwh: 1 }],
          [60, { kwh: 9.14 }],
        ],
        rated7,
      ),
    ).toEqual([8.14, 'register'])
    expect(
      energyOf(
        [
          [0, { kwh: 1 }],
          [60, { kwh: 9.16 }],
        ],
        rated7,
      ),
    ).toEqual([0, 'disputed'])
  })

  test('is 80 A at the rated voltage where no power is rated', () => {
    const at230 = { limits: { rated_voltage_v: 230 } }
    expect(
      energyOf(
        [
          [0, { kwh: 1 }],
          [60, { kwh: 1 + 20.24 }],
        ],
        at230,
      ),
    ).toEqual([20.24, 'register'])
    expect(
      energyOf(
        [
          [0, { kwh: 1 }],
          [60, { kwh: 1 + 20.26 }],
        ],
        at230,
      ),
    ).toEqual([0, 'disputed'])
  })

  test('is 80 A at 240 V where nothing is rated', () => {
    expect(
      energyOf([
        [0, { kwh: 1 }],
        [60, { kwh: 1 + 21.12 }],
      ]),
    ).toEqual([21.12, 'register'])
    expect(
      energyOf([
        [0, { kwh: 1 }],
        [60, { kwh: 1 + 21.14 }],
      ]),
    ).toEqual([0, 'disputed'])
  })

  test('is not one step of a 10 Wh register between two readings of one second', () => {
    expect(
      energyOf(
        [
          [0, { kwh: 1 }],
          [1 / 60, { kwh: 1.01 }],
        ],
        rated7,
      ),
    ).toEqual([0.01, 'register'])
  })

  test('is not one step between two readings of the same instant either', () => {
    const told = [
      [0, { kwh: 1 }],
      [0, { kwh: 1.01 }],
      [1, { kwh: 1.01 }],
    ] as const
    expect(energyOf(told, rated7)).toEqual([0.01, 'register'])
  })

  test('is one when the steps come faster than the power', () => {
    const stepping = Array.from({ length: 61 }, (_, s) => [s / 60, { kwh: 1 + s / 100 }] as const)
    const { energy_kwh, energy_confidence } = metered(stepping, rated7)
    expect(energy_confidence).toBe('disputed')
    expect(energy_kwh).toBeLessThan((7.4 * 1.1) / 60 + 0.01)
  })

  test('is not what was seen late, and then sooner', () => {
    // 7.4 kW on a register that is renewed once a minute and read 80 s and 120 s after the first reading.
    const told = [
      [0, { kwh: 1 }],
      [80 / 60, { kwh: 1.1233 }],
      [2, { kwh: 1.2467 }],
    ] as const
    expect(energyOf(told, rated7)).toEqual([0.2467, 'register'])
  })

  test('is not what a register shows that is renewed less often than it is read', () => {
    const renewed = [0, 10, 20, 30, 40, 50, 60, 61].map((s) => [s / 60, { kwh: s < 60 ? 1 : 1.12 }] as const)
    expect(energyOf(renewed, rated7)).toEqual([0.12, 'register'])
  })
})

describe('readings out of their order are a fault of the caller', () => {
  test('and make nothing negative', () => {
    const told = [
      [10, { kwh: 1, kw: 6 }],
      [15, { kwh: 1.5, kw: 6 }],
      [5, { kwh: 1.6, kw: 6 }],
      [8, { kwh: 0.5 }],
    ] as const
    const { energy_kwh, energy_integral_kwh } = metered(told)
    expect(energy_kwh).toBeGreaterThanOrEqual(0.5)
    expect(energy_integral_kwh).toBe(0.5)
  })
})

describe('never negative', () => {
  test('a register of −0 is one of 0, before and after it is stored', () => {
    const before = { kwh: -0, at: T0 - 1 }
    for (const said of [{}, { kwh: -0 }]) {
      const meter = meterOf(
        [
          [0, said],
          [1, { kwh: -0 }],
        ],
        { before },
      )
      expect(JSON.parse(JSON.stringify(meter))).toEqual(meter)
    }
  })

  test('a negative register is no reading', () => {
    expect(
      energyOf([
        [0, { kwh: -3 }],
        [10, { kwh: -2 }],
      ]),
    ).toEqual([null, null])
    expect(
      energyOf([
        [0, { kwh: 1 }],
        [10, { kwh: -2 }],
        [60, { kwh: 2 }],
      ]),
    ).toEqual([1, 'register'])
    expect(
      energyOf(
        [
          [0, {}],
          [10, { kwh: 1 }],
        ],
        { before: { kwh: -5, at: T0 - 1 } },
      ),
    ).toEqual([0, 'register'])
  })
})
