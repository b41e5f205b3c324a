/** Sessions and cycles that a night computes energy of, a day at a time: more of them than fit in memory lie in the store. */
import type { EnergyThing } from '../energy/energy-hours.ts'
import { energyThing, LONGEST_MS, ZONE_MS } from '../energy/energy-thing.ts'
import { DAY_MS, dayOf, dayStart } from '../events/archive.ts'
import type { EnergyWindow } from '../events/energy-hours.ts'
import type { ReadStore } from '../events/ports.ts'
import { summariesIn } from '../events/summary-pages.ts'

export type SummaryReads = Pick<ReadStore, 'summaries'>
export type EnergyKind = EnergyThing['kind']

/** What began earlier than this before a day and reaches into it is remembered, and not looked for again. */
const RECENT_MS = DAY_MS
const KINDS: readonly EnergyKind[] = ['session', 'cycle']

/** Days whose hours are computed anew, in order, and what lasted so long that it is found by no look at a day. */
export type EnergyDays = { windows: EnergyWindow[]; long: EnergyThing[] }

/**
 * `landed`: days of which something has come in. The energy of what has ended is known from then on, and what comes late
 * may change all of it: so days that it reaches into are computed anew too. What those days have else is as it was.
 */
export async function daysToCompute(
  reads: SummaryReads,
  landed: ReadonlySet<string>,
  until: number,
): Promise<EnergyDays> {
  const days = new Set(landed)
  const long: EnergyThing[] = []
  const earliest = windowsOf(landed)[0]?.from ?? until
  for (const kind of KINDS)
    for await (const thing of things(reads, kind, { from: earliest - LONGEST_MS, to: until }, until)) {
      if (thing.until - thing.started_at > RECENT_MS - ZONE_MS) long.push(thing)
      if (thing.open) continue
      const own = daysOf(thing, until)
      if (own.some((day) => landed.has(day))) for (const day of own) days.add(day)
    }
  return { windows: windowsOf(days), long }
}

/** Sessions and cycles of a day, those that only reach into it included. */
export async function thingsOfDay(
  reads: SummaryReads,
  { from, to }: EnergyWindow,
  { long, until }: { long: readonly EnergyThing[]; until: number },
): Promise<EnergyThing[]> {
  const reachesIn = (thing: EnergyThing) => thing.started_at < to && thing.until > from - ZONE_MS
  const found = long.filter((thing) => thing.started_at < from - RECENT_MS && reachesIn(thing))
  for (const kind of KINDS)
    for await (const thing of things(reads, kind, { from: from - RECENT_MS, to }, until))
      if (reachesIn(thing)) found.push(thing)
  return found
}

/** Whether its marks are to be looked for by device: what else a day has began at most a day before it. */
export function isLong({ started_at }: EnergyThing, { from }: EnergyWindow): boolean {
  return started_at < from - RECENT_MS
}

async function* things(
  reads: SummaryReads,
  kind: EnergyKind,
  range: EnergyWindow,
  until: number,
): AsyncGenerator<EnergyThing> {
  for await (const summary of summariesIn(reads, { kind, by: 'all', ...range })) {
    const thing = energyThing(summary, until)
    if (thing) yield thing
  }
}

/** Days that it reaches into, as far as they are over. */
function daysOf({ started_at, until: ended_at }: EnergyThing, until: number): string[] {
  const last = Math.max(started_at, Math.min(ended_at, until - 1))
  const days: string[] = []
  for (let at = started_at; at < last; at += DAY_MS) days.push(dayOf(at))
  return [...days, dayOf(last)]
}

/** Hours belong to the UTC day in which they end, so that each is in one window, whatever its zone. */
function windowsOf(days: ReadonlySet<string>): EnergyWindow[] {
  return [...days].sort().map((day) => {
    const from = dayStart(day) as number
    return { from, to: from + DAY_MS }
  })
}
