/** A charger's readings, out of either spelling that carries them. */
import type { DeviceEventType, EvseFields } from './event.ts'
import { PILOT_STATES } from './event.ts'
import { type Rejected, reject } from './rejection.ts'
import type { EvseWire } from './schemas.ts'

/** J1772: a duty cycle from 10 to 96 % offers a current. */
export const MIN_DUTY = 10
export const MAX_DUTY = 96

export const EVSE_FIELDS = [
  'pilot_state',
  'pwm_duty_cycle',
  'current_draw',
  'voltage_v',
  'voltage',
  'power_kw',
  'proximity_detected',
  'session_id',
  'energy_delivered_kwh',
]

export function readEvse(wire: EvseWire): EvseFields {
  const fields: EvseFields = {}
  if (wire.pilot_state != null) fields.pilot_state = wire.pilot_state
  if (wire.pwm_duty_cycle != null) fields.pwm_duty_cycle = wire.pwm_duty_cycle
  if (wire.current_draw != null) fields.current_draw = wire.current_draw
  const voltage_v = wire.voltage_v ?? wire.voltage
  if (voltage_v != null) fields.voltage_v = voltage_v
  if (wire.power_kw != null) fields.power_kw = wire.power_kw
  if (wire.proximity_detected != null) fields.proximity_detected = wire.proximity_detected
  if (wire.session_id != null) fields.session_id = wire.session_id
  if (wire.energy_delivered_kwh != null) fields.energy_delivered_kwh = wire.energy_delivered_kwh
  return fields
}

/** What it is when the device does not say; a state must come with its state. `path` goes before field names. */
export function evseEventType(
  said: DeviceEventType | null | undefined,
  fields: EvseFields,
  path = '',
): { event_type: DeviceEventType } | Rejected {
  const event_type = said ?? (fields.pilot_state ? 'state_change' : 'telemetry')
  if (event_type !== 'telemetry' && !fields.pilot_state)
    return reject(`${path}pilot_state`, undefined, `but required: one of ${PILOT_STATES.join(', ')}`)
  return { event_type }
}

const NEVER_NEGATIVE = ['current_draw', 'voltage_v', 'power_kw', 'energy_delivered_kwh'] as const

/** Adds a flag for each reading that is kept though it cannot be right. */
export function flagEvse(fields: EvseFields, flags: string[]): void {
  const duty = fields.pwm_duty_cycle
  const offering = fields.pilot_state === 'C' || fields.pilot_state === 'D'
  if (offering && duty !== undefined && (duty < MIN_DUTY || duty > MAX_DUTY))
    flags.push('pwm_duty_cycle_out_of_range')
  for (const name of NEVER_NEGATIVE) if ((fields[name] ?? 0) < 0) flags.push(`${name}_negative`)
}
