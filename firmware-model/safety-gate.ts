/** The interlock in the firmware: the EV may charge only while the HVAC input has been stably off and nothing is wrong. */
import { newWireDebounce, readWire, type WireDebounce } from './wire-debounce.ts'

/** Bits of `faults`. Every fault stays until the device boots again. */
export const GATE_FAULT = {
  ac_unknown: 1,
  debounce_invalid: 2,
  timestamp_backward: 4,
  queue_overflow: 8,
  invalid_input: 16,
} as const

const MAX_DEBOUNCE_MS = 60_000

export type SafetyGate = {
  wire: WireDebounce
  debounce_valid: boolean
  ev_allowed: boolean
  faults: number
  time_anomaly: boolean
  /** −1: no timestamp has passed yet. */
  last_timestamp_ms: number
}

export type GateInput =
  | { op: 'gate'; debounce_ms: number }
  /** `state` 1: the HVAC calls; below 0: the input could not be read. */
  | { op: 'ac'; state: number; now_ms: number }
  | { op: 'overflow' }

export type GateOutput = { ev_allowed: boolean; faults: number; timestamp?: number; time_anomaly?: boolean }

/** A gate that allows nothing yet. A debounce outside 1 to 60,000 ms is a fault from the start. */
export function newSafetyGate(debounce_ms: number): SafetyGate {
  const debounce_valid = debounce_ms > 0 && debounce_ms <= MAX_DEBOUNCE_MS
  return {
    wire: newWireDebounce(debounce_valid ? debounce_ms : 0),
    debounce_valid,
    ev_allowed: false,
    faults: debounce_valid ? 0 : GATE_FAULT.debounce_invalid,
    time_anomaly: false,
    last_timestamp_ms: -1,
  }
}

/** One step of the gate as the traces record it. `gate` null is a gate that has not been initialized. */
export function stepGate(
  gate: SafetyGate | null,
  input: GateInput,
): { gate: SafetyGate; output: GateOutput } {
  if (input.op === 'gate') return shown(newSafetyGate(input.debounce_ms))
  const initialized = gate ?? newSafetyGate(0)
  if (input.op === 'overflow') return shown(withFault(initialized, GATE_FAULT.queue_overflow))
  const stamped = stampGate(initialized, input.now_ms)
  const read = readHvacInput(stamped.gate, input.state, stamped.timestamp_ms)
  const { ev_allowed, faults, time_anomaly } = read
  return { gate: read, output: { timestamp: stamped.timestamp_ms, ev_allowed, faults, time_anomaly } }
}

/** A timestamp through the gate: one that goes back is held at the last, and is a fault. */
export function stampGate(gate: SafetyGate, now_ms: number): { gate: SafetyGate; timestamp_ms: number } {
  if (gate.last_timestamp_ms < 0 || now_ms >= gate.last_timestamp_ms)
    return { gate: { ...gate, last_timestamp_ms: now_ms }, timestamp_ms: now_ms }
  const faulted = withFault(gate, GATE_FAULT.timestamp_backward)
  return { gate: { ...faulted, time_anomaly: true }, timestamp_ms: gate.last_timestamp_ms }
}

/** A reading of the HVAC input. */
export function readHvacInput(gate: SafetyGate, state: number, now_ms: number): SafetyGate {
  if (!gate.debounce_valid) return { ...gate, ev_allowed: false }
  if (state < 0) return withFault(gate, GATE_FAULT.ac_unknown | GATE_FAULT.invalid_input)
  const { wire } = readWire(gate.wire, state, now_ms)
  const stable_off =
    wire.pending === 0 && wire.level === 0 && now_ms - wire.pending_since_ms >= wire.debounce_ms
  return { ...gate, wire, ev_allowed: gate.faults === 0 && stable_off }
}

function withFault(gate: SafetyGate, fault: number): SafetyGate {
  return { ...gate, faults: gate.faults | fault, ev_allowed: false }
}

function shown(gate: SafetyGate): { gate: SafetyGate; output: GateOutput } {
  return { gate, output: { ev_allowed: gate.ev_allowed, faults: gate.faults } }
}
