/** What a member of a pair said, on the pair's own stream: placed already, under the key that it has with the member. */
import { isDeepStrictEqual } from 'node:util'
import { canonicalMessage } from '../events/canonical.ts'
import type { DeviceEvent } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { type EventKey, keyText } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { LogRecord, PairMessage } from '../events/record.ts'
import { type DeviceState, isRecent, spanWith } from '../statecharts/device-state.ts'
import { placeOf, takeEvent } from './apply-report.ts'
import { beLate, type DeviceWork, hear, isBeyondHorizon, nextApplied, put } from './device-work.ts'
import { deviceRow } from './event-rows.ts'
import { isTooOld, setAside } from './too-old.ts'

/**
 * Applies it, unless it has been fed before as it is. What was fed and is told otherwise now, or withdrawn, is a late
 * event: of all that was told under one key the last word counts.
 */
export async function applyPair(work: DeviceWork, message: PairMessage, record: LogRecord): Promise<void> {
  const { state } = work
  const { key, identity, fields } = message
  const event = eventOf(message, record)
  const beyond = isBeyondHorizon(state, key)
  const mayBeKnown = message.retracted || !beyond || isHeardOf(state, key) || isRecent(state, identity)
  const row = mayBeKnown ? await rowAt(work, event, message) : null
  const heard = heardOf(state, fields)
  const isKnown = row && (isOlder(message, row) || saysTheSame(row, event, message))
  if (isKnown && toldOf(fields) <= heard) {
    work.figures.duplicates++
    return
  }
  if (isTooOld(work, key, record)) return setWordAside(work, message, record)
  hear(work, record)
  if (message.retracted) withdraw(work, event, message)
  else {
    const isTold = row !== null && toldOf(row.body) <= heard && !row.retracted
    takeEvent(work, { event, key, clock: state.clock, pins: state.pins, late: !beyond || isTold })
  }
  const { told = {} } = work.state
  work.state = { ...work.state, told: { ...told, [fields.member_id]: Math.max(heard, toldOf(fields)) } }
}

/**
 * The last word of its member that the pair has heard. A row that tells of a later one was left by an attempt that never
 * wrote its state: nothing in it has been heard.
 */
function heardOf({ told = {} }: DeviceState, { member_id }: { member_id: string }): number {
  return Object.hasOwn(told, member_id) ? (told[member_id] as number) : 0
}

function toldOf({ told }: { told?: unknown }): number {
  return typeof told === 'number' ? told : 0
}

/** A word may be told otherwise later, under the same identity: each of its tellings is an item of its own. */
async function setWordAside(work: DeviceWork, message: PairMessage, record: LogRecord): Promise<void> {
  const { key, reported_timestamp } = message
  const identity = hashOf([canonicalMessage(message)])
  const aside = { what: 'pair', identity, key, reported_timestamp, folded_from: null } as const
  if (await setAside(work, aside, record, nextApplied(work))) hear(work, record)
  else work.figures.duplicates++
}

/**
 * A word may have been withdrawn, and the horizon with it: who tells it after that, having stood still, must find that it
 * was. All that was ever told lies within `spoken`.
 */
function isHeardOf({ spoken }: DeviceState, key: EventKey): boolean {
  return spoken !== null && key.ts <= spoken[1]
}

/** The row at its key, as this batch or one before it has left it. */
async function rowAt(
  work: DeviceWork,
  { device_id }: DeviceEvent,
  { key }: PairMessage,
): Promise<EventRow | null> {
  const pending = work.puts.get(`events ${keyText(key)}`)?.put
  if (pending?.table === 'events') return pending.item
  return work.lookups.findEvent(device_id, key)
}

/** Told by one who had stood still, while others knew more already. */
function isOlder({ fields }: PairMessage, { body }: EventRow): boolean {
  return toldOf(fields) < toldOf(body)
}

function saysTheSame(known: EventRow, event: DeviceEvent, { key, retracted }: PairMessage): boolean {
  if (retracted || known.retracted) return Boolean(retracted) === Boolean(known.retracted)
  // Of two copies of what the member said the one that was received first counts.
  if (event.received_at < known.received_at) return false
  const { location, received_at, ttl, applied } = known
  const { body } = deviceRow(event, key, { location, received_at, ttl, applied })
  const said = ({ told: _, ...rest }: EventRow['body']) => JSON.parse(JSON.stringify(rest)) as unknown
  return isDeepStrictEqual(said(known.body), said(body))
}

/** The row stays, marked: nothing is silently deleted. */
function withdraw(work: DeviceWork, event: DeviceEvent, { key }: PairMessage): void {
  const place = placeOf(work, event)
  put(work, null, { table: 'events', item: { ...deviceRow(event, key, place), retracted: true } })
  const spoken = spanWith(work.state.spoken, key.ts)
  work.state = { ...work.state, applied: place.applied, spoken }
  work.figures.late++
  beLate(work, 'told_otherwise', { from: key, to: key })
}

function eventOf(message: PairMessage, { received_at }: LogRecord): DeviceEvent {
  const { device_id, location, identity, key, reported_timestamp, time_quality, fields } = message
  return {
    device_id,
    device_type: 'pair',
    event_type: 'state_change',
    reported_timestamp,
    payload_location: location,
    fields,
    extra: {},
    flags: [],
    origin: 'device',
    event_time: key.ts,
    time_quality,
    received_at,
    identity,
  }
}
