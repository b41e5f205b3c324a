/**
 * What comes too late to be folded (DESIGN §5.5). The hot store forgets a row 90 days after it was received, and a repair
 * that lacked one would decide wrongly. Whether one may be lacking is told by the records alone, never by a clock on the
 * wall, so that every run over the same log comes to the same.
 */
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { type EventKey, keyText } from '../events/key.ts'
import type { Summary } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import { CHECKPOINT_MS } from './apply-advance.ts'
import { locationAt } from './decided-rows.ts'
import { type DeviceWork, isIdentityKnown, put } from './device-work.ts'
import { RETENTION_S } from './event-rows.ts'

const RETENTION_MS = RETENTION_S * 1000
/**
 * A row of this age or less was received since, and below it lies a checkpoint with nothing forgotten between the two: where
 * a device speaks there is one each day, and where it was silent for a day there is one just before (apply-advance.ts).
 */
const FOLDABLE_MS = RETENTION_MS - 2 * CHECKPOINT_MS - FUTURE_LIMIT_MS
/** For whoever makes it up from the archive to find it. */
const LISTED_S = 365 * 86_400

type Received = Pick<LogRecord, 'position' | 'received_at'>

/**
 * Epoch ms; everything of the device from here on is sure to be there, and a repair of it right. 0 while nothing of the
 * device can have been forgotten: its first history may be of any age.
 */
export function foldableFrom(work: DeviceWork, { received_at }: Pick<LogRecord, 'received_at'>): number {
  if (work.lookups.keeps_all) return 0
  const now = Math.max(received_at, work.last_received_at)
  return firstReceived(work.state) >= now - RETENTION_MS ? 0 : now - FOLDABLE_MS
}

/** Whether the event's time has passed for the device, and lies where its rows may be forgotten. */
export function isTooOld(
  work: DeviceWork,
  { ts }: EventKey,
  record: Pick<LogRecord, 'received_at'>,
): boolean {
  return ts <= work.state.until && ts < foldableFrom(work, record)
}

/** A state that older code wrote does not say since when its device is known: it may be for long. */
export function firstReceived({
  first_received_at,
  spoken,
}: Pick<DeviceState, 'first_received_at' | 'spoken'>): number {
  return first_received_at ?? (spoken ? 0 : Number.POSITIVE_INFINITY)
}

/** The state as of an event that was received at this time. */
export function receivedFirst(state: DeviceState, received_at: number): number {
  return Math.min(firstReceived(state), received_at)
}

export type SetAside = {
  what: 'event' | 'config' | 'boot' | 'pair'
  /** What tells it from all others, 32 hex digits over the device too. */
  identity: string
  key: EventKey
  reported_timestamp: number
  /** Epoch ms from where on it was folded all the same; null where nothing of it was. */
  folded_from: number | null
  /** Of a boot its number, and where its events lie: this and their uptimes. */
  boot?: number
  offset_ms?: number
}

const REASONS = {
  event: 'came after what follows it, and what came before it may be forgotten: nothing was folded',
  pair: 'is a member’s word about a time of which the pair’s rows may be forgotten: nothing was folded',
  config: 'is in force from a time of which rows may be forgotten: folded again from folded_from on',
  boot: 'has a better offset, and some of its events may be forgotten: those from folded_from on were moved',
} as const satisfies Record<SetAside['what'], string>

/** Lists it, once however often it comes. False where it is listed already. Moves no chart, and counts. */
export async function setAside(
  work: DeviceWork,
  aside: SetAside,
  record: Received,
  applied: number,
): Promise<boolean> {
  const { identity, key } = aside
  if (work.lookups.has_listed) return false
  if (await isIdentityKnown(work, identity)) return false
  const { device_id } = work.state
  const ttl = Math.floor(record.received_at / 1000) + LISTED_S
  put(work, null, { table: 'identities', item: { device_id, identity, ...key, applied, ttl } })
  put(work, null, { table: 'summaries', item: itemOf(work.state, aside, record, { applied, ttl }) })
  const { counters } = work.state
  work.state = { ...work.state, applied, counters: { ...counters, too_old: (counters.too_old ?? 0) + 1 } }
  work.figures.too_old++
  return true
}

function itemOf(
  state: DeviceState,
  { what, identity, key, reported_timestamp, folded_from, boot, offset_ms }: SetAside,
  { position, received_at }: Received,
  place: { applied: number; ttl: number },
): Summary {
  const { device_id } = state
  const location = locationAt(state, key.ts)
  const told = { device_id, location, what, identity, key: keyText(key), event_time: key.ts }
  const reason = REASONS[what]
  return {
    kind: 'too_old',
    id: identity,
    device_id,
    location,
    started_at: received_at,
    ...place,
    body: {
      ...told,
      reported_timestamp,
      received_at,
      position,
      folded_from,
      ...(boot !== undefined && { boot, offset_ms }),
      reason,
    },
  }
}
