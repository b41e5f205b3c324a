/** What a fleet gives out: the messages, and beside them what really happened. */
import type { DeviceType } from '../events/event.ts'

/** A message as a device sent it. `at` is the true time, epoch ms, whatever the device's own clock says. */
export type Sent = { at: number; payload: string }

/** A message with its way to the front door. The payload is text; on the wire it is UTF-8. */
export type FleetEvent = Sent & { device_id: string; device_type: DeviceType; topic: string }

/** What a car really did: from the poll that first saw it to the one that missed it. */
export type SessionTruth = {
  kind: 'session'
  device_id: string
  /** The charger's own id, null where it made none. */
  device_session_id: string | null
  started_at: number
  /** Null: it is still there. */
  ended_at: number | null
  energy_kwh: number
  charging_ms: number
}

/** A session that begins, of which nothing more is known. */
export function newSessionTruth(device_id: string, started_at: number): SessionTruth {
  return {
    kind: 'session',
    device_id,
    device_session_id: null,
    started_at,
    ended_at: null,
    energy_kwh: 0,
    charging_ms: 0,
  }
}

/** What an HVAC unit really did. */
export type CycleTruth = {
  kind: 'cycle'
  device_id: string
  mode: 'heating' | 'cooling'
  started_at: number
  ended_at: number | null
}

/** A charger that drew while the HVAC unit on its circuit called, or had not been off for long enough. */
export type ViolationTruth = {
  kind: 'violation'
  /** The charger. */
  device_id: string
  thermostat_id: string
  circuit: string
  started_at: number
  ended_at: number | null
  energy_kwh: number
  peak_current_a: number
}

export type Truth = SessionTruth | CycleTruth | ViolationTruth
