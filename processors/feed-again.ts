/** What a member's records lead to on the streams of its pairs: what is new, and what was told and no longer holds. */
import { isDeepStrictEqual } from 'node:util'
import type { DeviceEvent } from '../events/event.ts'
import { compareKeys, type EventKey, keyText } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { ConfigInForce } from '../statecharts/config-in-force.ts'
import { spanWith } from '../statecharts/device-state.ts'
import { type DeviceWork, END, hasEntered, nextApplied } from './device-work.ts'
import { eventInRow, meantInRow } from './event-rows.ts'
import { feedOf, isWired } from './feed-pairs.ts'
import { correction, type MemberEvent, type PairWord, wordsOfEvent, wordsOfLeaving } from './member-words.ts'

type At = Pick<LogRecord, 'position'>

/** An event of a device: its readings, and that it left a circuit where it is the first beyond the change. */
export function feedEvent(work: DeviceWork, event: DeviceEvent, key: EventKey, { position }: At): void {
  const { state } = work
  if (!isWired(state)) return
  const { config, spoken } = state
  const left = correction(
    wordsOfLeaving(state, config, spoken),
    wordsOfLeaving(state, config, spanWith(spoken, event.event_time)),
  )
  feed(work, [...left, ...wordsOfEvent(state, { ...event, key }, config)], position)
}

/**
 * A configuration that changes a past in which the device has spoken: its words from `from` on are to other pairs, or
 * under another configuration, than those that were told of them. `versions` are all that are known now.
 */
export async function feedConfig(
  work: DeviceWork,
  versions: readonly ConfigInForce[],
  from: EventKey | null,
  { position }: At,
): Promise<void> {
  const { state } = work
  const { config: was, spoken } = state
  if (!spoken || !isWired({ config: [...was, ...versions] })) return
  const left = correction(wordsOfLeaving(state, was, spoken), wordsOfLeaving(state, versions, spoken))
  const rows = from ? await wordsSince(work, from) : []
  const said = rows.flatMap((row) => {
    const event = eventOf(row)
    return correction(wordsOfEvent(state, event, was), wordsOfEvent(state, event, versions))
  })
  feed(work, [...left, ...said], position)
}

/** A batch ends with its repair: what that comes to is told behind what the last record said by itself. */
const BY_A_REPAIR = 0.5
/** A copy that was received earlier is not counted, and is told behind the record before it. */
export const BY_A_COPY = 0.25

/** Words that a repair has come to read otherwise: a pin means what the pins before it make of it. */
export function feedRepaired(
  work: DeviceWork,
  again: DeviceWork,
  stored: readonly EventRow[],
  { position }: At,
): void {
  const { state } = work
  if (!isWired(state)) return
  const before = new Map(stored.map((row) => [keyText(row), row]))
  for (const put of again.puts.toArray()) {
    if (put.table !== 'events' || put.item.origin !== 'device') continue
    const name = keyText(put.item)
    const pending = work.puts.get(`events ${name}`)?.put
    const was = pending?.table === 'events' ? pending.item : before.get(name)
    const now = eventOf(put.item)
    if (!was || isDeepStrictEqual(eventOf(was).fields, now.fields)) continue
    feed(work, wordsOfEvent(state, now, state.config), position, state.applied + BY_A_REPAIR)
  }
}

/** An event that lies elsewhere now, because of a record that has been counted already. */
export function feedMoved(work: DeviceWork, was: EventRow, is: EventRow, { position }: At, behind = 0): void {
  const { state } = work
  if (!isWired(state)) return
  const [before, now] = [was, is].map((row) => wordsOfEvent(state, eventOf(row), state.config))
  feed(work, correction(before ?? [], now ?? []), position, state.applied + behind)
}

/** What the device has said from a key on, as it is stored, and as this batch has it. */
async function wordsSince(work: DeviceWork, from: EventKey): Promise<EventRow[]> {
  const stored = await work.lookups.history(work.state.device_id, { from, to: END })
  const applied = work.stored?.applied ?? 0
  const entered = stored.filter((row) => hasEntered(row, applied))
  const rows = new Map(entered.map((row) => [keyText(row), row]))
  for (const put of work.puts.toArray())
    if (put.table === 'events' && compareKeys(put.item, from) >= 0) rows.set(keyText(put.item), put.item)
  // One that lies elsewhere now says nothing here; what an attempt that ended half-way has withdrawn still does.
  const says = (row: EventRow) =>
    !row.retracted || (row.applied > applied && !work.puts.has(`events ${keyText(row)}`))
  return [...rows.values()].filter((row) => row.origin === 'device' && says(row)).sort(compareKeys)
}

function eventOf(row: EventRow): MemberEvent {
  const { ts, ord } = row
  return { ...eventInRow(row), key: { ts, ord }, fields: meantInRow(row) }
}

function feed(
  work: DeviceWork,
  words: readonly PairWord[],
  position: string,
  told = nextApplied(work),
): void {
  for (const { message, received_at } of words) {
    const numbered = { ...message, fields: { ...message.fields, told: nextTold(work, told) } }
    work.feeds.push(feedOf(numbered, { position, received_at }))
  }
}

/** The words of one record, in their order: a record may have millions of them told. */
const EACH_WORD = 1e-7

function nextTold(work: DeviceWork, record: number): number {
  const { told } = work
  const words = told && told.record === record ? told.words + 1 : 0
  work.told = { record, words }
  return record + words * EACH_WORD
}
