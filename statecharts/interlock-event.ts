/** What an interlock hears of its pair: which member spoke, and what that says of the circuit. */

import { powerOf } from '../energy/integral.ts'
import type { EnergyLimits } from '../energy/limits.ts'
import type { DeviceEvent, PairFields } from '../events/event.ts'

/** What flows through a charger; null where it does not say how much. */
export type Flow = { draws: boolean; current_a: number | null; power_kw: number | null }

export type InterlockEvent = {
  type: 'member.charger' | 'member.thermostat' | 'member.left'
  at: number
  identity: string
  member_id: string
  circuit: string
  /** Absent where a charger says nothing of it. */
  flow?: Flow
  /** The calls that a thermostat speaks of; one that it does not name stays as it was. */
  calls: { heating?: boolean; cooling?: boolean }
  /** For how long its word counts. */
  good_ms: number
  /** As its configuration says; null where it does not. */
  debounce_ms: number | null
  grace_ms: number | null
}

/** Below these a measurement is noise, or the charger's own electronics. */
const DRAWS_FROM_A = 1
const DRAWS_FROM_KW = 0.2
/** Who reports by itself may lose some reports; who reports changes only is silent for as long as a night's charge lasts. */
const GOOD_REPORTS = 10
const GOOD_LEAST_MS = 5 * 60_000
const GOOD_DEFAULT_MS = 86_400_000

/** The event of a pair as its interlock hears it. */
export function interlockEvent(event: DeviceEvent): InterlockEvent {
  const fields = event.fields as PairFields
  const { member_id, circuit, config } = fields
  const { interlock_debounce_s, interlock_grace_s, report_interval_s } = config
  const flow = fields.member_type === 'evse' ? flowOf(fields) : undefined
  return {
    type: typeOf(fields),
    at: event.event_time,
    identity: event.identity,
    member_id,
    circuit,
    ...(flow && { flow }),
    calls: {
      ...(fields.heating_call !== undefined && { heating: fields.heating_call }),
      ...(fields.cooling_call !== undefined && { cooling: fields.cooling_call }),
    },
    good_ms:
      report_interval_s === undefined
        ? GOOD_DEFAULT_MS
        : Math.max(GOOD_LEAST_MS, report_interval_s * 1000 * GOOD_REPORTS),
    debounce_ms: interlock_debounce_s === undefined ? null : interlock_debounce_s * 1000,
    grace_ms: interlock_grace_s === undefined ? null : interlock_grace_s * 1000,
  }
}

function typeOf({ left, member_type }: PairFields): InterlockEvent['type'] {
  if (left) return 'member.left'
  return member_type === 'evse' ? 'member.charger' : 'member.thermostat'
}

/** By what is measured where it is measured; a state that delivers, of a charger that measures nothing, is drawing. */
function flowOf(fields: PairFields): Flow | undefined {
  const { pilot_state, current_draw, power_kw } = fields
  if (current_draw !== undefined)
    return { draws: current_draw > DRAWS_FROM_A, current_a: current_draw, power_kw: powerSaid(fields) }
  if (power_kw !== undefined)
    return { draws: power_kw > DRAWS_FROM_KW, current_a: null, power_kw: powerSaid(fields) }
  if (pilot_state === undefined) return undefined
  if (pilot_state === 'C' || pilot_state === 'D') return { draws: true, current_a: null, power_kw: null }
  return { draws: false, current_a: 0, power_kw: 0 }
}

function powerSaid({ current_draw, voltage_v, power_kw, config }: PairFields): number | null {
  const limits: EnergyLimits = {}
  if (config.rated_voltage_v !== undefined) limits.rated_voltage_v = config.rated_voltage_v
  if (config.rated_power_kw !== undefined) limits.rated_power_kw = config.rated_power_kw
  const reading = {
    ...(current_draw !== undefined && { current_a: current_draw }),
    ...(voltage_v !== undefined && { voltage_v }),
    ...(power_kw !== undefined && { power_kw }),
  }
  return powerOf(reading, limits)
}
