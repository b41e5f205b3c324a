/** What a session chart hears of a charger: the pilot state as the event's name, the readings as its facts. */
import type { EnergyReading } from '../energy/session-energy.ts'
import type { DeviceConfig, DeviceEvent, EvseFields, PilotState } from '../events/event.ts'

export type EvseEvent = {
  type: `pilot.${PilotState}` | 'telemetry'
  at: number
  identity: string
  /** What the device itself says of its session; an input like any other. */
  announced: 'session_start' | 'session_end' | null
  device_session_id: string | null
  reading: EnergyReading
  config: DeviceConfig
}

/** A charger's event as the chart hears it, with the configuration in force at its time. */
export function evseEvent(event: DeviceEvent, config: DeviceConfig): EvseEvent {
  const fields = event.fields as EvseFields
  const { event_type } = event
  return {
    type: fields.pilot_state ? `pilot.${fields.pilot_state}` : 'telemetry',
    at: event.event_time,
    identity: event.identity,
    announced: event_type === 'session_start' || event_type === 'session_end' ? event_type : null,
    device_session_id: fields.session_id || null,
    reading: evseReading(fields, event.event_time),
    config,
  }
}

function evseReading(fields: EvseFields, at: number): EnergyReading {
  const reading: EnergyReading = { at }
  if (fields.energy_delivered_kwh !== undefined) reading.register_kwh = fields.energy_delivered_kwh
  if (fields.current_draw !== undefined) reading.current_a = fields.current_draw
  if (fields.voltage_v !== undefined) reading.voltage_v = fields.voltage_v
  if (fields.power_kw !== undefined) reading.power_kw = fields.power_kw
  return reading
}
