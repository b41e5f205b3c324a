/**
 * The events of a boot whose offset has got better (DESIGN §3): each is put where it was, as is known now, and the row
 * that stood where it seemed to be is marked as retracted. What was decided is repaired from there.
 */
import type { MovedBoot } from '../events/boot.ts'
import { hashOf } from '../events/hash.ts'
import { compareKeys, type EventKey, eventKey, keyText, lowestKey, MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import { rankOf } from '../events/rank.ts'
import type { LogRecord } from '../events/record.ts'
import { spanWith } from '../statecharts/device-state.ts'
import { locationAt } from './decided-rows.ts'
import { beLate, type Cause, type DeviceWork, hasEntered, put } from './device-work.ts'
import { saidInRow } from './event-rows.ts'
import { feedMoved } from './feed-again.ts'
import { foldableFrom, setAside } from './too-old.ts'

/** Moves what is stored of the boot, and what this batch holds of it, but for the event at `own`: that lies well. */
export async function moveBoot(
  work: DeviceWork,
  moved: MovedBoot,
  own: EventKey,
  record: LogRecord,
): Promise<void> {
  const limit = foldableFrom(work, record)
  for (const row of await rowsOfBoot(work, moved)) {
    if (compareKeys(row, own) === 0) continue
    const key = movedKey(row, moved)
    const isFoldable = row.ts >= limit && key.ts >= limit
    if (isFoldable && compareKeys(key, row) !== 0) moveRow(work, row, key, record, 'clock')
  }
  if (moved.from >= limit) return
  const { number, from, offset_ms } = moved
  const identity = hashOf([work.state.device_id, 'boot', number, from, offset_ms])
  const aside = { identity, key: lowestKey(Math.max(0, from)), reported_timestamp: from, folded_from: limit }
  await setAside(work, { what: 'boot', ...aside, boot: number, offset_ms }, record, work.state.applied)
}

/** Moves what was left where it lay when the boot was set aside, because it lies before `folded_from` or goes there. */
export async function moveLeft(
  work: DeviceWork,
  { number, offset_ms, folded_from }: Pick<MovedBoot, 'number' | 'offset_ms'> & { folded_from: number },
  record: LogRecord,
): Promise<void> {
  const everything = { number, offset_ms, from: 0, to: MAX_TIMESTAMP_MS }
  for (const row of await rowsOfBoot(work, everything)) {
    const key = movedKey(row, everything)
    const wasLeft = row.ts < folded_from || key.ts < folded_from
    if (wasLeft && compareKeys(key, row) !== 0) moveRow(work, row, key, record, 'replay')
  }
}

/** Rows of the boot that hold: an attempt that ended half-way may have retracted them, and then they still do. */
async function rowsOfBoot(work: DeviceWork, { number, from, to }: MovedBoot): Promise<EventRow[]> {
  const range = { from: lowestKey(Math.max(0, from)), to: lowestKey(to + 1) }
  const applied = work.stored?.applied ?? 0
  const rows = new Map<string, EventRow>()
  for (const row of await work.lookups.history(work.state.device_id, range)) {
    const holds = !row.retracted || row.applied > applied
    if (holds && hasEntered(row, applied)) rows.set(keyText(row), row)
  }
  for (const one of work.puts.toArray()) {
    if (one.table !== 'events') continue
    if (one.item.retracted) rows.delete(keyText(one.item))
    else rows.set(keyText(one.item), one.item)
  }
  const isOfBoot = ({ body, time_quality }: EventRow) => body.boot === number && time_quality === 'estimated'
  return [...rows.values()].filter(isOfBoot).sort(compareKeys)
}

function movedKey(row: EventRow, { offset_ms }: MovedBoot): EventKey {
  const { identity, reported_timestamp, time_quality } = row
  const event_type = row.event_type as Parameters<typeof rankOf>[0]['event_type']
  return eventKey({
    event_time: offset_ms + reported_timestamp,
    rank: rankOf({ event_type, fields: saidInRow(row).fields }),
    identity,
    sequence: row.body.sequence as number | undefined,
    time_quality,
  })
}

/** Withdraws the row where it lies, and puts it as it is now. The record that makes it so has been counted. */
export function moveRow(
  work: DeviceWork,
  row: EventRow,
  now: EventKey & Partial<EventRow>,
  record: LogRecord,
  cause: Cause,
): void {
  const { applied, config, payload_location } = work.state
  const { device_id, identity } = row
  const named = (row.body.payload_location as string | undefined) ?? payload_location
  const location = locationAt({ config, payload_location: named }, now.ts)
  const { retracted: _, ...held } = row
  const there = { ...held, ...now, location, applied, entered: applied, supersedes: keyText(row) }
  const { ts, ord, ttl } = there
  put(work, null, { table: 'events', item: { ...row, retracted: true, revision: row.revision + 1, applied } })
  put(work, null, { table: 'events', item: there })
  put(work, null, { table: 'identities', item: { device_id, identity, ts, ord, applied, ttl } })
  const [from, to] = compareKeys(now, row) < 0 ? [there, row] : [row, there]
  beLate(work, cause, { from, to })
  work.state = { ...work.state, spoken: spanWith(work.state.spoken, now.ts) }
  feedMoved(work, row, there, record)
}
