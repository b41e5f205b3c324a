/** One device report: is it known, when was it, is it late; and if it is none of these, what the charts make of it. */
import { bootOf, placeInTime } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { DeviceEvent, DeviceReport, Rejection } from '../events/event.ts'
import { identityOf } from '../events/identity.ts'
import { type EventKey, eventKey, type Rank } from '../events/key.ts'
import { rankOf } from '../events/rank.ts'
import type { LogRecord } from '../events/record.ts'
import { advanceDevice } from '../statecharts/advance-device.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import { addRecent, type DeviceState, isRecent } from '../statecharts/device-state.ts'
import { takeAdvance } from './apply-advance.ts'
import type { RowPlace } from './decided-rows.ts'
import {
  type DeviceWork,
  hear,
  isBeyondHorizon,
  isIdentityKnown,
  isRowKnown,
  nextApplied,
  put,
} from './device-work.ts'
import { deviceRow, ttlOf } from './event-rows.ts'
import { type InterpretedReport, interpretReport } from './interpret-report.ts'

/** Applies the report, or says why it cannot be one of this device. */
export async function applyReport(
  work: DeviceWork,
  said: DeviceReport,
  record: LogRecord,
): Promise<Rejection | null> {
  const report = interpretReport(work.state, said, record.received_at)
  if ('rule' in report) return report
  hear(work, record)
  const fresh = await unseen(work, report, record)
  if (!fresh) return drop(work)
  const placed = placeReport(work.state, report, record, { ...fresh, rank: rankOf(said) })
  const late = !isBeyondHorizon(work.state, placed.key)
  if (late && (await isRowKnown(work, placed.key))) return drop(work)
  takeEvent(work, { ...placed, pins: report.pins ?? work.state.pins, late })
  return null
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
async function unseen(
  work: DeviceWork,
  report: InterpretedReport,
  record: LogRecord,
): Promise<Unseen | null> {
  const { state } = work
  if (report.reported_timestamp >= FIRST_EPOCH_MS) {
    const identity = identityOf(report)
    if (isRecent(state, identity)) return null
    // Any event may be the second copy of a clamped one, but only of a device that was ever clamped.
    if (state.counters.clamped > 0 && (await isIdentityKnown(work, identity))) return null
    return { identity }
  }
  for (const boot of bootOf(state.clock, report, record.received_at)) {
    const identity = identityOf(report, boot)
    if (isRecent(state, identity) || (await isIdentityKnown(work, identity))) return null
  }
  return { identity: null }
}

/** The event's time by the clock rules, and the key that follows from it. */
function placeReport(
  state: DeviceState,
  report: InterpretedReport,
  record: LogRecord,
  known: Unseen & { rank: Rank },
) {
  const { received_at } = record
  const placed = placeInTime(state.clock, report, received_at, { history: record.source === 'import' })
  const { event_time, time_quality, boot } = placed
  const identity = known.identity ?? identityOf(report, boot)
  const event: DeviceEvent = {
    ...report,
    origin: 'device',
    event_time,
    time_quality,
    received_at,
    identity,
    ...(boot === undefined ? {} : { boot }),
  }
  const { reported_timestamp, sequence } = report
  const key = eventKey({
    event_time,
    rank: known.rank,
    identity,
    sequence,
    time_quality,
    reported_timestamp,
  })
  return { event, key, clock: placed.clock }
}

type Placed = {
  event: DeviceEvent
  key: EventKey
  clock: DeviceState['clock']
  pins: DeviceState['pins']
  late: boolean
}

function takeEvent(work: DeviceWork, placed: Placed): void {
  const { event, key, late } = placed
  const place = placeOf(work, event)
  putEvent(work, event, key, place, late)
  const heard = hearEvent(work.state, placed, place.applied)
  if (late) {
    // The seam of the repair (DESIGN §5.4): from here a repair would mark the state and fold from a checkpoint.
    work.figures.late++
    work.state = { ...heard, counters: { ...heard.counters, late: heard.counters.late + 1 } }
    return
  }
  const advanced = advanceDevice(work.state, event, key)
  const disagreed = disagrees(event, advanced.decided) ? 1 : 0
  work.figures.disagreed += disagreed
  work.location = place.location
  const { event_type, event_time, received_at, time_quality, fields, flags } = event
  const next: DeviceState = {
    ...heard,
    pins: placed.pins,
    last: { event_type, event_time, received_at, time_quality, fields, flags },
    counters: { ...heard.counters, disagreed: heard.counters.disagreed + disagreed },
  }
  takeAdvance(work, next, advanced, place, event_time)
}

function putEvent(work: DeviceWork, event: DeviceEvent, key: EventKey, place: RowPlace, late: boolean): void {
  work.figures.events++
  put(work, { table: 'events', item: deviceRow(event, key, place, late) })
  if (event.time_quality === 'device') return
  const { device_id, identity } = event
  const { applied, ttl } = place
  put(work, { table: 'identities', item: { device_id, identity, ...key, applied, ttl } })
}

/** The state with everything that hearing the event changes, late or not. */
function hearEvent(state: DeviceState, { event, clock }: Placed, applied: number): DeviceState {
  const clamped = state.counters.clamped + (event.time_quality === 'clamped' ? 1 : 0)
  return {
    ...state,
    applied,
    clock,
    recent: addRecent(state.recent, event.identity),
    payload_location: event.payload_location ?? state.payload_location,
    counters: { ...state.counters, events: state.counters.events + 1, clamped },
  }
}

/** The location is the configuration's; where that names none, what the payload says is better than nothing. */
function placeOf(work: DeviceWork, event: DeviceEvent): RowPlace {
  const configured = configAt(work.state.config, event.event_time).location
  return {
    location: configured ?? event.payload_location ?? work.state.payload_location,
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
