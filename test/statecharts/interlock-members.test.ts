import { describe, expect, test } from 'vitest'
import { type Config, circuit, HOUR } from './circuit.ts'

describe('several on one circuit', () => {
  test('one charger of two that goes on is a violation, and the energy is that of both', () => {
    const rated: Config = { rated_voltage_v: 240 }
    const words = '0 ev-1 10; 0 ev-2 20; 100 hall on; 1000 ev-1 0; 1900 ev-2 0'
    const { told } = circuit(words, undefined, { 'ev-1': rated, 'ev-2': rated })
    expect(told[1]).toMatchObject({
      chargers: ['ev-1', 'ev-2'],
      peak_current_a: 30,
      duration_s: 1800,
      energy_kwh: 0.6 + 2.4,
    })
  })

  test('one thermostat of two that still calls is a call', () => {
    const { told, path } = circuit('0 ev 16; 100 hall on; 105 attic on; 108 hall off', 500)
    expect(told).toMatchObject([{ second: 110, thermostats: ['attic', 'hall'] }])
    expect(path).toBe('violation.on')
    expect(circuit('0 hall on; 1 attic on; 2 hall off').path).toBe('call.on')
  })

  test('heating that ends while cooling is still called ends no call', () => {
    const words = '0 hall {"heating_call":true,"cooling_call":true}; 10 hall off'
    expect(circuit(words).path).toBe('call.on')
    expect(circuit(`${words}; 20 hall {"cooling_call":false}`).path).toBe('call.settling')
  })

  test('one that leaves the circuit takes its call, or its current, with it', () => {
    const violated = '0 ev 16; 100 hall on'
    expect(circuit(`${violated}; 104 hall left`, 1000)).toMatchObject({ told: [], path: 'draw' })
    expect(circuit(`${violated}; 104 ev left`, 1000)).toMatchObject({ told: [], path: 'call.on' })
    expect(circuit(`${violated}; 200 ev left`).told[1]).toMatchObject({ end_reason: 'ev_stopped' })
    expect(circuit('0 ev 16; 10 ev left').path).toBe('idle')
  })

  test('what the configuration of one says counts, even where it is off all the time', () => {
    const patient: Config = { interlock_grace_s: 60 }
    const told = (words: string, of: string) => circuit(words, 100, { [of]: patient }).told
    expect(told('0 attic off; 10 ev 16; 20 hall on', 'attic')).toMatchObject([{ second: 80 }])
    const settling = '0 hall on; 10 hall off; 12 ev-2 0; 14 ev 16; 14.5 hall on'
    expect(told(settling, 'ev-2')).toMatchObject([{ second: 74 }])
  })

  test('one that is named like a property of every object is one like any other', () => {
    expect(circuit('0 ev 16; 100 __proto__ on', 200).told).toMatchObject([{ thermostats: ['__proto__'] }])
  })

  test('a hundred that come and go do not outgrow the state, nor hide who draws', () => {
    const many = (what: string) => Array.from({ length: 100 }, (_, n) => `${n + 1} ev-${n} ${what}`).join(';')
    const { told, state } = circuit(`0 ev 16; ${many('0')}; 200 hall on`, 300)
    expect(told).toMatchObject([{ chargers: ['ev'] }])
    expect(state?.context.members).toHaveLength(32)
    expect(circuit(many('16')).state?.context.members).toHaveLength(32)
  })
})

