import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  divideInt32,
  float,
  formatFixed,
  formatHex,
  multiplyInt32,
} from '../../firmware-model/c-arithmetic.ts'
import {
  currentAmps,
  hasDiodeFault,
  pilotMillivolts,
  pilotState,
} from '../../firmware-model/pilot-voltage.ts'
import { dutyCycle, NO_EDGES, onEdge } from '../../firmware-model/pwm-edges.ts'
import { nextSessionId, nextWord } from '../../firmware-model/random-words.ts'

describe('integers of the firmware', () => {
  it('a quotient is truncated towards zero, on both sides of it', () => {
    expect([divideInt32(7, 2), divideInt32(-7, 2), divideInt32(7, -2), divideInt32(-1, 3)]).toEqual([
      3, -3, -3, 0,
    ])
  })

  it('a product beyond 32 bits wraps', () => {
    expect(multiplyInt32(65_536, 65_536)).toBe(0)
    expect(multiplyInt32(2_147_483_647, 2)).toBe(-2)
  })
})

describe("printf's fixed notation", () => {
  it('a tie goes to the even digit', () => {
    expect([0.125, 0.375, 2.5, 3.5].map((x) => formatFixed(x, x < 1 ? 2 : 0))).toEqual([
      '0.12',
      '0.38',
      '2',
      '4',
    ])
  })

  it('what is no tie in binary is rounded by its exact value', () => {
    expect(formatFixed(float(0.1), 4)).toBe('0.1000')
    expect(formatFixed(1.005, 2)).toBe('1.00')
  })

  it('negative zero keeps its sign, and so does what rounds to it', () => {
    expect([formatFixed(-0, 2), formatFixed(-0.001, 2), formatFixed(0, 2)]).toEqual([
      '-0.00',
      '-0.00',
      '0.00',
    ])
  })

  it('is never further from the value than half a digit', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.integer({ min: 0, max: 6 }),
        (value, decimals) => {
          const text = formatFixed(value, decimals)
          expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(
            0.5 * 10 ** -decimals * (1 + 1e-9) + 1e-9,
          )
          expect(text).toMatch(decimals === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${decimals}}$`))
        },
      ),
    )
  })

  it('refuses what has no digits', () => {
    expect(() => formatFixed(Number.NaN, 2)).toThrow('no fixed notation')
  })

  it('hexadecimal words are unsigned and padded', () => {
    expect([formatHex(-1, 8), formatHex(0x1f, 4)]).toEqual(['ffffffff', '001f'])
  })
})

describe('random words', () => {
  it('follow from the seed by the recorded generator', () => {
    expect(nextWord(0)).toBe(1_013_904_223)
    expect(nextWord(1)).toBe(1_015_568_748)
  })

  it('four of them make a session id in five groups', () => {
    const { id, seed } = nextSessionId(486_847_130)
    expect(id).toBe('05df6131-0749-68dc-186c-ee8b2c95726e')
    expect(nextSessionId(seed).id).toBe('385b96f5-5528-3bd0-6e9e-dcefb9de6582')
  })
})

describe('the pilot', () => {
  it.each([
    [12_000, 'A'],
    [11_000, 'A'],
    [10_999, 'B'],
    [8_000, 'B'],
    [7_999, 'C'],
    [5_000, 'C'],
    [4_999, 'D'],
    [2_000, 'D'],
    [1_999, 'E'],
    [-2_000, 'E'],
    [-2_001, 'F'],
    [-12_000, 'F'],
  ])('%i mV is state %s with a tolerance of 1,000 mV', (mv, state) => {
    expect(pilotState(mv, 1000)).toBe(state)
  })

  it('millivolts are scaled before the bias is taken off', () => {
    const scale = { pilot_scale_num: 37, pilot_scale_den: 3, pilot_bias_mv: 20_000 }
    expect(pilotMillivolts(2568, scale)).toBe(11_672)
    expect(pilotMillivolts(-1, scale)).toBe(-20_012)
  })

  it('current is whole milliamperes, then a float', () => {
    expect(currentAmps(7, { current_scale_num: 33, current_scale_den: 2 })).toBe(float(0.115))
  })

  it('a low half-wave that comes up with the high one is a missing diode, where the oscillator runs', () => {
    expect(hasDiodeFault('C', -6_000, 1000)).toBe(true)
    expect(hasDiodeFault('C', -11_400, 1000)).toBe(false)
    expect(hasDiodeFault('E', 0, 1000)).toBe(false)
  })

  it.each(['B', 'C', 'D'] as const)(
    'in %s the low half-wave may come up by the tolerance, and no further',
    (state) => {
      expect(hasDiodeFault(state, -11_000, 1000)).toBe(false)
      expect(hasDiodeFault(state, -10_999, 1000)).toBe(true)
    },
  )
})

describe('the duty from edges', () => {
  const edges = (...list: [level: number, at_us: number][]) =>
    list.reduce((known, [level, at_us]) => onEdge(known, level, at_us), NO_EDGES)

  it('is high time over period, in single precision', () => {
    expect(dutyCycle(edges([1, 1000], [0, 1266], [1, 2000], [0, 2266]))).toBe(float(26.6))
  })

  it('is 100 where the pilot is high for all of the period', () => {
    expect(dutyCycle(edges([1, 1000], [1, 2000], [0, 3000]))).toBe(100)
  })

  it('is 0 before a whole period has been seen', () => {
    expect(dutyCycle(edges([1, 1000], [0, 1266]))).toBe(0)
    expect(dutyCycle(edges([0, 500], [1, 1000]))).toBe(0)
  })

  it('is 0 where the high time is longer than the period', () => {
    expect(dutyCycle(edges([1, 1000], [1, 2000], [0, 4000]))).toBe(0)
  })
})
