/** Faults that hurt others, each with its source. Those of cutting sessions are the session chart's tests. */
import { describe, expect, test } from 'vitest'
import { energyOf, metered, T0 } from './metered.ts'

const HOUR_AGO = T0 - 3_600_000

describe('citrineos-core PR 1060: Begin = 0 after an offline reboot, then 909,948 Wh', () => {
  const told = [
    [0, { kwh: 0 }],
    [2, { kwh: 909.948 }],
    [4, { kwh: 910.031 }],
  ] as const

  test('a lifetime register is never the energy of a session', () => {
    expect(energyOf(told, { announced: true })).toEqual([0.083, 'disputed'])
    expect(energyOf(told)).toEqual([0.083, 'disputed'])
    expect(energyOf(told.slice(0, 2), { announced: true })).toEqual([0, 'disputed'])
  })

  test('the reading before the reboot, where there is one, makes it exact', () => {
    const before = { kwh: 909.865, at: HOUR_AGO }
    expect(energyOf(told.slice(0, 2), { announced: true, before })).toEqual([0.083, 'register'])
    expect(energyOf(told.slice(0, 2), { before })).toEqual([0.083, 'register'])
  })

  test('and a session register that honestly begins at 0 is not taken for one', () => {
    const before = { kwh: 4.2, at: HOUR_AGO }
    expect(
      energyOf(
        [
          [0, { kwh: 0 }],
          [120, { kwh: 9 }],
        ],
        { announced: true, before },
      ),
    ).toEqual([9, 'register'])
    expect(
      energyOf(
        [
          [0, { kwh: 0 }],
          [120, { kwh: 9 }],
        ],
        { before },
      ),
    ).toEqual([9, 'register'])
  })
})

test('evcc 29374: a null start register does not make the lifetime register the energy of the session', () => {
  const told = [
    [0, {}],
    [5, { kwh: 12_345.6 }],
    [65, { kwh: 12_350.1 }],
  ] as const
  expect(energyOf(told)).toEqual([4.5, 'register'])
  expect(energyOf(told, { announced: true })).toEqual([4.5, 'register'])
  expect(energyOf(told.slice(0, 2))).toEqual([0, 'register'])
})

test('evcc 29654: a total that restarts at 0 after a restart goes on counting', () => {
  const told = [
    [0, { kwh: 0 }],
    [60, { kwh: 6 }],
    [70, { kwh: 0.4 }],
    [130, { kwh: 5 }],
  ] as const
  expect(energyOf(told, { announced: true })).toEqual([11, 'register'])
})

test.each([['5696'], ['13640'], ['7005']])(
  'evcc %s: a session cut in two by a restart does not hold the energy of the first part again',
  () => {
    const first = energyOf([
      [0, { kwh: 0 }],
      [60, { kwh: 7 }],
    ])
    const before = { kwh: 7, at: T0 }
    const second = energyOf(
      [
        [0, { kwh: 7 }],
        [60, { kwh: 9 }],
      ],
      { before },
    )
    const unsaid = energyOf(
      [
        [0, {}],
        [60, { kwh: 9 }],
      ],
      { before },
    )
    expect([first, second, unsaid]).toEqual([
      [7, 'register'],
      [2, 'register'],
      [2, 'register'],
    ])
  },
)

describe('lbbrhzn/ocpp 374: a register that drops out for a while', () => {
  test('to 0, continues from the value before and is never counted twice', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [61, { kwh: 0 }],
      [62, { kwh: 0 }],
      [90, { kwh: 7 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })

  test('to nothing at all, likewise', () => {
    expect(
      energyOf([
        [0, { kwh: 0 }],
        [60, { kwh: 6 }],
        [61, {}],
        [90, { kwh: 7 }],
      ]),
    ).toEqual([7, 'register'])
  })

  test('comes back at the very value before: nothing flowed', () => {
    expect(
      energyOf([
        [0, { kwh: 0 }],
        [60, { kwh: 6 }],
        [61, { kwh: 0 }],
        [62, { kwh: 6 }],
      ]),
    ).toEqual([6, 'register'])
  })

  test('even straight after the opening reading of a lifetime register', () => {
    expect(
      energyOf([
        [0, { kwh: 900 }],
        [1, { kwh: 0 }],
        [30, { kwh: 901 }],
      ]),
    ).toEqual([1, 'register'])
  })

  test('with all that may have flowed since it last moved', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [70, { kwh: 6 }],
      [71, { kwh: 0 }],
      [72, { kwh: 8.5 }],
    ] as const
    expect(energyOf(told)).toEqual([8.5, 'register'])
  })

  test('and comes back a digit short', () => {
    const told = [
      [0, { kwh: 900 }],
      [60, { kwh: 906 }],
      [61, { kwh: 0 }],
      [62, { kwh: 905.99 }],
      [90, { kwh: 907 }],
    ] as const
    expect(energyOf(told)).toEqual([7, 'register'])
  })

  test('comes back below it: that was a restart', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [61, { kwh: 0 }],
      [90, { kwh: 2 }],
    ] as const
    expect(energyOf(told)).toEqual([8, 'register'])
  })

  test('comes back once the new count has shown itself: that was a restart too, and what it jumps is no energy', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [61, { kwh: 0.1 }],
      [62, { kwh: 6.1 }],
    ] as const
    expect(energyOf(told)).toEqual([6.1, 'disputed'])
  })

  test('comes back with more than could have flowed: that is no energy', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [61, { kwh: 0 }],
      [62, { kwh: 60 }],
    ] as const
    expect(energyOf(told)).toEqual([6, 'disputed'])
  })
})

