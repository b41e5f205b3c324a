/** What a member of a pair said, on the pair's own stream: placed already, under the key that it has with the member. */
import { isDeepStrictEqual } from 'node:util'
import type { DeviceEvent } from '../events/event.ts'
import { keyText } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { LogRecord, PairMessage } from '../events/record.ts'
import { isRecent } from '../statecharts/device-state.ts'
import { placeOf, takeEvent } from './apply-report.ts'
import { beLate, type DeviceWork, hasEntered, hear, isBeyondHorizon, put } from './device-work.ts'
import { deviceRow } from './event-rows.ts'

/**
 * Applies it, unless it has been fed before as it is. What was fed and is told otherwise now, or withdrawn, is a late
 * event: of all that was told under one key the last word counts.
 */
export async function applyPair(work: DeviceWork, message: PairMessage, record: LogRecord): Promise<void> {
  const { state } = work
  const { key, identity } = message
  const event = eventOf(message, record)
  const beyond = isBeyondHorizon(state, key)
  const mayBeKnown = message.retracted || !beyond || isRecent(state, identity)
  const known = mayBeKnown ? await knownRow(work, event, message) : null
  if (known && saysTheSame(known, event, message)) {
    work.figures.duplicates++
    return
  }
  hear(work, record)
  if (message.retracted) return withdraw(work, event, message)
  const late = !beyond || (known !== null && !known.retracted)
  takeEvent(work, { event, key, clock: state.clock, pins: state.pins, late })
}

/** The row at its key, as this batch or one before it has left it. */
async function knownRow(
  work: DeviceWork,
  { device_id }: DeviceEvent,
  { key }: PairMessage,
): Promise<EventRow | null> {
  const pending = work.puts.get(`events ${keyText(key)}`)?.put
  if (pending?.table === 'events') return pending.item
  const row = await work.lookups.findEvent(device_id, key)
  return row && hasEntered(row, work.stored?.applied ?? 0) ? row : null
}

function saysTheSame(known: EventRow, event: DeviceEvent, { key, retracted }: PairMessage): boolean {
  if (retracted || known.retracted) return Boolean(retracted) === Boolean(known.retracted)
  const { location, received_at, ttl, applied } = known
  const { body } = deviceRow(event, key, { location, received_at, ttl, applied })
  return isDeepStrictEqual(JSON.parse(JSON.stringify(known.body)), JSON.parse(JSON.stringify(body)))
}

/** The row stays, marked: nothing is silently deleted. */
function withdraw(work: DeviceWork, event: DeviceEvent, { key }: PairMessage): void {
  const place = placeOf(work, event)
  put(work, null, { table: 'events', item: { ...deviceRow(event, key, place), retracted: true } })
  work.state = { ...work.state, applied: place.applied }
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
