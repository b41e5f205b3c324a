/** The bytes that a thermostat's wire logger sends, as text, in its three spellings. */
import type { WireEdge } from './wire-debounce.ts'

export type ThermostatMessage = {
  device_id: string
  location: string | null
  timestamp_ms: number
  time_anomaly: boolean
  event_id: string
  event_type: 'state_change' | 'cycle_start' | 'cycle_end'
  heating: boolean
  cooling: boolean
  stage: 1 | 2
  /** The device's own cycle; empty where it has none. */
  cycle_id: string
  /** The wire that changed, as a pin. */
  pin: string
  level: 0 | 1
  edge: WireEdge
}

export function thermostatPayload(message: ThermostatMessage, spelling: 'flat' | 'nested' | 'gpio'): string {
  if (spelling === 'flat') return flatPayload(message)
  return spelling === 'nested' ? nestedPayload(message) : gpioPayload(message)
}

function flatPayload(m: ThermostatMessage): string {
  return JSON.stringify({
    device_type: 'thermostat',
    device_id: m.device_id,
    timestamp: m.timestamp_ms,
    ...(m.time_anomaly ? { time_anomaly: true } : {}),
    ...(m.location === null ? {} : { location: m.location }),
    event_type: m.event_type,
    event_id: m.event_id,
    heating_call: m.heating,
    cooling_call: m.cooling,
    ...(m.heating ? { stage: m.stage } : {}),
    ...(m.cycle_id === '' ? {} : { cycle_id: m.cycle_id }),
  })
}

/** The firmware's own format. Its `uptime_ms` is the timestamp once more, so after a time sync it is an epoch. */
function nestedPayload(m: ThermostatMessage): string {
  return (
    `{"schema_version":"1.0","device_id":"${m.device_id}","device_type":"thermostat",` +
    `"timestamp":${m.timestamp_ms},"event_id":"${m.event_id}","time_anomaly":${m.time_anomaly},` +
    `"event_type":"state_change","location":null,"run_id":null,` +
    `"data":{"gpio":{"pin":"${m.pin}","state":${m.level},"edge":"${m.edge}","uptime_ms":${m.timestamp_ms}}}}`
  )
}

/** The older generic firmware: no device id, no type, and nothing but uptime. */
function gpioPayload(m: ThermostatMessage): string {
  return JSON.stringify({
    source: 'gpio',
    pin: m.pin,
    state: m.level,
    edge: m.edge,
    uptime_ms: m.timestamp_ms,
    run_id: 'fleet',
  })
}
