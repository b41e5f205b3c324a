/** One device report: is it known, when was it, is it late; and if it is none of these, what the charts make of it. */
import { bootOf, type ClockState, type Placed as PlacedTime, placeInTime } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { DeviceEvent, DeviceReport, Rejection } from '../events/event.ts'
import { identityOf } from '../events/identity.ts'
import { type EventKey, eventKey } from '../events/key.ts'
import { rankOf } from '../events/rank.ts'
import type { LogRecord } from '../events/record.ts'
import { advanceDevice } from '../statecharts/advance-device.ts'
import { addRecent, type DeviceState, isRecent, mayBeClamped, spanWith } from '../statecharts/device-state.ts'
import { takeAdvance } from './apply-advance.ts'
import { byNeed } from './by-need.ts'
import { locationAt, type RowPlace } from './decided-rows.ts'
import {
  beLate,
  type DeviceWork,
  hear,
  isBeyondHorizon,
  isIdentityKnown,
  isRowKnown,
  nextApplied,
  put,
} from './device-work.ts'
import { deviceRow, ttlOf } from './event-rows.ts'
import { feedEvent } from './feed-again.ts'
import { interpretReport, type Meaning } from './interpret-report.ts'
import { isTooOld, receivedFirst, setAside } from './too-old.ts'

/**
 * Applies the report, or says why it cannot be one of this device. At once where nothing has to be looked up, as for nearly
 * every report: what follows all that was folded, under a key that does not depend on when it was received, is new.
 */
export function applyReport(
  work: DeviceWork,
  said: DeviceReport,
  record: LogRecord,
): Promise<Rejection | null> | Rejection | null {
  const { state } = work
  const { reported_timestamp } = said
  const mayBeKnown =
    state.horizon === null ||
    reported_timestamp < FIRST_EPOCH_MS ||
    reported_timestamp < state.horizon.ts ||
    mayBeClamped(state, reported_timestamp)
  if (mayBeKnown) return applyLookedUp(work, said, record)
  const placed = placeReport(state, said, record, identityOf(said))
  const { moved, time_quality, key } = placed
  if (moved || time_quality !== 'device' || !isBeyondHorizon(state, key))
    return applyLookedUp(work, said, record)
  if (isTooOld(work, key, record)) return applyLookedUp(work, said, record)
  return takeReport(work, said, record, placed, false)
}

async function applyLookedUp(
  work: DeviceWork,
  said: DeviceReport,
  record: LogRecord,
): Promise<Rejection | null> {
  const fresh = await unseen(work, said, record)
  if (!fresh) return copied(work, said, record)
  const placed = placeReport(work.state, said, record, fresh.identity)
  const { time_quality, identity } = placed
  const late = !isBeyondHorizon(work.state, placed.key)
  if (late && (await isRowKnown(work, placed.key))) return copied(work, said, record)
  if (time_quality === 'clamped') {
    const { isKnownElsewhere } = await byNeed.earlierCopy()
    if (await isKnownElsewhere(work, said, identity)) return copied(work, said, record)
  }
  if (isTooOld(work, placed.key, record)) return setEventAside(work, said, placed, record)
  const rejection = takeReport(work, said, record, placed, late)
  if (!rejection && placed.moved) {
    const { moveBoot } = await byNeed.moveBoot()
    await moveBoot(work, placed.moved, placed.key, record)
  }
  return rejection
}

/** A report that is not known yet. */
function takeReport(
  work: DeviceWork,
  said: DeviceReport,
  record: LogRecord,
  placed: PlacedReport,
  late: boolean,
): Rejection | null {
  const meaning = interpretReport(work.state, said, placed.event_time)
  if ('rule' in meaning) return meaning
  hear(work, record)
  const event = eventOf(said, meaning, placed, record.received_at)
  const { key, clock } = placed
  feedEvent(work, event, key, record)
  takeEvent(work, { event, key, clock, pins: meaning.pins, late })
  return null
}

