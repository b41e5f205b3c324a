/** Local times of a zone: which moments a wall clock there can have meant. */

import { createOffsets } from '../events/zone.ts'

/** Moments (epoch ms) at which clocks in the zone show a local time: one; none in the hour that summer time skips; two in the hour it repeats. */
export type LocalClock = (local_as_utc_ms: number) => number[]

const DAY_MS = 86_400_000

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
