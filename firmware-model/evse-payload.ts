/** The bytes that a charger sends, as text. */
import type { PilotState } from '../events/event.ts'
import { formatFixed } from './c-arithmetic.ts'

export type EvseMessage = {
  device_id: string
  timestamp_ms: number
  /** Null: this firmware does not say it. */
  uptime_ms: number | null
  event_id: string
  time_anomaly: boolean
  event_type: 'state_change' | 'session_start' | 'session_end' | 'telemetry'
  location: string | null
  pilot_state: PilotState
  pwm_duty_cycle: number
  current_draw: number
  proximity_detected: boolean
  session_id: string
  energy_delivered_kwh: number
  /** Line voltage and power go with telemetry only. */
  voltage_v: number | null
  power_kw: number | null
}

export function evsePayload(message: EvseMessage, spelling: 'nested' | 'flat'): string {
  return spelling === 'nested' ? nestedPayload(message) : flatPayload(message)
}

/** The firmware's own format (schema 1.0), to the byte. As with its snprintf, nothing escapes the ids. */
function nestedPayload(m: EvseMessage): string {
  const uptime = m.uptime_ms === null ? '' : `"uptime_ms":${m.uptime_ms},`
  const power =
    m.power_kw === null
      ? ''
      : `,"power_kw":${formatFixed(m.power_kw, 3)},"voltage_v":${formatFixed(m.voltage_v ?? 0, 1)}`
  return (
    `{"schema_version":"1.0","device_id":"${m.device_id}","device_type":"evse","timestamp":${m.timestamp_ms},` +
    `${uptime}"event_id":"${m.event_id}","time_anomaly":${m.time_anomaly},"event_type":"${m.event_type}",` +
    `"location":${m.location === null ? 'null' : `"${m.location}"`},"run_id":null,` +
    `"data":{"evse":{"pilot_state":"${m.pilot_state}","pwm_duty_cycle":${formatFixed(m.pwm_duty_cycle, 2)},` +
    `"current_draw":${formatFixed(m.current_draw, 3)},"proximity_detected":${m.proximity_detected},` +
    `"session_id":"${m.session_id}","energy_delivered_kwh":${formatFixed(m.energy_delivered_kwh, 4)}${power}}}}`
  )
}

/** The payload that the source document asks for ("Required EVSE payload"), with the firmware's decimals. */
function flatPayload(m: EvseMessage): string {
  return JSON.stringify({
    device_type: 'evse',
    device_id: m.device_id,
    timestamp: m.timestamp_ms,
    ...(m.uptime_ms === null ? {} : { uptime_ms: m.uptime_ms }),
    ...(m.time_anomaly ? { time_anomaly: true } : {}),
    ...(m.location === null ? {} : { location: m.location }),
    event_type: m.event_type,
    event_id: m.event_id,
    pilot_state: m.pilot_state,
    pwm_duty_cycle: rounded(m.pwm_duty_cycle, 2),
    current_draw: rounded(m.current_draw, 3),
    ...(m.voltage_v === null ? {} : { voltage_v: rounded(m.voltage_v, 1) }),
    ...(m.power_kw === null ? {} : { power_kw: rounded(m.power_kw, 3) }),
    proximity_detected: m.proximity_detected,
    session_id: m.session_id,
    energy_delivered_kwh: rounded(m.energy_delivered_kwh, 4),
  })
}

function rounded(value: number, decimals: number): number {
  return Number(formatFixed(value, decimals))
}
