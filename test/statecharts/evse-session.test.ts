import { describe, expect, test } from 'vitest'
import { isQuiescent } from '../../statecharts/chart.ts'
import { evseSession } from '../../statecharts/evse-session.ts'
import { charger, MINUTE, T0 } from './charger.ts'

const DAY = 24 * 60

describe('a session is plug-in to unplug', () => {
  test('A, B, C, B, A is one session with its energy, times and one leg', () => {
    const { told, path } = charger([
      [0, 'A', { kwh: 0 }],
      [1, 'B', { kwh: 0, id: 's-1' }],
      [2, 'C', { kwh: 0, amps: 16, id: 's-1' }],
      [62, 'B', { kwh: 3.84, amps: 0, id: 's-1' }],
      [70, 'A', { kwh: 3.84, id: 's-1' }],
    ])
    expect(told).toMatchObject([
      { type: 'session_start', minute: 1, device_session_id: 's-1', ended_at: null, end_reason: null },
      {
        type: 'session_end',
        minute: 70,
        started_at: T0 + MINUTE,
        ended_at: T0 + 70 * MINUTE,
        duration_s: 69 * 60,
        charging_s: 3600,
        energy_kwh: 3.84,
        end_reason: 'unplugged',
        revision: 1,
        legs: [{ started_at: T0 + 2 * MINUTE, ended_at: T0 + 62 * MINUTE, energy_kwh: 3.84 }],
      },
    ])
    expect(path).toBe('unplugged')
  })

  test('A to C opens a session as much as A to B', () => {
    expect(
      charger([
        [0, 'A'],
        [1, 'C'],
        [2, 'A'],
      ]).types,
    ).toEqual(['session_start', 'session_end'])
  })

  test('A to D opens one too, and D charges', () => {
    const { ends } = charger([
      [0, 'A'],
      [1, 'D'],
      [31, 'A'],
    ])
    expect(ends).toMatchObject([{ charging_s: 1800 }])
  })

  test('a charger first heard of in the middle of a session has one from then on', () => {
    expect(
      charger([
        [0, 'C', { kwh: 5 }],
        [60, 'A', { kwh: 8 }],
      ]).ends,
    ).toMatchObject([{ energy_kwh: 3 }])
  })

  test('repeating a state changes nothing', () => {
    const once = charger([
      [0, 'A'],
      [1, 'C'],
      [30, 'A'],
    ])
    const often = charger([
      [0, 'A'],
      [0.5, 'A'],
      [1, 'C'],
      [2, 'C'],
      [3, 'C'],
      [30, 'A'],
      [31, 'A'],
    ])
    expect(often.types).toEqual(once.types)
    expect(often.ends[0]?.legs).toEqual(once.ends[0]?.legs)
  })

  test('several stops for one session are one end (SteVe 1293)', () => {
    const stops = charger([
      [0, 'B'],
      [1, 'C'],
      [9, 'A', { announced: 'session_end' }],
      [9.1, 'A', { announced: 'session_end' }],
    ])
    expect(stops.types).toEqual(['session_start', 'session_end'])
  })

  test('two pauses make three legs in one session (evcc 16313: plug, transaction and leg are three levels)', () => {
    const { ends } = charger([
      [0, 'B', { kwh: 0 }],
      [1, 'C', { kwh: 0 }],
      [11, 'B', { kwh: 1 }],
      [20, 'C', { kwh: 1 }],
      [30, 'B', { kwh: 2.5 }],
      [40, 'C', { kwh: 2.5 }],
      [50, 'A', { kwh: 3 }],
    ])
    expect(ends).toHaveLength(1)
    expect(ends[0]?.legs).toMatchObject([{ energy_kwh: 1 }, { energy_kwh: 1.5 }, { energy_kwh: 0.5 }])
    expect(ends[0]?.charging_s).toBe(30 * 60)
  })

  test('a night of flicker keeps its charging time and does not outgrow its state', () => {
    const reports: [number, 'B' | 'C'][] = []
    for (let minute = 0; minute < 600; minute += 2) reports.push([minute, 'C'], [minute + 1, 'B'])
    const { ends } = charger([...reports, [600, 'A']])
    expect(ends[0]?.charging_s).toBe(300 * 60)
    expect(ends[0]?.legs).toHaveLength(100)
    expect(ends[0]?.legs_merged).toBe(200)
  })
})

