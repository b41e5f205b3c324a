import { describe, expect, it } from 'vitest'
import { evseConfig } from '../../firmware-model/evse-config.ts'
import { parseScenario, runScenario } from '../../firmware-model/scenario.ts'

const START = Date.UTC(2026, 10, 2)
const play = (script: string) =>
  runScenario(evseConfig({ quirks: 'none', spelling: 'flat' }), parseScenario(script), { start_at: START })

describe('a scenario', () => {
  it('is what the charger does, and what was true of it', () => {
    const { events, truth } = play('plug; charge 30m at 16A; pull')
    expect(events.map(({ payload }) => JSON.parse(payload).event_type)).toEqual([
      'state_change',
      'session_start',
      'state_change',
      'session_end',
    ])
    expect(truth).toMatchObject([
      { started_at: START + 4_000, ended_at: START + 1_806_000, charging_ms: 1_800_000 },
    ])
    expect(truth[0]?.energy_kwh).toBeCloseTo(1.92, 9)
    expect(JSON.parse(events.at(-1)?.payload ?? '{}').energy_delivered_kwh).toBeCloseTo(1.92, 4)
  })

  it('a car that is still there has no end', () => {
    expect(play('plug; charge 5m').truth).toMatchObject([{ ended_at: null }])
  })

  it('the charger offers a current while a car is there', () => {
    expect(JSON.parse(play('plug').events[1]?.payload ?? '{}').pwm_duty_cycle).toBe(53.3)
  })

  it('a reboot that loses the time counts from 0, until a sync', () => {
    const { events } = play('reboot blind; plug; sync; pull')
    const timestamps = events.map(({ payload }) => JSON.parse(payload).timestamp)
    expect(timestamps.slice(1)).toEqual([2_000, START + 6_000])
  })

  it('amperes, units, lines and spaces are read as they are written', () => {
    expect(parseScenario('plug\n charge 1.5h at 7.2A ;; wait 90 s')).toEqual([
      { kind: 'stay', pilot: 'B', lasts_ms: 2_000, current_a: 0 },
      { kind: 'stay', pilot: 'C', lasts_ms: 5_400_000, current_a: 7.2 },
      { kind: 'stay', pilot: 'same', lasts_ms: 90_000, current_a: 0 },
    ])
    expect(parseScenario('sync -30s; reboot')).toEqual([
      { kind: 'sync', ahead_ms: -30_000 },
      { kind: 'reboot', knows_time: true },
    ])
  })

  it.each(['plugg', 'charge', 'charge 30', 'plug 3m', 'pause 3m at 4A', 'charge 3d', 'charge 3m at 4'])(
    '"%s" is no step, and says so',
    (script) => {
      expect(() => parseScenario(script)).toThrow(`"${script}" is no step of a scenario`)
    },
  )
})