/** It moves no chart. What it says of its device's clock is known, but for what would move other events. */
async function setEventAside(
  work: DeviceWork,
  { reported_timestamp }: DeviceReport,
  { identity, key, clock, moved }: PlacedReport,
  record: LogRecord,
): Promise<null> {
  const aside = { what: 'event', identity, key, reported_timestamp, folded_from: null } as const
  if (!(await setAside(work, aside, record, nextApplied(work)))) return drop(work)
  hear(work, record)
  const { recent, clock: before } = work.state
  work.state = { ...work.state, clock: moved ? before : clock, recent: addRecent(recent, identity) }
  return null
}

/** Of two copies the one that was received first counts; most come after everything else of the device. */
async function copied(work: DeviceWork, said: DeviceReport, record: LogRecord): Promise<null> {
  if (record.received_at >= work.last_received_at) return drop(work)
  const { takeCopy } = await byNeed.earlierCopy()
  return (await takeCopy(work, said, record)) ? null : drop(work)
}

function drop(work: DeviceWork): null {
  work.figures.duplicates++
  return null
}

type Unseen = { identity: string | null }

/**
 * Null for a redelivery that identity alone tells: recent, or one whose key depended on when it was received. Else the
 * identity, or null in its place for an uptime stamp, whose identity waits for its boot.
 */
async function unseen(work: DeviceWork, report: DeviceReport, record: LogRecord): Promise<Unseen | null> {
  const { state } = work
  if (report.reported_timestamp >= FIRST_EPOCH_MS) {
    const identity = identityOf(report)
    if (isRecentAt(work, identity)) return null
    const copied = mayBeClamped(state, report.reported_timestamp) && (await isIdentityKnown(work, identity))
    if (copied) return null
    return { identity }
  }
  for (const boot of bootsToAsk(state.clock, report, record.received_at)) {
    const identity = identityOf(report, boot)
    if (isRecentAt(work, identity) || (await isIdentityKnown(work, identity))) return null
  }
  return { identity: null }
}

/** What was set aside is among the recent too, and where nothing is forgotten it is taken up. */
function isRecentAt({ state, lookups }: DeviceWork, identity: string): boolean {
  return !lookups.keeps_all && isRecent(state, identity)
}

/** Of the boots that are no longer kept, so many are asked: a boot loop within one batch that is delivered again. */
const FORGOTTEN_ASKED = 64

/** Boots under which an uptime stamp may be known. One of a forgotten boot may be of any that is forgotten. */
function bootsToAsk(clock: ClockState, report: DeviceReport, received_at: number): number[] {
  const boots = bootOf(clock, report, received_at)
  const newest = boots[0] ?? 0
  const oldestKept = clock.boots[0]?.number ?? 0
  if (newest >= oldestKept) return boots
  return Array.from({ length: Math.min(newest, FORGOTTEN_ASKED) }, (_, n) => newest - n)
}

type PlacedReport = PlacedTime & { identity: string; key: EventKey }

/** The report's place in time by the clock rules, its identity, and the key that follows from them. */
function placeReport(
  state: DeviceState,
  report: DeviceReport,
  { received_at, source }: LogRecord,
  known: string | null,
): PlacedReport {
  const placed = placeInTime(state.clock, report, received_at, source === 'import' ? HISTORY : NEWS)
  const { clock, event_time, time_quality, boot, moved } = placed
  const identity = known ?? identityOf(report, boot)
  const { reported_timestamp, sequence } = report
  const rank = rankOf(report)
  const key = eventKey({ event_time, rank, identity, sequence, time_quality, reported_timestamp })
  return { clock, event_time, time_quality, boot, moved, identity, key }
}

const HISTORY = { history: true }
const NEWS = { history: false }

