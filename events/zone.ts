/** Time in a zone: how far its clocks are from UTC at a moment, and where its hours, days and months begin. */

/** Local time minus UTC, ms, at a moment (epoch ms). */
export type Offsets = (at: number) => number

const QUARTER_MS = 900_000
const HOUR_MS = 3_600_000

/** Offsets of an IANA zone. @throws RangeError for a zone that there is not */
export function createOffsets(zone: string): Offsets {
  if (zone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const known = new Map<number, number>()
  return (at) => {
    // Clocks change at whole quarters of an hour (UTC), which saves formatting the same hour again for each row.
    const quarter = Math.floor(at / QUARTER_MS)
    let offset_ms = known.get(quarter)
    if (offset_ms === undefined) {
      offset_ms = shownAt(format, quarter * QUARTER_MS) - quarter * QUARTER_MS
      known.set(quarter, offset_ms)
    }
    return offset_ms
  }
}

function shownAt(format: Intl.DateTimeFormat, at: number): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of format.formatToParts(at)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/**
 * The local hour that `at` is in. An hour that a change of clocks repeats is two hours, and one that it cuts short ends
 * where the clocks change.
 */
export function hourAt(offsets: Offsets, at: number): { start: number; end: number } {
  const offset = offsets(at)
  const start = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset
  const end = start + HOUR_MS
  return { start: firstQuarter(offsets, start, at, offset), end: lastQuarter(offsets, at, end, offset) }
}

function firstQuarter(offsets: Offsets, start: number, at: number, offset: number): number {
  for (let from = start; from <= at; from += QUARTER_MS) if (offsets(from) === offset) return from
  return start
}

function lastQuarter(offsets: Offsets, at: number, end: number, offset: number): number {
  for (let until = Math.floor(at / QUARTER_MS) * QUARTER_MS; until < end; until += QUARTER_MS)
    if (offsets(until) !== offset) return until
  return end
}

/** The local day of a moment as `2026-11-20`. */
export function localDay(offsets: Offsets, at: number): string {
  return new Date(at + offsets(at)).toISOString().slice(0, 10)
}
