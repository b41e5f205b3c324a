/** Local times of a zone: which moments a wall clock there can have meant. */

/** Moments (epoch ms) at which clocks in the zone show a local time: one; none in the hour that summer time skips; two in the hour it repeats. */
export type LocalClock = (local_as_utc_ms: number) => number[]

const DAY_MS = 86_400_000
const QUARTER_MS = 900_000

/** A clock of an IANA zone. The local time is given as if it were UTC. Throws RangeError for a zone that there is not. */
export function createLocalClock(zone: string): LocalClock {
  const offsetAt = createOffsets(zone)
  return (local) => {
    // Zones are at most 14 hours from UTC, so that any change of clocks near the moment lies between these two.
    const offsets = new Set([offsetAt(local - DAY_MS), offsetAt(local + DAY_MS)])
    return [...offsets]
      .map((offset_ms) => local - offset_ms)
      .filter((moment) => moment + offsetAt(moment) === local)
      .sort((a, b) => a - b)
  }
}

/** Local time minus UTC, in ms, at a moment. */
function createOffsets(zone: string): (at: number) => number {
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
