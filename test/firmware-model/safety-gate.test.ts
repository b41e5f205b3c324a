import { describe, expect, it } from 'vitest'
import { GATE_FAULT, type GateInput, type SafetyGate, stepGate } from '../../firmware-model/safety-gate.ts'

/** What the gate says after the last of these inputs. */
function said(debounce_ms: number, ...inputs: GateInput[]) {
  let gate: SafetyGate | null = null
  let output = {}
  for (const input of [{ op: 'gate' as const, debounce_ms }, ...inputs])
    ({ gate, output } = stepGate(gate, input))
  return output
}
const hvac = (state: number, now_ms: number): GateInput => ({ op: 'ac', state, now_ms })

describe('the interlock in the firmware', () => {
  it('allows the EV after the HVAC input has been off for the debounce time', () => {
    expect(said(100, hvac(0, 1000), hvac(0, 1100))).toMatchObject({ ev_allowed: true, faults: 0 })
  })

  it('forbids it a millisecond sooner', () => {
    expect(said(100, hvac(0, 1000), hvac(0, 1099))).toMatchObject({ ev_allowed: false })
  })

  it('forbids it at the first sign of a call, before any debounce', () => {
    expect(said(100, hvac(0, 1000), hvac(0, 2000), hvac(1, 2001))).toMatchObject({ ev_allowed: false })
  })

  it('a call too short to count still makes the off time begin again', () => {
    const blip = [hvac(0, 1000), hvac(0, 2000), hvac(1, 2001), hvac(0, 2010)]
    expect(said(100, ...blip, hvac(0, 2109))).toMatchObject({ ev_allowed: false })
    expect(said(100, ...blip, hvac(0, 2110))).toMatchObject({ ev_allowed: true })
  })

  it('an input that cannot be read is two faults, for good', () => {
    const faults = GATE_FAULT.ac_unknown | GATE_FAULT.invalid_input
    expect(said(50, hvac(-1, 100), hvac(0, 200), hvac(0, 900))).toMatchObject({ ev_allowed: false, faults })
  })

  it('a timestamp that goes back is held, flagged, and a fault for good', () => {
    expect(said(50, hvac(0, 1000), hvac(0, 900))).toEqual({
      timestamp: 1000,
      ev_allowed: false,
      faults: GATE_FAULT.timestamp_backward,
      time_anomaly: true,
    })
    expect(said(50, hvac(0, 1000), hvac(0, 900), hvac(0, 5000))).toMatchObject({
      timestamp: 5000,
      ev_allowed: false,
    })
  })

  it('the same timestamp twice is none of that', () => {
    expect(said(50, hvac(0, 1000), hvac(0, 1000))).toMatchObject({ faults: 0, time_anomaly: false })
  })

  it('a queue that overflowed is a fault', () => {
    const overflowed = said(50, hvac(0, 0), hvac(0, 100), { op: 'overflow' })
    expect(overflowed).toEqual({ ev_allowed: false, faults: GATE_FAULT.queue_overflow })
  })

  it.each([0, -5, 60_001])('a debounce of %i ms is refused, and nothing is ever allowed', (debounce_ms) => {
    expect(said(debounce_ms, hvac(0, 0), hvac(0, 999_999))).toMatchObject({
      ev_allowed: false,
      faults: GATE_FAULT.debounce_invalid,
    })
  })

  it('a debounce of a minute is the longest', () => {
    expect(said(60_000, hvac(0, 0), hvac(0, 60_000))).toMatchObject({ ev_allowed: true, faults: 0 })
  })
})
