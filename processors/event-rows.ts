/** Rows of what came in: device events and configuration, as device_events keeps them. */
import type { DeviceEvent } from '../events/event.ts'
import type { EventKey } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { ConfigMessage } from '../events/record.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { RowPlace } from './decided-rows.ts'

export const RETENTION_S = 90 * 86_400

/** Epoch seconds after which the hot store may forget: 90 days after it was received. */
export function ttlOf(received_at: number): number {
  return Math.floor(received_at / 1000) + RETENTION_S
}

export function deviceRow(event: DeviceEvent, key: EventKey, place: RowPlace, late: boolean): EventRow {
  const row: EventRow = {
    ...key,
    device_id: event.device_id,
    device_type: event.device_type,
    origin: 'device',
    event_type: event.event_type,
    location: place.location,
    identity: event.identity,
    reported_timestamp: event.reported_timestamp,
    received_at: place.received_at,
    time_quality: event.time_quality,
    applied: place.applied,
    revision: 1,
    ttl: place.ttl,
    body: deviceBody(event),
  }
  if (late) row.late = true
  return row
}

export function configRow(
  state: DeviceState,
  message: ConfigMessage,
  identity: string,
  key: EventKey,
  place: RowPlace,
  late: boolean,
): EventRow {
  const { effective_from, written_at, config } = message
  const row: EventRow = {
    ...key,
    device_id: state.device_id,
    device_type: state.device_type,
    origin: 'config',
    event_type: 'config',
    location: place.location,
    identity,
    reported_timestamp: effective_from,
    received_at: place.received_at,
    time_quality: 'device',
    applied: place.applied,
    revision: 1,
    ttl: place.ttl,
    body: { effective_from, written_at, config },
  }
  if (late) row.late = true
  return row
}

/** The device's own fields by their own names; what is not one of ours stays together under `extra`. */
function deviceBody(event: DeviceEvent): Record<string, unknown> {
  const body: Record<string, unknown> = { ...event.fields }
  if (event.device_event_id !== undefined) body.event_id = event.device_event_id
  if (event.sequence !== undefined) body.sequence = event.sequence
  if (event.payload_location !== undefined) body.payload_location = event.payload_location
  if (event.boot !== undefined) body.boot = event.boot
  if (event.flags.length > 0) body.flags = event.flags
  for (const _ in event.extra) {
    body.extra = event.extra
    break
  }
  return body
}
