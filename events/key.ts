/**
 * Keys of event rows (DESIGN §3): a pair of integer ms and a 25-digit ordinal, which follows from the event alone,
 * so that redelivery, reordering and a third arrival give the same one. Fold order is key order.
 *
 *   ordinary  rank 1 | sequence 9          | identity 12             | decided 3
 *   clamped   rank 1 | reported 13 | rank 1 | identity 7             | decided 3
 */
import type { TimeQuality } from './event.ts'

export type EventKey = { ts: number; ord: string }

export const ORDINAL_DIGITS = 25
/** Greatest ms a key can hold: 13 digits, the year 2286. */
export const MAX_TIMESTAMP_MS = 9_999_999_999_999

/** What of one millisecond comes first: timers that came due, configuration, ends, changes, starts. */
export const RANK = { timer: 0, config: 1, end: 2, change: 3, start: 4 } as const
export type Rank = (typeof RANK)[keyof typeof RANK]

/** Decisions of one cause: up to 99 for each of up to 10 chart instances of a device. */
export const DECISIONS_PER_INSTANCE = 100

/** Below every key at `ts`; ranges are half-open, so `[from, to)` is `[lowestKey(from), lowestKey(to))`. */
export function lowestKey(ts: number): EventKey {
  return { ts, ord: '0'.repeat(ORDINAL_DIGITS) }
}

export function compareKeys(a: EventKey, b: EventKey): number {
  if (a.ts !== b.ts) return a.ts - b.ts
  return a.ord < b.ord ? -1 : a.ord > b.ord ? 1 : 0
}

/** The key of something that happened. `identity` is lower-case hex, at least 16 digits. */
export function eventKey(of: {
  event_time: number
  rank: Rank
  identity: string
  sequence?: number | undefined
  time_quality?: TimeQuality
  reported_timestamp?: number
}): EventKey {
  if (of.time_quality === 'clamped') {
    // Clamped events of one millisecond keep the order of what their devices claimed, so that goes before the rank.
    const ord = `${RANK.change}${digits(of.reported_timestamp ?? 0, 13)}${of.rank}${identityDigits(of.identity, 7)}000`
    return { ts: of.event_time, ord }
  }
  return {
    ts: of.event_time,
    ord: `${of.rank}${of.sequence ? digits(of.sequence, 9) : '000000000'}${identityDigits(of.identity, 12)}000`,
  }
}

/** The key of the nth decision (from 1) that the chart instance in `slot` took because of what has key `cause`. */
export function decidedKey(cause: EventKey, slot: number, nth: number): EventKey {
  if (slot > 9 || nth < 1 || nth >= DECISIONS_PER_INSTANCE)
    throw new RangeError(`decision ${nth} of slot ${slot} has no key`)
  return { ts: cause.ts, ord: cause.ord.slice(0, -3) + digits(slot * DECISIONS_PER_INSTANCE + nth, 3) }
}

/** The key of what caused a decision. */
export function causeKey(decided: EventKey): EventKey {
  return { ts: decided.ts, ord: `${decided.ord.slice(0, -3)}000` }
}

/** Behind what was decided because of what has this key. */
export function afterDecisions({ ts, ord }: EventKey): EventKey {
  return { ts, ord: `${ord.slice(0, -3)}999` }
}

/** `n` decimal digits out of the head of a hex identity. */
function identityDigits(identity: string, n: number): string {
  const head = Number.parseInt(identity.slice(0, 12), 16)
  // The last n digits by halves: % and String take some ten times as long for what is no 32-bit integer.
  const upper = Math.floor(head / 1e6)
  const lower = sixDigits(head - upper * 1e6)
  const most = 10 ** (n - 6)
  return digits(upper - Math.floor(upper / most) * most, n - 6) + lower
}

function sixDigits(value: number): string {
  return String(1_000_000 + value).slice(1)
}

function digits(value: number, n: number): string {
  return String(value).padStart(n, '0')
}

/** Both parts in one string, which sorts as the key does: for cursors and for naming a key in a log line. */
export function keyText(key: EventKey): string {
  return `${digits(key.ts, 13)}.${key.ord}`
}

/** The key in `text`, or null where it is none. */
export function parseKeyText(text: string): EventKey | null {
  const parts = /^(\d{13})\.(\d{25})$/.exec(text)
  return parts ? { ts: Number(parts[1]), ord: parts[2] as string } : null
}