describe('faults (J1772 states E and F)', () => {
  test('a fault that clears keeps the session open, and ends the leg', () => {
    const { types, ends } = charger([
      [0, 'C'],
      [10, 'F'],
      [14, 'C'],
      [24, 'A'],
    ])
    expect(types).toEqual(['session_start', 'session_end'])
    expect(ends[0]).toMatchObject({ end_reason: 'unplugged', charging_s: 20 * 60 })
  })

  test('a fault that stays closes the session', () => {
    const { ends, path } = charger(
      [
        [0, 'C'],
        [10, 'E'],
      ],
      {},
      60,
    )
    expect(ends).toMatchObject([{ end_reason: 'fault', minute: 25, ended_at: T0 + 25 * MINUTE }])
    expect(path).toBe('unavailable')
  })

  test('how long it may stay is configured', () => {
    expect(
      charger(
        [
          [0, 'C'],
          [10, 'E'],
        ],
        { fault_close_s: 60 },
        60,
      ).ends,
    ).toMatchObject([{ minute: 11 }])
  })

  test('E to F is the same fault going on', () => {
    expect(
      charger(
        [
          [0, 'C'],
          [10, 'E'],
          [20, 'F'],
        ],
        {},
        60,
      ).ends,
    ).toMatchObject([{ minute: 25 }])
  })

  test('a fault without a car is no session', () => {
    const { types, path } = charger(
      [
        [0, 'A'],
        [1, 'F'],
        [100, 'E'],
        [200, 'A'],
      ],
      {},
      300,
    )
    expect(types).toEqual([])
    expect(path).toBe('unplugged')
  })

  test('after a fault has closed a session, the car that charges again opens the next', () => {
    expect(
      charger([
        [0, 'C'],
        [10, 'E'],
        [60, 'C'],
        [70, 'A'],
      ]).types,
    ).toEqual(['session_start', 'session_end', 'session_start', 'session_end'])
  })
})

describe('superseded', () => {
  test('another session id ends the open session and begins the next', () => {
    const { told, ends } = charger([
      [0, 'C', { kwh: 0, id: 'one' }],
      [30, 'C', { kwh: 2, id: 'one' }],
      [60, 'C', { kwh: 0.5, id: 'two' }],
      [90, 'A', { kwh: 1.5, id: 'two' }],
    ])
    expect(told.map(({ type, device_session_id }) => [type, device_session_id])).toEqual([
      ['session_start', 'one'],
      ['session_end', 'one'],
      ['session_start', 'two'],
      ['session_end', 'two'],
    ])
    expect(ends).toMatchObject([
      { end_reason: 'superseded', energy_kwh: 2, charging_s: 3600 },
      { end_reason: 'unplugged', energy_kwh: 1, charging_s: 1800 },
    ])
  })

  test('an empty id is no id', () => {
    expect(
      charger([
        [0, 'C', { id: 'one' }],
        [5, 'B', { id: '' }],
        [9, 'A'],
      ]).ends,
    ).toHaveLength(1)
  })

  test('the id of a finished session is no id', () => {
    const { ends } = charger([
      [0, 'C', { id: 'one' }],
      [5, 'A', { id: 'one' }],
      [6, 'C', { id: 'one' }],
      [7, 'C', { id: 'two' }],
      [9, 'A', { id: 'two' }],
    ])
    expect(ends.map((end) => end.device_session_id)).toEqual(['one', 'two'])
  })

  test('a restart without unplugging stays one session (evcc 13640, 5696, 7005)', () => {
    const { ends } = charger([
      [0, 'C', { kwh: 0, id: 'one' }],
      [60, 'C', { kwh: 4, id: 'one' }],
      [62, 'B', { kwh: 0, announced: 'session_start' }],
      [63, 'C', { kwh: 0 }],
      [93, 'A', { kwh: 2 }],
    ])
    expect(ends).toMatchObject([{ energy_kwh: 6 }])
  })
})

