/**
 * Of two copies of an event the one that was received first counts (DESIGN §3), whichever comes first: an event that is
 * known, and was received earlier than is known, is told anew as of then. Where its time was its receiving (it claims the
 * future) it lies elsewhere; the stretch is folded again.
 */
import { bootOf, COPY_LIMIT_MS, placeInTime } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { DeviceReport } from '../events/event.ts'
import { identityOf } from '../events/identity.ts'
import { compareKeys, type EventKey, eventKey, keyText, lowestKey, parseKeyText } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import { rankOf } from '../events/rank.ts'
import type { LogRecord } from '../events/record.ts'
import { spanWith } from '../statecharts/device-state.ts'
import { beLate, type DeviceWork, END, hasEntered, hear, nextApplied, put } from './device-work.ts'
import { ttlOf } from './event-rows.ts'
import { BY_A_COPY, feedMoved } from './feed-again.ts'
import { moveBoot, moveRow } from './move-boot.ts'
import { foldableFrom, receivedFirst } from './too-old.ts'

/**
 * Takes a copy of what is known, and says whether it tells anything new: not to be asked where the copy was received
 * after everything else of the device, as copies are.
 */
export async function takeCopy(work: DeviceWork, said: DeviceReport, record: LogRecord): Promise<boolean> {
  const { received_at } = record
  const row = await storedCopy(work, said, received_at)
  if (!row || !isEarlier(work, row, received_at)) return false
  const placed = placeInTime(work.state.clock, said, received_at, { history: record.source === 'import' })
  const limit = foldableFrom(work, record)
  if (row.ts < limit || placed.event_time < limit) return false
  hear(work, record)
  // Not counted in `applied`: whether an attempt that died has told it must not change the numbers of the records behind it.
  work.state = { ...work.state, first_received_at: receivedFirst(work.state, received_at) }
  work.anew = true
  work.figures.late++
  if (said.reported_timestamp < FIRST_EPOCH_MS) await takeByUptime(work, row, placed, record)
  else await takeByEpoch(work, row, keyOf(said, row, placed), record)
  return true
}

/** One that an attempt which never wrote its state may have told as of then is told again. */
function isEarlier(work: DeviceWork, row: EventRow, received_at: number): boolean {
  if (row.received_at !== received_at) return row.received_at > received_at
  const isMarked = work.late !== null && work.late.because === null
  const isFirst = received_at < (work.state.first_received_at ?? 0)
  return isFirst || (isMarked && !work.puts.has(`events ${keyText(row)}`))
}

type Placed = ReturnType<typeof placeInTime>

async function takeByEpoch(
  work: DeviceWork,
  row: EventRow,
  { key, time_quality }: { key: EventKey; time_quality: EventRow['time_quality'] },
  record: LogRecord,
): Promise<void> {
  if (compareKeys(key, row) === 0) return tellAnew(work, row, record)
  const { clamped_span, counters, spoken } = work.state
  const clamped = counters.clamped + (row.time_quality === 'clamped' ? 0 : 1)
  const last = spoken?.[1] === row.ts ? await lastSpoken(work, row, key) : null
  // It lies elsewhere, which such an attempt leaves to be seen: so it is counted, and its row enters with its number.
  work.state = { ...work.state, applied: nextApplied(work) }
  const { received_at, ttl } = asOf(row, record)
  moveRow(work, row, { ...key, received_at, ttl, time_quality }, record, 'earlier_copy')
  const { spoken: moved } = work.state
  work.state = {
    ...work.state,
    clamped_span: spanWith(clamped_span, row.reported_timestamp),
    counters: { ...counters, clamped },
    spoken: moved && last !== null ? [moved[0], last] : moved,
  }
}

/** An uptime received earlier may better its boot's offset, and so move all of the boot. */
async function takeByUptime(
  work: DeviceWork,
  row: EventRow,
  { clock, boot, moved }: Placed,
  record: LogRecord,
): Promise<void> {
  tellAnew(work, row, record)
  if (boot !== row.body.boot) return
  const { estimated } = work.state.clock
  work.state = { ...work.state, clock: { ...clock, estimated } }
  if (moved) await moveBoot(work, moved, lowestKey(0), record)
}

function tellAnew(work: DeviceWork, row: EventRow, record: LogRecord): void {
  const told = { ...asOf(row, record), applied: work.state.applied }
  put(work, null, { table: 'events', item: told })
  const { clamped_span } = work.state
  if (row.time_quality === 'clamped')
    work.state = { ...work.state, clamped_span: spanWith(clamped_span, row.reported_timestamp) }
  feedMoved(work, row, told, record, BY_A_COPY)
  beLate(work, 'earlier_copy', { from: told, to: told })
}

