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
  return new Heard(event, config)
}

/** Whose identity is asked for where something opens, and not before: a replay need not hash what only goes on. */
class Heard implements EvseEvent {
  readonly type: EvseEvent['type']
  readonly at: number
  readonly announced: EvseEvent['announced']
  readonly device_session_id: string | null
  readonly reading: EnergyReading
  readonly config: DeviceConfig
  readonly #event: DeviceEvent

  constructor(event: DeviceEvent, config: DeviceConfig) {
    const fields = event.fields as EvseFields
    const { event_type, event_time } = event
    this.type = fields.pilot_state ? `pilot.${fields.pilot_state}` : 'telemetry'
    this.at = event_time
    this.announced = event_type === 'session_start' || event_type === 'session_end' ? event_type : null
    this.device_session_id = fields.session_id || null
    this.reading = evseReading(fields, event_time)
    this.config = config
    this.#event = event
  }

  get identity(): string {
    return this.#event.identity
  }

  toJSON(): EvseEvent {
    return { ...this, identity: this.identity }
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