describe('silence', () => {
  test('a charger that reports changes only is silent for a night, and is not timed out', () => {
    expect(charger([[0, 'C', { kwh: 0 }]], {}, 6 * DAY).ends).toEqual([])
  })

  test('after seven days of silence the session ends when it was last heard', () => {
    const { ends, path } = charger(
      [
        [0, 'B'],
        [30, 'C'],
      ],
      {},
      8 * DAY,
    )
    expect(ends).toMatchObject([{ end_reason: 'timeout', minute: 7 * DAY + 30, ended_at: T0 + 30 * MINUTE }])
    expect(path).toBe('silent')
  })

  test('a session that never stops is timed out (SteVe 292), sooner where reports are due', () => {
    expect(charger([[0, 'C']], { report_interval_s: 60 }, 60).ends).toMatchObject([{ minute: 10 }])
  })

  test('telemetry is being heard', () => {
    const config = { report_interval_s: 60 }
    const reports: [number, 'C' | 'telemetry'][] = [
      [0, 'C'],
      [5, 'telemetry'],
      [12, 'telemetry'],
      [20, 'telemetry'],
    ]
    expect(charger(reports, config, 29).ends).toEqual([])
    expect(charger(reports, config, 30).ends).toMatchObject([{ minute: 30, ended_at: T0 + 20 * MINUTE }])
  })

  test('the same session id after a timeout continues the session', () => {
    const { told } = charger([
      [0, 'C', { id: 'one', kwh: 0 }],
      [8 * DAY, 'C', { id: 'one', kwh: 5 }],
      [8 * DAY + 60, 'A', { id: 'one', kwh: 6 }],
    ])
    expect(told).toMatchObject([
      { type: 'session_start' },
      { type: 'session_end', end_reason: 'timeout' },
      { type: 'session_continued', started_at: T0, revision: 2 },
      { type: 'session_end', end_reason: 'unplugged', started_at: T0, energy_kwh: 6, revision: 2 },
    ])
  })

  test('so does a register that has not fallen', () => {
    const { types } = charger([
      [0, 'C', { kwh: 3 }],
      [8 * DAY, 'B', { kwh: 3 }],
    ])
    expect(types).toEqual(['session_start', 'session_end', 'session_continued'])
  })

  test('a register that has fallen, another id or an announced start is the next session', () => {
    for (const said of [
      { kwh: 1 },
      { kwh: 9, id: 'two' },
      { kwh: 9, announced: 'session_start' as const },
      {},
    ]) {
      const { types } = charger([
        [0, 'C', { kwh: 3, id: 'one' }],
        [8 * DAY, 'B', said],
      ])
      expect(types).toEqual(['session_start', 'session_end', 'session_start'])
    }
  })

  test('unplugged after a timeout is no second end', () => {
    expect(
      charger([
        [0, 'C'],
        [8 * DAY, 'A'],
      ]).types,
    ).toEqual(['session_start', 'session_end'])
  })
})

test('at rest nothing is open and no timer is pending', () => {
  for (const reports of [
    [[0, 'A']],
    [[0, 'F']],
    [
      [0, 'C'],
      [9, 'A'],
    ],
  ] as Parameters<typeof charger>[0][]) {
    const { state } = charger(reports)
    expect(state && isQuiescent(evseSession, state)).toBe(true)
  }
  const { state } = charger([[0, 'B']])
  expect(state && isQuiescent(evseSession, state)).toBe(false)
})