function asOf(row: EventRow, { received_at }: LogRecord): EventRow {
  return { ...row, received_at, ttl: ttlOf(received_at) }
}

/** Of what the device has said the latest, when the row lies at `key`. */
async function lastSpoken(work: DeviceWork, row: EventRow, key: EventKey): Promise<number> {
  const stored = await work.lookups.history(work.state.device_id, { from: key, to: END })
  const applied = work.stored?.applied ?? 0
  const pending = work.puts.toArray().map((one) => (one.table === 'events' ? one.item : row))
  const others = [...stored.filter((one) => hasEntered(one, applied)), ...pending].filter(
    (one) => one.origin === 'device' && !one.retracted && compareKeys(one, row) !== 0,
  )
  return Math.max(key.ts, ...others.map(({ ts }) => ts))
}

/** The row of the event, by its identity or where its own time puts it; null where none has entered. */
async function storedCopy(
  work: DeviceWork,
  said: DeviceReport,
  received_at: number,
): Promise<EventRow | null> {
  if (said.reported_timestamp >= FIRST_EPOCH_MS) {
    const identity = identityOf(said)
    return (await rowByIdentity(work, identity)) ?? rowAt(work, unclampedKey(said, identity), identity)
  }
  // Firmware that begins every boot with the same words: of a boot that is not known for sure, or long after, it is another.
  const { clock } = work.state
  const boot = bootOf(clock, said, received_at).at(-1)
  if (boot === undefined || !clock.boots.some(({ number }) => number === boot)) return null
  const row = await rowByIdentity(work, identityOf(said, boot))
  return row && row.received_at - received_at <= COPY_LIMIT_MS ? row : null
}

async function rowByIdentity(work: DeviceWork, identity: string): Promise<EventRow | null> {
  const { lookups, state } = work
  const pending = work.puts.get(`identities ${identity}`)?.put
  if (pending?.table === 'identities') return rowAt(work, pending.item, identity)
  const known = await lookups.findIdentity(state.device_id, identity)
  const row = known && (await rowAt(work, known, identity))
  if (row || !known) return row
  // An attempt that never wrote its state has moved it, or was about to.
  const left = await lookups.findEvent(state.device_id, known)
  if (left && !left.supersedes) return null
  const before = left?.supersedes ? parseKeyText(left.supersedes) : null
  const moved = before && (await rowAt(work, before, identity))
  return moved ?? (known.applied > (work.stored?.applied ?? 0) ? rowBehind(work, known, identity) : null)
}

/**
 * The row of an event whose identity such an attempt has put elsewhere, and not yet its row; or has put there by way of a
 * place that it brought itself. An event moves to earlier times, and its own is never later than when it was received.
 */
async function rowBehind(work: DeviceWork, { ts }: EventKey, identity: string): Promise<EventRow | null> {
  const range = { from: lowestKey(ts), to: lowestKey(work.last_received_at + 1) }
  for (const row of await work.lookups.history(work.state.device_id, range)) {
    const held = row.identity === identity ? await rowAt(work, row, identity) : null
    if (held) return held
  }
  return null
}

/** The row as this batch, or a record before it, has left it. */
async function rowAt(work: DeviceWork, key: EventKey, identity: string): Promise<EventRow | null> {
  const pending = work.puts.get(`events ${keyText(key)}`)?.put
  if (pending?.table === 'events')
    return pending.item.identity === identity && !pending.item.retracted ? pending.item : null
  const row = await work.lookups.findEvent(work.state.device_id, key)
  const applied = work.stored?.applied ?? 0
  if (row?.identity !== identity || !hasEntered(row, applied)) return null
  const { retracted, ...held } = row
  return !retracted || row.applied > applied ? held : null
}

/**
 * Whether an event that claims the future is known where it lies elsewhere: of another copy, which was received when its
 * time had nearly come, or where an attempt that never wrote its state has moved it from.
 */
export async function isKnownElsewhere(
  work: DeviceWork,
  said: DeviceReport,
  identity: string,
): Promise<boolean> {
  const { spoken } = work.state
  if (!work.lookups.atomic && (await rowByIdentity(work, identity))) return true
  if (!spoken || said.reported_timestamp > spoken[1]) return false
  return (await rowAt(work, unclampedKey(said, identity), identity)) !== null
}

function unclampedKey(said: DeviceReport, identity: string): EventKey {
  const { reported_timestamp, sequence } = said
  return eventKey({ event_time: reported_timestamp, rank: rankOf(said), identity, sequence })
}

function keyOf(said: DeviceReport, { identity }: EventRow, { event_time, time_quality }: Placed) {
  const { reported_timestamp, sequence } = said
  const rank = rankOf(said)
  const key = eventKey({ event_time, rank, identity, sequence, time_quality, reported_timestamp })
  return { key, time_quality }
}
