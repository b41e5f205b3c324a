/** What a cycle chart hears of a thermostat: its own mode's call, on or off. */
import type { DeviceConfig, DeviceEvent, ThermostatFields } from '../events/event.ts'

export const HVAC_MODES = ['heating', 'cooling'] as const
export type HvacMode = (typeof HVAC_MODES)[number]

export type HvacEvent = {
  type: 'call.on' | 'call.off'
  at: number
  identity: string
  mode: HvacMode
  stage: 1 | 2
  device_cycle_id: string | null
  config: DeviceConfig
}

/** The event for the chart of one mode, or null where the report says nothing about that call. */
export function hvacEvent(event: DeviceEvent, config: DeviceConfig, mode: HvacMode): HvacEvent | null {
  const fields = event.fields as ThermostatFields
  const call = mode === 'heating' ? fields.heating_call : fields.cooling_call
  if (call === undefined) return null
  return {
    type: call ? 'call.on' : 'call.off',
    at: event.event_time,
    identity: event.identity,
    mode,
    stage: fields.stage ?? 1,
    device_cycle_id: fields.cycle_id || null,
    config,
  }
}
