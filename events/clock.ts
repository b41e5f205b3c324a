/**
 * Where an event has its place in time, by the clock rules of DESIGN §3: pure functions over a small plain state that
 * is stored with the device.
 *
 * The caller looks for a known identity first and places only what is new, for a redelivery that is placed again would
 * get another time. With an uptime stamp that means to try the identity under each of `bootOf`'s boots before
 * `placeInTime`; what is known under one of them is a copy and no reboot.
 */
import {
  type Boot,
  hasNotFallen,
  type MovedBoot,
  newBoot,
  placedAnew,
  timeInBoot,
  withSynced,
  withUptime,
} from './boot.ts'
import { FIRST_EPOCH_MS } from './envelope.ts'
import type { DeviceReport, TimeQuality } from './event.ts'

/** What a clock needs of a report. */
export type Stamped = Pick<DeviceReport, 'reported_timestamp' | 'uptime_ms'>

export type ClockState = {
  /** The last few, oldest first. */
  boots: Boot[]
  /** Reported − received, of the latest epoch stamps, oldest first. */
  recent_offsets_ms: number[]
  /** How the latest message was stamped. */
  latest: 'epoch' | 'uptime' | null
  /** Events placed by uptime, and events that claimed the future. */
  estimated: number
  clamped: number
}

/** `moved`: the message has bettered the offset of a boot, whose earlier events now lie elsewhere. */
export type Placed = {
  clock: ClockState
  event_time: number
  time_quality: TimeQuality
  boot: number | undefined
  moved: MovedBoot | undefined
}

export type ClockView = {
  /** Device's clock − front door's, null while the device stamps by uptime. Delay only makes it smaller. */
  offset_ms: number | null
  quality: 'device' | 'estimated' | 'behind' | 'ahead' | 'unknown'
  boots: number
}

/** What claims to be later than this after it was received claims the future (DESIGN §3). */
export const FUTURE_LIMIT_MS = 5 * 60_000
/** A set clock whose messages all come from further back than this is behind. */
export const BEHIND_LIMIT_MS = 10 * 60_000
/** A fallen uptime that repeats what the boot said longer ago than this is a reboot that says the same again. */
export const COPY_LIMIT_MS = 10 * 60_000

/** An offset that rises by more than this from one message to the next: what came before was late, not wrong. */
export const CATCHING_UP_MS = 60_000

const MOST_BOOTS = 4
const RECENT_STAMPS = 8
const ENOUGH_STAMPS = 5

export function newClock(): ClockState {
  return { boots: [], recent_offsets_ms: [], latest: null, estimated: 0, clamped: 0 }
}

/**
 * Places a report that is not known yet; does not mutate `clock`. `history` marks imported records: when they were
 * received says nothing about their device's clock, so an epoch stamp among them leaves the estimates alone.
 */
export function placeInTime(
  clock: ClockState,
  report: Stamped,
  received_at: number,
  { history = false }: { history?: boolean } = {},
): Placed {
  if (report.reported_timestamp < FIRST_EPOCH_MS)
    return placeByUptime(clock, report.reported_timestamp, received_at)

  const offset_ms = report.reported_timestamp - received_at
  const clamped = offset_ms > FUTURE_LIMIT_MS
  const { boots, moved } =
    history || (clock.boots.length === 0 && report.uptime_ms === undefined)
      ? { boots: clock.boots, moved: undefined }
      : movedBoots(bootsHeard(clock, report, received_at, offset_ms))
  return {
    moved,
    clock: {
      boots,
      recent_offsets_ms: history ? clock.recent_offsets_ms : heard(clock.recent_offsets_ms, offset_ms),
      latest: history ? clock.latest : 'epoch',
      estimated: clock.estimated,
      clamped: clock.clamped + (clamped ? 1 : 0),
    },
    event_time: clamped ? received_at : report.reported_timestamp,
    time_quality: clamped ? 'clamped' : 'device',
    boot: undefined,
  }
}

/** The boots, of which at most one has a better offset than before: its events are placed by it. */
function movedBoots(boots: Boot[]): { boots: Boot[]; moved: MovedBoot | undefined } {
  for (const boot of boots) {
    const anew = placedAnew(boot)
    if (anew) return { boots: put(boots, anew.boot), moved: anew.moved }
  }
  return { boots, moved: undefined }
}

function bootsHeard(clock: ClockState, report: Stamped, received_at: number, offset_ms: number): Boot[] {
  const believable = offset_ms <= FUTURE_LIMIT_MS && offset_ms >= -BEHIND_LIMIT_MS
  return believable ? bootsAfterEpoch(clock.boots, report, received_at) : clock.boots
}

/** The latest offsets with that of an epoch stamp that has just come in. */
function heard(offsets_ms: readonly number[], offset_ms: number): number[] {
  const told = telling(offsets_ms, offset_ms)
  const next = told.length < RECENT_STAMPS ? told.slice() : told.slice(1 - RECENT_STAMPS)
  next.push(offset_ms)
  return next
}

/** A backlog that is sent after an outage looks like a clock that is behind, until it catches up. */
function telling(offsets_ms: readonly number[], offset_ms: number): readonly number[] {
  const last = offsets_ms.at(-1)
  return last !== undefined && offset_ms - last > CATCHING_UP_MS ? [] : offsets_ms
}

