/** What columns of a file may be mapped to, for each kind of row, and in which units they may be written. */
import type { DeviceConfig } from '../events/event.ts'

/** `per` divides a number in the file to give ours: 1000 for Wh, which are told in kWh. */
export type Unit = { per: number }

export type FieldSpec =
  | { kind: 'text'; required?: true }
  | { kind: 'number'; required?: true; units: Record<string, Unit> }
  | { kind: 'time'; required?: true }
  | { kind: 'json'; required?: true }
  /** Yes or no; of a number, such as seconds in an interval, whether it is above 0. */
  | { kind: 'flag'; required?: true }

export type FieldSpecs = Record<string, FieldSpec>

/** Units of a time that is a number: epoch milliseconds unless told. ISO 8601 needs none. */
export const TIME_UNITS: Record<string, { ms: number }> = { ms: { ms: 1 }, s: { ms: 1000 } }

/** Of a date in figures that does not begin with its year: 7/9/2016 is the 9th of July, or the 7th of September. */
export const DATE_ORDERS = ['mdy', 'dmy'] as const

/** The first unit of each is the one that is meant when none is named. */
const ENERGY = { kWh: { per: 1 }, Wh: { per: 1000 } }
const POWER = { kW: { per: 1 }, W: { per: 1000 } }
const VOLTAGE = { V: { per: 1 } }
const DURATION = { s: { per: 1 } }

export const SESSION_FIELDS = {
  device_id: { kind: 'text', required: true },
  started_at: { kind: 'time', required: true },
  ended_at: { kind: 'time', required: true },
  energy_kwh: { kind: 'number', units: ENERGY },
  session_id: { kind: 'text' },
  charging_started_at: { kind: 'time' },
  charging_ended_at: { kind: 'time' },
  location: { kind: 'text' },
} as const satisfies FieldSpecs

export const CONFIG_FIELDS = {
  device_id: { kind: 'text', required: true },
  effective_from: { kind: 'time' },
  device_type: { kind: 'text' },
  location: { kind: 'text' },
  timezone: { kind: 'text' },
  rated_voltage_v: { kind: 'number', units: VOLTAGE },
  rated_power_kw: { kind: 'number', units: POWER },
  rated_power_heating_kw: { kind: 'number', units: POWER },
  rated_power_cooling_kw: { kind: 'number', units: POWER },
  report_interval_s: { kind: 'number', units: DURATION },
  fault_close_s: { kind: 'number', units: DURATION },
  stuck_call_s: { kind: 'number', units: DURATION },
  short_cycle_s: { kind: 'number', units: DURATION },
  interlock_circuit: { kind: 'text' },
  interlock_debounce_s: { kind: 'number', units: DURATION },
  interlock_grace_s: { kind: 'number', units: DURATION },
  gpio: { kind: 'json' },
  wireless_device_id: { kind: 'text' },
} as const satisfies FieldSpecs & Record<keyof DeviceConfig, FieldSpec>

const CURRENT = { A: { per: 1 }, mA: { per: 1000 } }

export const EVSE_FIELDS = {
  device_id: { kind: 'text', required: true },
  timestamp: { kind: 'time', required: true },
  event_type: { kind: 'text' },
  pilot_state: { kind: 'text' },
  current_draw: { kind: 'number', units: CURRENT },
  voltage_v: { kind: 'number', units: VOLTAGE },
  power_kw: { kind: 'number', units: POWER },
  energy_delivered_kwh: { kind: 'number', units: ENERGY },
  session_id: { kind: 'text' },
  location: { kind: 'text' },
} as const satisfies FieldSpecs

export const THERMOSTAT_FIELDS = {
  device_id: { kind: 'text', required: true },
  timestamp: { kind: 'time', required: true },
  event_type: { kind: 'text' },
  heating_call: { kind: 'flag' },
  cooling_call: { kind: 'flag' },
  location: { kind: 'text' },
} as const satisfies FieldSpecs

/** What may follow a column's name behind a colon; the first is the unit of a column that names none. */
export function unitsOf(spec: FieldSpec): string[] {
  if (spec.kind === 'number') return Object.keys(spec.units)
  return spec.kind === 'time' ? [...Object.keys(TIME_UNITS), ...DATE_ORDERS] : []
}
