/**
 * A charger and an HVAC unit on one circuit, with the gate between them: the charger may draw while the HVAC input has
 * stably been off. Where the gate has failed it draws all the same, and what really happens then is kept.
 */
import { INTERLOCK_DEBOUNCE_MS, INTERLOCK_GRACE_MS } from '../statecharts/interlock-memory.ts'
import type { ViolationTruth } from './fleet-event.ts'
import { type HouseLife, lookAt, nextLook } from './house-life.ts'
import { newSafetyGate, readHvacInput, type SafetyGate } from './safety-gate.ts'

/** Plain data, changed in place. Times are epoch ms. */
export type SharedCircuit = {
  name: string
  charger_id: string
  thermostat_id: string
  voltage_v: number
  /** How long a call stands before the thermostat says so. */
  wire_ms: number
  /** The thermostat's house, lived once more: the unit calls, whatever becomes of the thermostat's messages. */
  life: HouseLife
  gate: SafetyGate
  /** Up to then the gate lets everything pass. */
  failed_until: number
  /** The call as the thermostat tells it, and since when. */
  calls: boolean
  told_at: number
  /** What the charger's last poll measured. */
  draws_a: number
  measured_at: number
  overlap: ViolationTruth | null
}

/** The firmware's own debounce of its HVAC input (the EVSE and thermostat data model). */
const GATE_DEBOUNCE_MS = 50
/** Less is noise, for the charger as for who watches it. */
const DRAWS_FROM_A = 1

export function newSharedCircuit(
  of: Pick<SharedCircuit, 'name' | 'charger_id' | 'thermostat_id' | 'voltage_v' | 'wire_ms' | 'life'>,
): SharedCircuit {
  return {
    ...of,
    gate: newSafetyGate(GATE_DEBOUNCE_MS),
    failed_until: 0,
    calls: false,
    told_at: 0,
    draws_a: 0,
    measured_at: 0,
    overlap: null,
  }
}

/** The charger has booted: its gate knows nothing. */
export function bootGate(circuit: SharedCircuit): void {
  circuit.gate = newSafetyGate(GATE_DEBOUNCE_MS)
}

/** Lives on until `at`; whether the gate lets the charger draw then. What ends on the way is added to `ended`. */
export function gateAt(circuit: SharedCircuit, at: number, ended: ViolationTruth[]): boolean {
  const { life } = circuit
  for (let look = nextLook(life); look <= at; look = nextLook(life)) {
    lookAt(life, look)
    circuit.gate = readHvacInput(circuit.gate, wire(circuit), look)
    noteCall(circuit, wire(circuit) === 1, look + circuit.wire_ms, ended)
  }
  circuit.gate = readHvacInput(circuit.gate, wire(circuit), at)
  return circuit.gate.ev_allowed || at < circuit.failed_until
}

/** When the gate may next say something else. */
export function nextGateChange(circuit: SharedCircuit): number {
  const settles_at = circuit.gate.wire.pending_since_ms + GATE_DEBOUNCE_MS
  return !circuit.gate.ev_allowed && wire(circuit) === 0 ? settles_at : nextLook(circuit.life)
}

/** What the charger measures at a poll, and draws until the next one. */
export function noteDraw(
  circuit: SharedCircuit,
  current_a: number,
  at: number,
  ended: ViolationTruth[],
): void {
  settle(circuit, at, ended)
  flow(circuit, at)
  circuit.draws_a = current_a
  circuit.measured_at = at
  if (current_a <= DRAWS_FROM_A) end(circuit, at, ended)
  else if (!circuit.overlap && isHeld(circuit, at))
    begin(circuit, circuit.calls ? Math.max(at, circuit.told_at) : at)
  if (circuit.overlap) circuit.overlap.peak_current_a = Math.max(circuit.overlap.peak_current_a, current_a)
}

/** The violation that goes on at `at`, long enough to be one. */
export function openViolation({ overlap }: SharedCircuit, at: number): ViolationTruth | null {
  return overlap && at - overlap.started_at >= INTERLOCK_GRACE_MS ? overlap : null
}

function noteCall(circuit: SharedCircuit, calls: boolean, at: number, ended: ViolationTruth[]): void {
  if (calls === circuit.calls) return
  settle(circuit, at, ended)
  circuit.calls = calls
  circuit.told_at = at
  if (calls && !circuit.overlap && circuit.draws_a > DRAWS_FROM_A) begin(circuit, at)
}

/** A call is over when it has been off for the debounce, and not sooner. */
function isHeld({ calls, told_at }: SharedCircuit, at: number): boolean {
  return calls || (told_at > 0 && at < told_at + INTERLOCK_DEBOUNCE_MS)
}

function settle(circuit: SharedCircuit, at: number, ended: ViolationTruth[]): void {
  if (!isHeld(circuit, at)) end(circuit, circuit.told_at + INTERLOCK_DEBOUNCE_MS, ended)
}

function begin(circuit: SharedCircuit, started_at: number): void {
  circuit.overlap = {
    kind: 'violation',
    device_id: circuit.charger_id,
    thermostat_id: circuit.thermostat_id,
    circuit: circuit.name,
    started_at,
    ended_at: null,
    energy_kwh: 0,
    peak_current_a: circuit.draws_a,
  }
}

/** What was over within the grace is no violation: a charger may take a moment to stop. */
function end(circuit: SharedCircuit, ended_at: number, ended: ViolationTruth[]): void {
  flow(circuit, ended_at)
  const { overlap } = circuit
  circuit.overlap = null
  if (overlap && ended_at - overlap.started_at >= INTERLOCK_GRACE_MS) ended.push({ ...overlap, ended_at })
}

function flow({ overlap, draws_a, measured_at, voltage_v }: SharedCircuit, until: number): void {
  if (!overlap) return
  const ms = Math.max(0, until - Math.max(measured_at, overlap.started_at))
  overlap.energy_kwh += ((draws_a * voltage_v) / 1000) * (ms / 3_600_000)
}

function wire({ life }: SharedCircuit): 0 | 1 {
  return life.indoors.stage > 0 ? 1 : 0
}