function bootsAfterEpoch(boots: Boot[], report: Stamped, received_at: number): Boot[] {
  const { reported_timestamp: epoch_ms, uptime_ms } = report
  if (uptime_ms !== undefined) {
    const both = { epoch_ms, uptime_ms }
    const boot = bootFor(boots, uptime_ms, received_at)
    return boot
      ? put(boots, withUptime(boot, uptime_ms, received_at, FUTURE_LIMIT_MS, both))
      : put(boots, newBoot(nextNumber(boots), uptime_ms, received_at, both))
  }
  const boot = bootAt(boots, received_at)
  return boot ? put(boots, withSynced(boot, epoch_ms, received_at)) : boots
}

function placeByUptime(clock: ClockState, uptime_ms: number, received_at: number): Placed {
  const counted: ClockState = { ...clock, latest: 'uptime', estimated: clock.estimated + 1 }
  const forgotten = forgottenBoot(clock.boots, received_at)
  // Of a boot that is no longer kept, all that is left to say is when its message came in.
  if (forgotten !== null)
    return {
      clock: counted,
      event_time: received_at,
      time_quality: 'estimated',
      boot: forgotten,
      moved: undefined,
    }

  const known = bootFor(clock.boots, uptime_ms, received_at)
  const told = known
    ? withUptime(known, uptime_ms, received_at, FUTURE_LIMIT_MS)
    : newBoot(nextNumber(clock.boots), uptime_ms, received_at)
  const anew = placedAnew(told)
  const { boot, event_time } = timeInBoot(anew?.boot ?? told, uptime_ms)
  const boots = put(clock.boots, boot)
  return {
    clock: { ...counted, boots },
    event_time,
    time_quality: 'estimated',
    boot: boot.number,
    moved: anew?.moved,
  }
}

/**
 * The numbers of the boots under which to look for a report's identity, in this order; the last one is the boot that
 * `placeInTime` would give it. None for an epoch stamp, whose identity needs no boot.
 *
 * An uptime that falls may be a reboot, or the same message published twice: so the boot it fell from is asked first,
 * if it said as much within the last ten minutes. Longer ago, firmware that begins every boot with the same words and
 * numbers nothing is the likelier.
 */
export function bootOf(clock: ClockState, report: Stamped, received_at: number): number[] {
  const uptime_ms = report.reported_timestamp
  if (uptime_ms >= FIRST_EPOCH_MS) return []
  const forgotten = forgottenBoot(clock.boots, received_at)
  if (forgotten !== null) return [forgotten]
  const boot = bootFor(clock.boots, uptime_ms, received_at)?.number ?? nextNumber(clock.boots)
  const current = bootAt(clock.boots, received_at)
  const copy = current && received_at - (current.offset_ms + uptime_ms) <= COPY_LIMIT_MS
  return copy && current.number !== boot ? [current.number, boot] : [boot]
}

/** The device's clock as the API shows it. */
export function clockView(clock: ClockState): ClockView {
  const boots = clock.boots.at(-1)?.number ?? 0
  if (clock.latest === 'uptime') return { offset_ms: null, quality: 'estimated', boots }
  const offset_ms = clock.recent_offsets_ms.length > 0 ? Math.max(...clock.recent_offsets_ms) : null
  return { offset_ms, quality: qualityOf(clock.recent_offsets_ms), boots }
}

function qualityOf(offsets_ms: number[]): ClockView['quality'] {
  const newest = offsets_ms.at(-1)
  if (newest === undefined) return 'unknown'
  if (newest > FUTURE_LIMIT_MS) return 'ahead'
  if (offsets_ms.length >= ENOUGH_STAMPS && Math.max(...offsets_ms) < -BEHIND_LIMIT_MS) return 'behind'
  return 'device'
}

/** Whether the device is to be sent a time sync: its latest message was stamped by uptime. */
export function needsTimeSync(clock: ClockState): boolean {
  return clock.latest === 'uptime'
}

/** The last boot that had begun by `received_at`; what came before the first one ever seen belongs to that. */
function bootAt(boots: Boot[], received_at: number): Boot | undefined {
  return boots.findLast((boot) => boot.first_received_at <= received_at) ?? boots[0]
}

/** The boot that an uptime stamp belongs to: the one at its time, or if it fell there the next; undefined begins one. */
function bootFor(boots: Boot[], uptime_ms: number, received_at: number): Boot | undefined {
  const at = bootAt(boots, received_at)
  if (!at || hasNotFallen(at, uptime_ms, received_at)) return at
  return boots[boots.indexOf(at) + 1]
}

/** The number before the oldest boot kept, for a message older than that; null where nothing has been forgotten. */
function forgottenBoot(boots: Boot[], received_at: number): number | null {
  const oldest = boots[0]
  return oldest && oldest.number > 1 && received_at < oldest.first_received_at ? oldest.number - 1 : null
}

function nextNumber(boots: Boot[]): number {
  return (boots.at(-1)?.number ?? 0) + 1
}

function put(boots: Boot[], boot: Boot): Boot[] {
  const kept = boots.some((other) => other.number === boot.number)
  if (kept) return boots.map((other) => (other.number === boot.number ? boot : other))
  return [...boots, boot].slice(-MOST_BOOTS)
}
