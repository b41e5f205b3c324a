import { describe, expect, test } from 'vitest'
import type { DeviceConfig } from '../../events/event.ts'
import { fold } from '../../statecharts/advance.ts'
import { statePath } from '../../statecharts/chart.ts'
import { hvacCycle } from '../../statecharts/hvac-cycle.ts'
import type { HvacEvent } from '../../statecharts/hvac-event.ts'
import { MINUTE, T0, type Told } from './charger.ts'

type Call = [minute: number, call: 'on' | 'off', said?: Partial<HvacEvent>]

function thermostat(calls: Call[], config: DeviceConfig = {}, untilMinute?: number) {
  const events = calls.map(
    ([minute, call, said]): HvacEvent => ({
      type: `call.${call}`,
      at: T0 + minute * MINUTE,
      identity: `identity-of-${minute}`,
      mode: 'cooling',
      stage: 1,
      device_cycle_id: null,
      config,
      ...said,
    }),
  )
  const until = untilMinute === undefined ? undefined : T0 + untilMinute * MINUTE
  const { decided, state } = fold(hvacCycle, null, events, until)
  const told: Told[] = decided.map(({ type, at, data }) => ({ ...data, type, minute: (at - T0) / MINUTE }))
  return { told, path: statePath(state.value) }
}

describe('a cycle is a call from its start to its end', () => {
  test('it has its hours, and the energy of the rated power', () => {
    const { told, path } = thermostat(
      [
        [0, 'off'],
        [10, 'on'],
        [40, 'off'],
      ],
      { rated_power_cooling_kw: 3.5 },
    )
    expect(told).toMatchObject([
      { type: 'cycle_start', minute: 10, mode: 'cooling', ended_at: null },
      {
        type: 'cycle_end',
        minute: 40,
        started_at: T0 + 10 * MINUTE,
        ended_at: T0 + 40 * MINUTE,
        duration_hours: 0.5,
        energy_consumed_kwh: 1.75,
        end_reason: 'call_ended',
      },
    ])
    expect(path).toBe('idle')
  })

  test('without a rating the energy is null, not zero', () => {
    expect(
      thermostat([
        [0, 'on'],
        [30, 'off'],
      ]).told[1],
    ).toMatchObject({ energy_consumed_kwh: null })
  })

  test('a call repeated is the same cycle', () => {
    expect(
      thermostat([
        [0, 'on'],
        [5, 'on'],
        [30, 'off'],
        [31, 'off'],
      ]).told.map(({ type }) => type),
    ).toEqual(['cycle_start', 'cycle_end'])
  })

  test('a second stage that joins is told', () => {
    expect(
      thermostat([
        [0, 'on'],
        [5, 'on', { stage: 2 }],
        [9, 'on'],
        [30, 'off'],
      ]).told[1],
    ).toMatchObject({
      stage: 2,
    })
  })

  test('the device’s own cycle id is learnt when it first comes', () => {
    const { told } = thermostat([
      [0, 'on'],
      [5, 'on', { device_cycle_id: 'c-9' }],
      [30, 'off'],
    ])
    expect(told.map(({ device_cycle_id }) => device_cycle_id)).toEqual([null, 'c-9'])
  })
})

describe('alarms', () => {
  test('a cycle under three minutes is a short cycle', () => {
    expect(
      thermostat([
        [0, 'on'],
        [2, 'off'],
      ]).told[2],
    ).toMatchObject({ type: 'alarm', alarm: 'short_cycle' })
    expect(
      thermostat([
        [0, 'on'],
        [3, 'off'],
      ]).told,
    ).toHaveLength(2)
  })

  test('what is short is configured', () => {
    expect(
      thermostat(
        [
          [0, 'on'],
          [4, 'off'],
        ],
        { short_cycle_s: 300 },
      ).told[2],
    ).toMatchObject({ after_s: 240 })
  })

  test('a call of more than six hours is stuck, once, and still ends as a cycle', () => {
    const { told } = thermostat([
      [0, 'on'],
      [400, 'on'],
      [500, 'off'],
    ])
    expect(told).toMatchObject([
      { type: 'cycle_start' },
      { type: 'alarm', alarm: 'stuck_call', minute: 360, after_s: 6 * 3600 },
      { type: 'cycle_end', minute: 500, end_reason: 'call_ended' },
    ])
  })

  test('what is stuck is configured', () => {
    expect(thermostat([[0, 'on']], { stuck_call_s: 1800 }, 31).told[1]).toMatchObject({ minute: 30 })
  })

  test('a call whose end was lost closes after a week of silence, when it was last heard', () => {
    const week = 7 * 24 * 60
    const { told, path } = thermostat(
      [
        [0, 'on'],
        [20, 'on'],
      ],
      {},
      week + 21,
    )
    expect(told.at(-1)).toMatchObject({
      type: 'cycle_end',
      end_reason: 'timeout',
      minute: week + 20,
      ended_at: T0 + 20 * MINUTE,
    })
    expect(path).toBe('idle')
  })

  test('a thermostat that still reports its call is stuck, not silent', () => {
    const day = 24 * 60
    const calls = Array.from({ length: 12 }, (_, days): Call => [days * day, 'on'])
    expect(thermostat(calls, {}, 12 * day).told.map(({ type }) => type)).toEqual(['cycle_start', 'alarm'])
  })
})
