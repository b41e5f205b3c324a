/** Times as they are written on the wire and in queries: whole milliseconds, or ISO 8601 with its offset. */
import { MAX_TIMESTAMP_MS } from './key.ts'
import { type Rejected, reject } from './rejection.ts'

/** A device's timestamp: epoch ms or uptime ms, or ISO 8601, which comes back as epoch ms. */
export function readTimestamp(field: string, value: unknown): number | Rejected {
  if (typeof value === 'number') {
    if (isTimestamp(value)) return value
    return reject(field, value, `is not a whole number from 0 to ${MAX_TIMESTAMP_MS}`)
  }
  if (value === undefined || value === null) return reject(field, undefined, 'but required')
  const ms = typeof value === 'string' ? parseIsoTime(value) : null
  if (ms !== null && isTimestamp(ms)) return ms
  return reject(field, value, 'is neither a number of milliseconds nor an ISO 8601 time with its offset')
}

function isTimestamp(ms: number): boolean {
  return Number.isInteger(ms) && ms >= 0 && ms <= MAX_TIMESTAMP_MS
}

const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))$/i

/**
 * Epoch ms of an ISO 8601 date and time with `Z` or an offset; null where it is none, or names a day or an hour that
 * there is not. Without an offset a time is a guess, and a guess is refused. Digits beyond the millisecond are cut.
 */
export function parseIsoTime(text: string): number | null {
  const parts = ISO_TIME.exec(text)
  if (!parts) return null
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(parts[i] ?? 0)) as Six
  const millisecond = Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const local = Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  // Date.UTC carries 31 April over into May, and years below 100 into the last century.
  const named = new Date(local)
  if (named.getUTCFullYear() !== year || named.getUTCMonth() !== month - 1 || named.getUTCDate() !== day)
    return null
  const [offset_h, offset_min] = [Number(parts[9] ?? 0), Number(parts[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || offset_h > 23 || offset_min > 59) return null
  const offset_ms = (offset_h * 60 + offset_min) * 60_000
  return parts[8] === '-' ? local + offset_ms : local - offset_ms
}

type Six = [number, number, number, number, number, number]
