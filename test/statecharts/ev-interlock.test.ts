import { describe, expect, test } from 'vitest'
import { isQuiescent } from '../../statecharts/chart.ts'
import { evInterlock } from '../../statecharts/ev-interlock.ts'
import { T0 } from './charger.ts'
import { circuit, HOUR } from './circuit.ts'

/** A car charges, and goes on when the house is heated; the defaults give it ten seconds to stop. */
const violated = '0 ev 16; 100 hall on'

describe('a violation', () => {
  test('is a charger that draws while a thermostat calls, for longer than it may take to stop', () => {
    const { told, path } = circuit(violated, 110)
    expect(told).toMatchObject([
      {
        second: 110,
        alarm: 'interlock_violation',
        opened_by: 'identity of hall at 100',
        started_at: T0 + 100_000,
        after_s: 10,
        ended_at: null,
        circuit: 'main',
        chargers: ['ev'],
        thermostats: ['hall'],
        peak_current_a: 16,
        end_reason: null,
      },
    ])
    expect(path).toBe('violation.on')
  })

  test('is none a moment sooner', () => {
    expect(circuit(violated, 109.999)).toMatchObject({ told: [], path: 'overlap.on' })
  })

  test('begins with the charger where the call was first', () => {
    const { told } = circuit('0 hall on; 50 ev 16', 100)
    expect(told).toMatchObject([{ second: 60, started_at: T0 + 50_000, opened_by: 'identity of ev at 50' }])
  })

  test('is none where the charger stops within the grace, and the next begins its own', () => {
    const { told, path } = circuit(`${violated}; 109 ev 0; 115 ev 16; 124 ev 0`, HOUR)
    expect([told, path]).toEqual([[], 'call.on'])
  })

  test('is none where the call is over within the grace', () => {
    expect(circuit(`${violated}; 103 hall off`, HOUR)).toMatchObject({ told: [], path: 'draw' })
  })

  test('is none where the call has stably been over at the very end of the grace', () => {
    expect(circuit(`${violated}; 105 hall off`, HOUR)).toMatchObject({ told: [], path: 'draw' })
  })

  test('cooling is a call as much as heating', () => {
    expect(circuit('0 ev 16; 100 hall {"cooling_call":true}', 200).told).toHaveLength(1)
  })

  test('is raised while a call settles, too', () => {
    const config = { interlock_debounce_s: 60 }
    const words = '0 ev 16; 10 hall on; 15 hall off'
    const { told, path } = circuit(words, 30, { ev: config })
    expect(told).toMatchObject([{ second: 20 }])
    expect(path).toBe('violation.settling')
    expect(circuit(words, 100, { ev: config }).told[1]).toMatchObject({
      second: 75,
      after_s: 10,
      end_reason: 'call_ended',
    })
  })
})

describe('a violation ends', () => {
  test('when the charger stops, with its length, energy and peak', () => {
    const words = `${violated}; 1000 ev 32; 1900 ev 0; 2000 ev 0`
    const { told, path, state } = circuit(words, undefined, { ev: { rated_voltage_v: 240 } })
    expect(told).toHaveLength(2)
    expect(told[1]).toMatchObject({
      second: 1900,
      started_at: T0 + 100_000,
      ended_at: T0 + 1_900_000,
      duration_s: 1800,
      after_s: 10,
      // 16 A for a quarter of an hour and 32 A for another, at 240 V.
      energy_kwh: 2.88,
      peak_current_a: 32,
      end_reason: 'ev_stopped',
      opened_by: 'identity of hall at 100',
    })
    expect(path).toBe('call.on')
    expect(state?.context.overlap).toBeNull()
  })

  test('when the call has stably been over, and the charger draws on', () => {
    const { told, path } = circuit(`${violated}; 400 hall off; 500 ev 16`)
    expect(told[1]).toMatchObject({ second: 405, ended_at: T0 + 405_000, end_reason: 'call_ended' })
    expect(path).toBe('draw')
  })

  test('not with a call that is off for less than the debounce', () => {
    const { told, path } = circuit(`${violated}; 400 hall off; 404 hall on`, 500)
    expect([told.length, path]).toEqual([1, 'violation.on'])
  })

  test('with the charger where it stops while the call settles', () => {
    const { told, path } = circuit(`${violated}; 400 hall off; 402 ev 16; 403 ev 0`)
    expect(told[1]).toMatchObject({ second: 403, end_reason: 'ev_stopped' })
    expect(path).toBe('call.settling')
  })

  test('and tells its energy so far when it is raised', () => {
    const [raised] = circuit('0 ev {"current_draw":10,"voltage_v":360}; 100 hall on', 110).told
    expect(raised?.energy_kwh).toBe(0.01)
  })

  test('with no energy where a charger does not say how much it draws, and no peak', () => {
    const { told } = circuit('0 ev {"pilot_state":"C"}; 100 hall on; 200 ev {"pilot_state":"A"}')
    expect(told[1]).toMatchObject({ energy_kwh: null, peak_current_a: null, end_reason: 'ev_stopped' })
  })

  test('with the power that is reported where no current is', () => {
    const { told } = circuit('0 ev {"power_kw":7.2}; 100 hall on; 600 ev {"power_kw":0}')
    expect(told[1]).toMatchObject({ energy_kwh: 1, peak_current_a: null })
  })
})