describe('what nobody knows is no violation', () => {
  const DAY = 24 * HOUR
  const reports: Config = { report_interval_s: 60 }

  test('a charger that has said nothing yet does not draw, and being heard says nothing', () => {
    expect(circuit('0 hall on; 10 ev', HOUR)).toMatchObject({ told: [], path: 'call.on' })
    expect(circuit('0 ev; 1 hall').path).toBe('idle')
  })

  test('a charger’s word counts for a day, and no longer', () => {
    expect(circuit('0 ev 16', DAY - 1).path).toBe('draw')
    expect(circuit('0 ev 16', DAY).path).toBe('idle')
    const later = circuit(`0 ev 16; ${DAY} hall on`, 2 * DAY - 1)
    expect(later).toMatchObject({ told: [], path: 'call.on' })
  })

  test('and for ten reports where it reports by itself, at least for five minutes', () => {
    const path = (report_interval_s: number, until: number) =>
      circuit('0 ev 16', until, { ev: { report_interval_s } }).path
    expect([path(60, 599), path(60, 600)]).toEqual(['draw', 'idle'])
    expect([path(1, 299), path(1, 300)]).toEqual(['draw', 'idle'])
  })

  test('anything that it says makes it count on', () => {
    expect(circuit(`0 ev 16; ${DAY - 1} ev`, DAY + HOUR).path).toBe('draw')
  })

  test('no word counts for less long than it did', () => {
    const path = (until: number) => circuit('0 ev 16; 10 ev {"config":{"report_interval_s":60}}', until).path
    expect([path(DAY - 1), path(DAY)]).toEqual(['draw', 'idle'])
  })

  test('what was on when it fell silent is not on again because it speaks of something else', () => {
    expect(circuit(`0 ev 16; ${2 * DAY} ev`).path).toBe('idle')
    expect(circuit(`0 hall on; ${2 * DAY} hall {"cooling_call":false}`).path).toBe('idle')
  })

  test('who has fallen silent has no part in what comes later', () => {
    const told = (first: string) =>
      circuit(`${first}; 2000 ev 16; 2010 hall on`, 3000, { 'ev-2': reports, attic: reports }).told
    expect(told('0 ev-2 16')).toMatchObject([{ chargers: ['ev'] }])
    expect(told('0 attic on')).toMatchObject([{ thermostats: ['hall'] }])
  })

  test('two thermostats, or two chargers, fall silent one by one', () => {
    for (const [words, path] of [
      [`0 hall on; ${HOUR} attic on`, 'call.on'],
      [`0 ev-1 16; ${HOUR} ev-2 16`, 'draw'],
    ] as const) {
      expect(circuit(words, DAY).path).toBe(path)
      expect(circuit(words, DAY + HOUR).path).toBe('idle')
    }
  })

  test('an overlap of which one falls silent before the grace is over is none', () => {
    const slow: Config = { interlock_grace_s: 1000 }
    const both = { ...slow, ...reports, report_interval_s: 30 }
    const over = (ev: Config, hall: Config, until = 5000) =>
      circuit('0 ev 16; 0 hall on', until, { ev, hall })
    expect(over(both, slow)).toMatchObject({ told: [], path: 'call.on' })
    expect(over(slow, both)).toMatchObject({ told: [], path: 'draw' })
    expect(over(both, both)).toMatchObject({ told: [], path: 'idle' })
    expect(over(both, both, 299)).toMatchObject({ told: [], path: 'overlap.on' })
  })

  test('an overlap of which a charger of two falls silent goes on with the other', () => {
    const configs = { 'ev-1': { report_interval_s: 30 }, 'ev-2': { interlock_grace_s: 1000 } }
    const words = '0 ev-1 16; 0 ev-2 16; 0 hall on'
    expect(circuit(words, 300, configs).path).toBe('overlap.on')
    expect(circuit(words, 1000, configs).told).toMatchObject([{ second: 1000 }])
  })

  test('the last charger that falls silent while a call settles leaves the call', () => {
    const config: Config = { interlock_debounce_s: 5000, interlock_grace_s: 4000, report_interval_s: 30 }
    const configs = { hall: config, 'ev-1': config, 'ev-2': config }
    const words = '0 hall on; 10 hall off; 20 ev-1 16; 120 ev-2 16'
    expect(circuit(words, 320, configs).path).toBe('overlap.settling')
    expect(circuit(words, 420, configs)).toMatchObject({ told: [], path: 'call.settling' })
    expect(circuit(words, 5010, configs).path).toBe('idle')
  })

  test('a violation of which one falls silent ends as unknown, when the last word counts no more', () => {
    const ended = (ev: Config, hall: Config) => {
      const { told, path } = circuit('0 ev 10; 0 hall on', 5000, { ev, hall })
      return { path, ...told[1] }
    }
    const unknown = { second: 600, end_reason: 'unknown', duration_s: 600 }
    const rated = { rated_voltage_v: 240 }
    expect(ended({ ...reports, ...rated }, {})).toMatchObject({
      ...unknown,
      path: 'call.on',
      energy_kwh: 0.4,
    })
    expect(ended({}, reports)).toMatchObject({ ...unknown, path: 'draw' })
    expect(ended(reports, reports)).toMatchObject({ ...unknown, path: 'idle' })
  })

  test('a violation of which one of two falls silent goes on', () => {
    const configs = { 'ev-1': reports, 'ev-2': reports }
    const words = '0 ev-1 16; 0 hall on; 100 ev-2 16'
    expect(circuit(words, 650, configs)).toMatchObject({ told: [{}], path: 'violation.on' })
    expect(circuit(words, 700, configs).told[1]).toMatchObject({ second: 700, end_reason: 'unknown' })
  })

  test('a violation whose charger falls silent while the call settles is unknown too', () => {
    const config: Config = { interlock_debounce_s: 5000, report_interval_s: 30 }
    const configs = { hall: config, 'ev-1': config, 'ev-2': config }
    const words = '0 ev-1 16; 0 hall on; 20 hall off; 30 ev-2 16'
    expect(circuit(words, 310, configs)).toMatchObject({ told: [{}], path: 'violation.settling' })
    const { told, path } = circuit(words, 330, configs)
    expect(told[1]).toMatchObject({ second: 330, end_reason: 'unknown' })
    expect(path).toBe('call.settling')
  })
})
