/** What is laid on the log in these tests: messages as devices send them, at a minute of one afternoon. */
import type { DeviceConfig, PilotState } from '../../events/event.ts'
import type { NewRecord, RecordSource } from '../../events/record.ts'
import { configTopic, telemetryTopic, untilTopic } from '../../events/topics.ts'
import { MINUTE, T0 } from '../statecharts/charger.ts'

export type Fields = Record<string, unknown>

/** How a message came: when (minute, the event's own unless told), by which door, on which topic. */
export type Came = { received?: number; source?: RecordSource; topic?: string }

export const at = (minute: number): number => T0 + minute * MINUTE

export const CHARGER = 'dev-1'
export const THERMOSTAT = 'therm-1'

/** A charger's message of the flat spelling; without a pilot state it is telemetry. `fields` may overrule anything. */
export function evse(minute: number, pilot_state: PilotState | null, fields: Fields = {}, came: Came = {}) {
  const state = pilot_state === null ? {} : { pilot_state }
  const message = { device_id: CHARGER, timestamp: at(minute), ...state, ...fields }
  return arrived(telemetryTopic('evse', message.device_id), minute, message, came)
}

/** A charger whose clock is not set: stamped by the seconds since it booted. */
export function bootedEvse(
  minute: number,
  uptime_s: number,
  pilot_state: PilotState,
  fields: Fields = {},
  came: Came = {},
) {
  return evse(minute, pilot_state, { timestamp: uptime_s * 1000, ...fields }, came)
}

export function thermostat(minute: number, calls: Fields, came: Came = {}) {
  const message = { device_id: THERMOSTAT, timestamp: at(minute), ...calls }
  return arrived(telemetryTopic('thermostat', message.device_id), minute, message, came)
}

/** A pin in the older generic spelling. */
export function gpio(minute: number, pin: string, state: 0 | 1, fields: Fields = {}, came: Came = {}) {
  const message = { device_id: THERMOSTAT, source: 'gpio', timestamp: at(minute), pin, state, ...fields }
  return arrived('sidewalk/gpio', minute, message, came)
}

/** A configuration that is written at a minute, and in force from then on unless told. */
export function config(
  minute: number,
  device_id: string,
  config: DeviceConfig,
  { from = minute, written = minute }: { from?: number; written?: number } = {},
): NewRecord {
  const message = { device_id, effective_from: at(from), written_at: at(written), config }
  return arrived(configTopic(device_id), minute, message, { source: 'internal' })
}

/** Time has reached a minute. */
export function until(minute: number, device_id = CHARGER): NewRecord {
  return arrived(untilTopic(device_id), minute, { device_id, until: at(minute) }, { source: 'internal' })
}

/** Whatever came, on whatever topic. */
export function arrived(topic: string, minute: number, message: unknown, came: Came = {}): NewRecord {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  return {
    received_at: at(came.received ?? minute),
    source: came.source ?? 'mqtt',
    topic: came.topic ?? topic,
    payload: new TextEncoder().encode(text),
    verdict: 'ok',
  }
}
