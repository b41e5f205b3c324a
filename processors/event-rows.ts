/** Rows of what came in: device events and configuration, as device_events keeps them. */
import type { DeviceEvent, DeviceReport } from '../events/event.ts'
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

export function deviceRow(event: DeviceEvent, key: EventKey, place: RowPlace): EventRow {
  return {
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
    entered: place.applied,
    revision: 1,
    ttl: place.ttl,
    body: deviceBody(event),
  }
}

export function configRow(
  state: DeviceState,
  message: ConfigMessage,
  identity: string,
  key: EventKey,
  place: RowPlace,
): EventRow {
  const { effective_from, written_at, config } = message
  return {
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
    entered: place.applied,
    revision: 1,
    ttl: place.ttl,
    body: { effective_from, written_at, config },
  }
}

/** The device's own fields by their own names; what is not one of ours stays together under `extra`. */
function deviceBody(event: DeviceEvent): Record<string, unknown> {
  const body: Record<string, unknown> = { ...event.fields }
  if (event.device_event_id !== undefined) body.event_id = event.device_event_id
  if (event.sequence !== undefined) body.sequence = event.sequence
  if (event.payload_location !== undefined) body.payload_location = event.payload_location
  if (event.boot !== undefined) body.boot = event.boot
  if (event.flags.length > 0) body.flags = event.flags
  if (event.gpio) body.gpio = event.gpio
  for (const _ in event.extra) {
    body.extra = event.extra
    break
  }
  return body
}

/** What a row says its device said: the report again, as far as the charts care. */
export function saidInRow(row: EventRow): Pick<DeviceReport, 'device_type' | 'fields'> {
  const { gpio, ...rest } = readBody(row)
  return gpio ? { device_type: null, fields: gpio } : { device_type: row.device_type, fields: rest.fields }
}

/** What a row's device meant when the row was last told: of a pin, what the configuration made of it. */
export function meantInRow(row: EventRow): DeviceEvent['fields'] {
  return readBody(row).fields
}

/** The event that a row was made of; what the device meant is the caller's to fill in. */
export function eventInRow(row: EventRow): Omit<DeviceEvent, 'device_type' | 'fields' | 'gpio'> {
  const { fields: _f, gpio: _g, event_id, flags = [], extra = {}, ...kept } = readBody(row)
  const { device_id, event_type, reported_timestamp, received_at, time_quality, identity } = row
  return {
    ...kept,
    ...(event_id === undefined ? {} : { device_event_id: event_id }),
    device_id,
    event_type: event_type as DeviceEvent['event_type'],
    origin: 'device',
    event_time: row.ts,
    reported_timestamp,
    received_at,
    time_quality,
    identity,
    flags,
    extra,
  }
}

type Body = Pick<DeviceEvent, 'fields' | 'gpio' | 'sequence' | 'payload_location' | 'boot'> & {
  event_id?: string
  flags?: string[]
  extra?: Record<string, unknown>
}

/** deviceBody, the other way round. */
function readBody(row: EventRow): Body {
  const { event_id, sequence, payload_location, boot, flags, extra, gpio, ...fields } = row.body
  const kept = { event_id, sequence, payload_location, boot, flags, extra, gpio }
  const said = Object.entries(kept).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(said), fields } as Body
}