test('lbbrhzn/ocpp 1069: a meter that moved after the stop does not start a session below zero', () => {
  const before = { kwh: 104.2, at: HOUR_AGO }
  expect(
    energyOf(
      [
        [0, { kwh: 104.5 }],
        [1, { kwh: 104.4 }],
        [31, { kwh: 106.4 }],
      ],
      { before },
    ),
  ).toEqual([2, 'disputed'])
  expect(
    energyOf([
      [0, { kwh: 104.2 }],
      [1, { kwh: 104.195 }],
      [31, { kwh: 106.2 }],
    ]),
  ).toEqual([2, 'register'])
})

test('lbbrhzn/ocpp 1741: a start register that is lost leaves what was measured since, not the whole register', () => {
  const told = [
    [0, {}],
    [15, { kwh: 2210 }],
    [45, { kwh: 2213 }],
  ] as const
  expect(energyOf(told, { announced: true })).toEqual([3, 'register'])
  expect(energyOf(told, { before: { kwh: 2209.5, at: HOUR_AGO } })).toEqual([3.5, 'register'])
})

test('SteVe 1293: a second stop for one session adds nothing', () => {
  expect(
    energyOf([
      [0, { kwh: 0 }],
      [60, { kwh: 6 }],
      [61, { kwh: 6 }],
      [62, { kwh: 6 }],
    ]),
  ).toEqual([6, 'register'])
})

test('SteVe 1297: a stop register below the start is no negative energy', () => {
  expect(
    energyOf([
      [0, { kwh: 500 }],
      [60, { kwh: 499 }],
    ]),
  ).toEqual([0, 'disputed'])
})

describe('ACN files', () => {
  test('a trailing unplugged row with register 0 does not reset the energy', () => {
    const told = [
      [0, { kwh: 0 }],
      [60, { kwh: 4.216 }],
      [75, { kwh: 0, amps: 0 }],
    ] as const
    expect(energyOf(told)).toEqual([4.216, 'register'])
    expect(energyOf(told, { announced: true })).toEqual([4.216, 'register'])
  })

  test('byte-identical duplicates change nothing', () => {
    const once = [
      [0, { kwh: 0, kw: 6 }],
      [5, { kwh: 0.5, kw: 6 }],
      [10, { kwh: 1, kw: 6 }],
    ] as const
    const twice = once.flatMap((told) => [told, told, told])
    expect(metered(twice)).toEqual(metered(once))
  })

  test('the same timestamp with different values, in either order: the higher stands, and neither is a fall', () => {
    const at5 = [
      [5, { kwh: 1.04 }],
      [5, { kwh: 1.01 }],
    ] as const
    for (const both of [at5, [...at5].reverse()]) {
      expect(energyOf([[0, { kwh: 0.6 }], ...both, [10, { kwh: 1.5 }]])).toEqual([0.9, 'register'])
    }
  })

  test('a gap of 20 minutes is no energy of the integral, is named, and explains the difference', () => {
    const told = [0, 5, 10, 30, 35].map((m) => [m, { kwh: m / 10, kw: 6 }] as const)
    expect(metered(told)).toMatchObject({
      energy_kwh: 3.5,
      energy_integral_kwh: 1.5,
      longest_gap_s: 1200,
      energy_confidence: 'register',
    })
  })
})

describe('the reference firmware', () => {
  test('sends the energy of the session before in its session_start', () => {
    const told = [
      [0, { kwh: 0.067998 }],
      [0.1, { kwh: 0 }],
      [0.2, { kwh: 0.004267 }],
    ] as const
    expect(energyOf(told, { announced: true })).toEqual([0.004267, 'register'])
  })

  test('jumps from 0.0008 to 1,817,948 kWh at a time sync: no energy, and what follows counts', () => {
    const told = [
      [0, { kwh: 0 }],
      [0.1, { kwh: 0.0008 }],
      [0.2, { kwh: 1_817_948 }],
      [60, { kwh: 1_817_950 }],
    ] as const
    expect(energyOf(told, { announced: true })).toEqual([2.0008, 'disputed'])
  })

  test('lets a leftover register run on through a session that A to C opened', () => {
    const before = { kwh: 0.0235, at: HOUR_AGO }
    expect(
      energyOf(
        [
          [0, { kwh: 0.0235 }],
          [60, { kwh: 3.0235 }],
        ],
        { before },
      ),
    ).toEqual([3, 'register'])
  })
})