describe('the EV is allowed', () => {
  test('only after the call has been off for the debounce', () => {
    const hall = { interlock_debounce_s: 60 }
    const { told, path } = circuit('0 hall on; 100 hall off; 130 ev 16', 200, { hall })
    expect(told).toMatchObject([
      { second: 140, started_at: T0 + 130_000, ended_at: null },
      { second: 160, ended_at: T0 + 160_000, end_reason: 'call_ended' },
    ])
    expect(path).toBe('draw')
    const stable = circuit('0 hall on; 100 hall off; 160 ev 16', 1000, { hall })
    expect(stable).toMatchObject({ told: [], path: 'draw' })
  })

  test('to go on as soon as a call is over: the debounce alone is within the grace', () => {
    const { told, path } = circuit('0 hall on; 100 hall off; 100.1 ev 16', HOUR)
    expect([told, path]).toEqual([[], 'draw'])
  })

  test('while nothing calls, as long as it likes', () => {
    expect(circuit('0 hall off; 10 ev 32', 10 * HOUR).told).toEqual([])
  })

  test('to be plugged in, and to measure its own electronics, while something calls', () => {
    const words = '0 hall on; 10 ev {"pilot_state":"C","current_draw":0.4}; 20 ev {"pilot_state":"B"}'
    expect(circuit(words, HOUR).told).toEqual([])
  })

  test('within the longest debounce and grace that a member names', () => {
    const raised = (ev: number, hall: number) => {
      const configs = { ev: { interlock_grace_s: ev }, hall: { interlock_grace_s: hall } }
      return circuit(violated, 1000, configs).told[0]?.second
    }
    expect([raised(30, 60), raised(60, 30), raised(1, 2)]).toEqual([160, 160, 102])
  })
})

describe('what changes nothing', () => {
  test.each([
    ['idle', '0 ev 0; 1 hall off'],
    ['draw', '0 ev 16; 1 ev 20; 2 hall off'],
    ['call.on', '0 hall on; 1 hall on; 2 ev 0'],
    ['call.settling', '0 hall on; 1 hall off; 2 ev 0'],
    ['overlap.on', '0 ev 16; 1 hall on; 2 ev 20'],
    ['overlap.settling', '0 ev 16; 1 hall on; 2 hall off; 3 ev 20'],
    ['violation.on', '0 ev 16; 1 hall on; 20 ev 20'],
    ['violation.settling', '0 ev 16; 1 hall on; 20 hall off; 21 ev 20'],
  ])('in %s', (path, words) => {
    expect(circuit(words).path).toBe(path)
  })

  test('a call that comes back while it settles is the same call, with a charger and without', () => {
    expect(circuit('0 hall on; 1 hall off; 2 hall on').path).toBe('call.on')
    const words = `${violated}; 101 hall off; 104 hall on`
    expect(circuit(words)).toMatchObject({ told: [], path: 'overlap.on' })
    expect(circuit(words, 110).told).toHaveLength(1)
  })

  test('a charger that begins while a call settles, and stops', () => {
    const settling = '0 hall on; 10 hall off; 11 ev 16'
    expect(circuit(settling).path).toBe('overlap.settling')
    expect(circuit(`${settling}; 12 ev 0`).path).toBe('call.settling')
    expect(circuit(`${settling}; 12 hall on`).path).toBe('overlap.on')
  })
})

test('at rest nothing is on and no timer is pending', () => {
  const { state } = circuit('0 hall on; 10 ev 16; 15 ev 0; 20 hall off', 60)
  expect(state && isQuiescent(evInterlock, state)).toBe(true)
  expect(state?.context.overlap).toBeNull()
  for (const words of ['0 ev 16', '0 hall on', violated]) {
    const { state: busy } = circuit(words)
    expect(busy && isQuiescent(evInterlock, busy)).toBe(false)
  }
})