function eventOf(
  said: DeviceReport,
  meaning: Meaning,
  placed: PlacedReport,
  received_at: number,
): DeviceEvent {
  const event: DeviceEvent = {
    device_id: said.device_id,
    device_type: meaning.device_type,
    event_type: said.event_type,
    origin: 'device',
    event_time: placed.event_time,
    time_quality: placed.time_quality,
    reported_timestamp: said.reported_timestamp,
    received_at,
    identity: placed.identity,
    fields: meaning.fields,
    extra: said.extra,
    flags: said.flags,
  }
  if (said.payload_location !== undefined) event.payload_location = said.payload_location
  if (said.sequence !== undefined) event.sequence = said.sequence
  if (said.uptime_ms !== undefined) event.uptime_ms = said.uptime_ms
  if (said.device_event_id !== undefined) event.device_event_id = said.device_event_id
  if (placed.boot !== undefined) event.boot = placed.boot
  if (meaning.gpio) event.gpio = meaning.gpio
  return event
}

/** An event with its place in the fold. */
export type Placed = {
  event: DeviceEvent
  key: EventKey
  clock: ClockState
  pins: DeviceState['pins']
  late: boolean
}

/** Takes an event into the work: on from the horizon, or, late, into the log for the repair to find. */
export function takeEvent(work: DeviceWork, placed: Placed): void {
  const { event, key, late } = placed
  const place = placeOf(work, event)
  putEvent(work, event, key, place)
  const heard = hearEvent(work.state, placed, place.applied)
  if (late) {
    // Once a batch the stretch from the earliest of them is folded again (repair.ts).
    work.figures.late++
    heard.payload_location = work.state.payload_location
    heard.counters.late++
    work.state = heard
    beLate(work, 'late_event', { from: key, to: key })
    return
  }
  const advanced = advanceDevice(work.state, event, key)
  const disagreed = disagrees(event, advanced.decided) ? 1 : 0
  work.figures.disagreed += disagreed
  const { event_type, event_time, received_at, time_quality, fields, flags } = event
  heard.pins = placed.pins
  heard.last = { event_type, event_time, received_at, time_quality, fields, flags }
  heard.counters.disagreed += disagreed
  takeAdvance(work, heard, advanced, place, event_time)
}

function putEvent(work: DeviceWork, event: DeviceEvent, key: EventKey, place: RowPlace): void {
  work.figures.events++
  const row = deviceRow(event, key, place)
  // A pair's word may be told otherwise, over the one that stands.
  if (event.device_type === 'pair') put(work, null, { table: 'events', item: row })
  else work.puts.add(row)
  // A pair's words come under the keys that they have.
  if (event.time_quality === 'device' || event.device_type === 'pair') return
  const { device_id, identity } = event
  const { applied, ttl } = place
  put(work, null, { table: 'identities', item: { device_id, identity, ...key, applied, ttl } })
}

/** A new state with everything that hearing the event changes, late or not; its counters are its own. */
function hearEvent(state: DeviceState, { event, clock }: Placed, applied: number): DeviceState {
  const isClamped = event.time_quality === 'clamped'
  const clamped = state.counters.clamped + (isClamped ? 1 : 0)
  return {
    ...state,
    applied,
    clock,
    recent: addRecent(state.recent, event.identity),
    clamped_span: isClamped ? spanWith(state.clamped_span, event.reported_timestamp) : state.clamped_span,
    spoken: spanWith(state.spoken, event.event_time),
    first_received_at: receivedFirst(state, event.received_at),
    payload_location: event.payload_location ?? state.payload_location,
    counters: { ...state.counters, events: state.counters.events + 1, clamped },
  }
}

/** The location is the configuration's; where that names none, what the payload says is better than nothing. */
export function placeOf(work: DeviceWork, event: DeviceEvent): RowPlace {
  const { config, payload_location } = work.state
  const named = { config, payload_location: event.payload_location ?? payload_location }
  return {
    location: locationAt(named, event.event_time),
    received_at: event.received_at,
    ttl: ttlOf(event.received_at),
    applied: nextApplied(work),
  }
}

const ANNOUNCED = new Set(['session_start', 'session_end', 'cycle_start', 'cycle_end'])

/** The device says that something began or ended, and the chart does not think so. */
function disagrees(
  event: DeviceEvent,
  decided: { decision: { type: string; timer: string | null } }[],
): boolean {
  if (!ANNOUNCED.has(event.event_type)) return false
  return !decided.some(({ decision }) => decision.timer === null && decision.type === event.event_type)
}
