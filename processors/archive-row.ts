/** A record of the log as a row of the archive: the record itself, and what the one parser reads in it. Follows from the record alone. */
import type { ArchiveReadings, ArchiveRow } from '../events/archive.ts'
import { deviceHash } from '../events/archive.ts'
import { type PayloadParts, type PlacedColumns, takeApart, WHOLE } from '../events/archive-payload.ts'
import { splitPosition } from '../events/archive-position.ts'
import { canonicalMessage } from '../events/canonical.ts'
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { DeviceReport, EvseFields, ThermostatFields } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { identityOf } from '../events/identity.ts'
import { keyText, MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { WirelessLookup } from '../events/parse.ts'
import type { ConfigMessage, LogRecord, PairMessage } from '../events/record.ts'
import { sidewalkTopicId } from '../events/topics.ts'
import { type DeviceRecord, type OpenedRecord, type Refused, readRecord } from './decode-record.ts'

type Placed = Pick<
  ArchiveRow,
  'identity' | 'device_type' | 'event_type' | 'event_time' | 'reported_timestamp' | 'time_quality'
> & { device_id: string | null; readings: ArchiveReadings }

/** Never throws for what is in a record from outside: what nobody understands is archived too. */
export function archiveRow(opened: OpenedRecord, wireless: WirelessLookup): ArchiveRow {
  const { record } = opened
  const { received_at, source, topic, verdict } = record
  const { device_id, readings, ...placed } = place(readRecord(opened, wireless))
  return {
    ...splitPosition(record.position),
    received_at,
    source,
    topic: topic.toWellFormed(),
    verdict: verdict.toWellFormed(),
    ...payloadOf(record.payload, { device_id, ...placed, ...readings }),
    device_id,
    ...placed,
    device_hash: deviceHash(device_id),
    ...readings,
  }
}

function place(read: DeviceRecord | Refused): Placed {
  if ('rejection' in read) return placeRefused(read)
  if (read.kind === 'report') return placeReport(read.report, read.record)
  if (read.kind === 'config') return placeConfig(read.message, read.record)
  if (read.kind === 'pair') return placePair(read.message)
  return { ...placeRefused({ ...read, device_id: read.device_id }), event_type: 'until' }
}

/** Nothing about it but where and when it came in: each such record is one of its own. */
function placeRefused({ record, device_id }: Pick<Refused, 'record' | 'device_id'>): Placed {
  return {
    identity: hashOf(['position', record.position]),
    device_id: device_id ?? sidewalkTopicId(record.topic),
    device_type: null,
    event_type: null,
    event_time: inReach(record.received_at),
    reported_timestamp: null,
    time_quality: null,
    readings: NONE,
  }
}

/**
 * By the stamp where it is a time, as the clock rules place it. One of a clock that was never set has its place by when
 * it came in, and is never taken for a copy: which boot it is of, only the processor knows.
 */
function placeReport(report: DeviceReport, { position, received_at }: LogRecord): Placed {
  const { device_id, device_type, event_type, reported_timestamp } = report
  const dated = reported_timestamp >= FIRST_EPOCH_MS
  const clamped = dated && reported_timestamp - received_at > FUTURE_LIMIT_MS
  return {
    identity: dated ? identityOf(report) : hashOf(['position', position]),
    device_id,
    device_type,
    event_type,
    event_time: inReach(dated && !clamped ? reported_timestamp : received_at),
    reported_timestamp,
    time_quality: !dated ? 'estimated' : clamped ? 'clamped' : 'device',
    readings: readingsOf(report),
  }
}

/** On the day from which it is in force; one for the future on the day it was written. */
function placeConfig(message: ConfigMessage, { received_at }: LogRecord): Placed {
  const { device_id, effective_from, written_at, config } = message
  return {
    identity: hashOf([device_id, 'config', effective_from, written_at, canonicalMessage(config)]),
    device_id,
    device_type: config.device_type ?? null,
    event_type: 'config',
    event_time: inReach(Math.min(effective_from, received_at)),
    reported_timestamp: effective_from,
    time_quality: 'device',
    readings: { ...NONE, location: config.location ?? null },
  }
}

function placePair(message: PairMessage): Placed {
  const { device_id, identity, key, location, reported_timestamp, time_quality } = message
  return {
    identity: hashOf([device_id, 'pair', identity, keyText(key)]),
    device_id,
    device_type: 'pair',
    event_type: 'pair',
    event_time: inReach(key.ts),
    reported_timestamp,
    time_quality,
    readings: { ...NONE, location },
  }
}

const NONE: ArchiveReadings = {
  location: null,
  pilot_state: null,
  pwm_duty_cycle: null,
  current_draw: null,
  voltage_v: null,
  power_kw: null,
  energy_delivered_kwh: null,
  session_id: null,
  heating_call: null,
  cooling_call: null,
  energy_consumed_kwh: null,
}

function readingsOf({ fields, payload_location }: DeviceReport): ArchiveReadings {
  const said = fields as EvseFields & ThermostatFields
  return {
    location: payload_location?.toWellFormed() ?? null,
    pilot_state: said.pilot_state ?? null,
    pwm_duty_cycle: said.pwm_duty_cycle ?? null,
    current_draw: said.current_draw ?? null,
    voltage_v: said.voltage_v ?? null,
    power_kw: said.power_kw ?? null,
    energy_delivered_kwh: said.energy_delivered_kwh ?? null,
    session_id: said.session_id?.toWellFormed() || null,
    heating_call: said.heating_call ?? null,
    cooling_call: said.cooling_call ?? null,
    energy_consumed_kwh: said.energy_consumed_kwh ?? null,
  }
}

/** A time that a file's day can have. */
function inReach(ms: number): number {
  return Math.min(MAX_TIMESTAMP_MS, Math.max(0, Math.floor(ms)))
}

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A template where the text comes back from it and the columns, text where the bytes are text, else base64. */
function payloadOf(
  bytes: Uint8Array,
  columns: PlacedColumns,
): Pick<ArchiveRow, 'payload' | 'payload_base64' | keyof PayloadParts> {
  let text: string
  try {
    text = TEXT.decode(bytes)
  } catch {
    return { payload: null, payload_base64: Buffer.from(bytes).toString('base64'), ...WHOLE }
  }
  const parts = takeApart(text, columns)
  return { payload: parts ? null : text, payload_base64: null, ...(parts ?? WHOLE) }
}
