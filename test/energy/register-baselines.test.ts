/** What a session's register counts from (DESIGN §6). */
import { describe, expect, test } from 'vitest'
import { energyOf, T0 } from './metered.ts'

describe('the opening reading', () => {
  test('is a baseline and never a rise', () => {
    expect(energyOf([[0, { kwh: 3 }]])).toEqual([0, 'register'])
    expect(
      energyOf([
        [0, { kwh: 3 }],
        [30, { kwh: 5 }],
      ]),
    ).toEqual([2, 'register'])
  })

  test('is no baseline where the device announced its start: the register counts from 0', () => {
    const told = [
      [0, { kwh: 8.25 }],
      [20, { kwh: 1.5 }],
      [60, { kwh: 4 }],
    ] as const
    expect(energyOf(told, { announced: true })).toEqual([4, 'register'])
  })

  test('of an announced start does not hide the reset when the next reading is already above it', () => {
    expect(
      energyOf(
        [
          [0, { kwh: 2 }],
          [60, { kwh: 6 }],
        ],
        { announced: true },
      ),
    ).toEqual([6, 'register'])
  })

  test('is its own moment: later messages without a register leave the energy unknown', () => {
    expect(
      energyOf([
        [0, { kwh: 3 }],
        [30, {}],
      ]),
    ).toEqual([null, null])
    expect(
      energyOf(
        [
          [0, { kwh: 3 }],
          [30, {}],
        ],
        { announced: true },
      ),
    ).toEqual([null, null])
  })

  test('may be repeated by the next message: that measures 0', () => {
    expect(
      energyOf([
        [0, { kwh: 3 }],
        [1, { kwh: 3 }],
      ]),
    ).toEqual([0, 'register'])
  })
})

describe('a session that the device did not announce', () => {
  const before = { kwh: 40, at: T0 - 86_400_000 }

  test('continues from the last reading before, where the register has not fallen', () => {
    expect(
      energyOf(
        [
          [0, {}],
          [30, { kwh: 42.5 }],
        ],
        { before },
      ),
    ).toEqual([2.5, 'register'])
    expect(
      energyOf(
        [
          [0, {}],
          [30, { kwh: 40 }],
        ],
        { before },
      ),
    ).toEqual([0, 'register'])
  })

  test('counts from 0 where the register has fallen since', () => {
    expect(
      energyOf(
        [
          [0, {}],
          [30, { kwh: 2.5 }],
        ],
        { before },
      ),
    ).toEqual([2.5, 'register'])
    expect(
      energyOf(
        [
          [0, {}],
          [1, { kwh: 0 }],
          [600, { kwh: 41 }],
        ],
        { before },
      ),
    ).toEqual([41, 'register'])
  })

  test('takes its own opening reading, not the one before', () => {
    expect(
      energyOf(
        [
          [0, { kwh: 41 }],
          [30, { kwh: 42.5 }],
        ],
        { before },
      ),
    ).toEqual([1.5, 'register'])
  })

  test('gains nothing from what an earlier, unheard session put on the register', () => {
    const told = [
      [0, {}],
      [30, { kwh: 300 }],
      [60, { kwh: 302 }],
    ] as const
    expect(energyOf(told, { before })).toEqual([2, 'register'])
  })

  test('may open before its own reset, and has 0 from then on', () => {
    expect(
      energyOf([
        [0, { kwh: 4 }],
        [1, { kwh: 0 }],
        [30, {}],
      ]),
    ).toEqual([0, 'register'])
  })

  test('may open before its own reset: a fall straight after the opening reading counts from 0', () => {
    expect(
      energyOf([
        [0, { kwh: 4 }],
        [1, { kwh: 0 }],
        [60, { kwh: 6 }],
      ]),
    ).toEqual([6, 'register'])
  })
})

describe('after the device announced a start inside the session', () => {
  test('the register counts from 0 again, on top of what was counted', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 4 }],
      [62, 'announced'],
      [92, { kwh: 2 }],
    ] as const
    expect(energyOf(told)).toEqual([6, 'register'])
  })

  test('a reading above the stale one does not hide the reset', () => {
    expect(
      energyOf([
        [0, { kwh: 4 }],
        [1, 'announced'],
        [61, { kwh: 5 }],
      ]),
    ).toEqual([5, 'register'])
  })

  test('a register that cannot have counted from 0 since continues from where it stood', () => {
    const told = [
      [0, { kwh: 900 }],
      [60, { kwh: 905 }],
      [62, 'announced'],
      [92, { kwh: 907 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })
})

describe('a lifetime register goes on after a start that is announced inside the session', () => {
  test('although it had just dropped out', () => {
    const told = [
      [0, { kwh: 900 }],
      [60, { kwh: 905 }],
      [61, { kwh: 0 }],
      [62, 'announced'],
      [92, { kwh: 907 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })

  test('with all that may have flowed since it last moved', () => {
    const told = [
      [0, { kwh: 900 }],
      [60, { kwh: 905 }],
      [70, { kwh: 905 }],
      [70, 'announced'],
      [71, { kwh: 907 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })
})

describe('a lifetime register', () => {
  test('shows more than could have been delivered since the announced start: its baseline is the first reading', () => {
    const told = [
      [0, { kwh: 909.9 }],
      [10, { kwh: 910.5 }],
      [20, { kwh: 911 }],
    ] as const
    expect(energyOf(told, { announced: true })).toEqual([1.1, 'register'])
  })

  test('is found out at any later reading of a start that showed nothing', () => {
    const told = [
      [0, {}],
      [10, { kwh: 910.5 }],
      [20, { kwh: 911 }],
    ] as const
    expect(energyOf(told, { announced: true })).toEqual([0.5, 'register'])
  })

  test('continues from the reading before, where the announced start showed nothing', () => {
    const before = { kwh: 909.9, at: T0 - 3_600_000 }
    expect(
      energyOf(
        [
          [0, {}],
          [10, { kwh: 910.5 }],
        ],
        { announced: true, before },
      ),
    ).toEqual([0.6, 'register'])
  })

  test('is decided per session: the next one may count from 0', () => {
    const before = { kwh: 911, at: T0 - 3_600_000 }
    expect(
      energyOf(
        [
          [0, { kwh: 911 }],
          [10, { kwh: 0.6 }],
        ],
        { announced: true, before },
      ),
    ).toEqual([0.6, 'register'])
  })

  test('that only showed itself once measures nothing', () => {
    expect(
      energyOf(
        [
          [0, {}],
          [10, { kwh: 910.5 }],
          [20, {}],
        ],
        { announced: true },
      ),
    ).toEqual([null, null])
  })
})
