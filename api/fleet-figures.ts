/** Sums over where devices stand: how many are in each state and for how long, how often edges were taken, who is stuck. */
import { type Chart, statePath } from '../statecharts/chart.ts'
import { edgesOf } from '../statecharts/chart-edges.ts'
import { inSince, STRETCH_MS, statesIn, takenSince } from '../statecharts/moves.ts'
import { type Entry, isAtRest, statesOf } from './fleet-entries.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Fewer say nothing about what is usual. */
const USUAL_FROM = 4
const USUAL_TIMES = 3
const STUCK_LISTED = 20

export const STUCK_RULE =
  'A device is stuck in a state that is not at rest where it has been in it for more than an hour and for more than three times the median of all that are in it now; where fewer than four are in it, for more than a day.'

/** A device in one of the states that it is in; `for_s` null before its first event. */
type Stay = { entry: Entry; since: number | null; for_s: number | null }

export type StateFigures = {
  state: string
  at_rest: boolean
  devices: number
  median_s: number | null
  p95_s: number | null
  longest_s: number | null
  stuck_after_s: number | null
}

/** Of the entries of one chart, as of `now`. */
export function fleetFigures(chart: Chart, entries: readonly Entry[], now: number) {
  const stays = staysOf(entries, now)
  const states = stateFigures(chart, stays)
  const stuck = stuckIn(chart, stays, states)
  const windows = windowsAt(now)
  return {
    chart: chart.id,
    version: chart.version,
    time: now,
    devices: entries.length,
    states,
    ...windows,
    edges: edgeFigures(chart, entries, windows),
    stuck: {
      rule: STUCK_RULE,
      devices: stuck.length,
      longest: stuck.slice(0, STUCK_LISTED).map((stay) => deviceView(stay, true)),
    },
  }
}

/** The devices in the state, or all of them, the longest in it first. */
export function fleetDevices(
  chart: Chart,
  entries: readonly Entry[],
  state: string | undefined,
  now: number,
) {
  const stays = staysOf(entries, now)
  const stuck = new Set(stuckIn(chart, stays, stateFigures(chart, stays)).map(({ entry }) => entry))
  const asked =
    state === undefined ? entries.map((entry) => stayOf(entry, null, now)) : (stays.get(state) ?? [])
  return asked.toSorted(longestFirst).map((stay) => deviceView(stay, stuck.has(stay.entry)))
}

/** By state: everybody in it. */
function staysOf(entries: readonly Entry[], now: number): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>()
  for (const entry of entries)
    for (const path of statesIn(entry.standing.value)) {
      const here = stays.get(path)
      const stay = stayOf(entry, path, now)
      if (here) here.push(stay)
      else stays.set(path, [stay])
    }
  return stays
}

function stayOf(entry: Entry, path: string | null, now: number): Stay {
  const { standing } = entry
  const since = path === null ? standing.since : inSince(standing, path)
  // A device may be ahead of our clock by what the clock rules let pass.
  return { entry, since, for_s: since === null ? null : Math.max(0, now - since) / 1000 }
}

function stateFigures(chart: Chart, stays: ReadonlyMap<string, readonly Stay[]>): StateFigures[] {
  const known = statesOf(chart)
  const names = new Set(known.map(({ state }) => state))
  const unknown = [...stays.keys()].filter((state) => !names.has(state))
  const all = [...known, ...unknown.map((state) => ({ state, at_rest: false, has_inner: true }))]
  return all.map(({ state, at_rest, has_inner }) => {
    const here = stays.get(state) ?? []
    const times = here.flatMap(({ for_s }) => for_s ?? []).sort((a, b) => a - b)
    const median_s = nearestRank(times, 0.5)
    return {
      state,
      at_rest,
      devices: here.length,
      median_s,
      p95_s: nearestRank(times, 0.95),
      longest_s: times.at(-1) ?? null,
      stuck_after_s: at_rest || has_inner ? null : stuckAfter(times.length, median_s ?? 0),
    }
  })
}

function nearestRank(sorted: readonly number[], share: number): number | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null
}

function stuckAfter(devices: number, median_s: number): number {
  return devices < USUAL_FROM ? DAY_MS / 1000 : Math.max(HOUR_MS / 1000, USUAL_TIMES * median_s)
}

/** Everybody that is stuck, the longest first; once, in whichever state it is for longest. */
function stuckIn(
  chart: Chart,
  stays: ReadonlyMap<string, readonly Stay[]>,
  states: readonly StateFigures[],
): Stay[] {
  const stuck = states.flatMap(({ state, stuck_after_s }) =>
    (stays.get(state) ?? []).filter(
      ({ entry, for_s }) =>
        stuck_after_s !== null && for_s !== null && for_s > stuck_after_s && !isAtRest(chart, entry.standing),
    ),
  )
  const once = new Map(
    stuck
      .toSorted(longestFirst)
      .toReversed()
      .map((stay) => [stay.entry, stay]),
  )
  return [...once.values()].reverse()
}

function longestFirst(a: Stay, b: Stay): number {
  const [one, other] = [a.since ?? Number.POSITIVE_INFINITY, b.since ?? Number.POSITIVE_INFINITY]
  return one === other ? compareIds(a.entry, b.entry) : one - other
}

function compareIds(a: Entry, b: Entry): number {
  if (a.device_id !== b.device_id) return a.device_id < b.device_id ? -1 : 1
  return a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : 0
}

function deviceView({ entry, since, for_s }: Stay, stuck: boolean) {
  const { device_id, device_type, instance, standing } = entry
  const { version, value } = standing
  return { device_id, device_type, instance, version, state: statePath(value), since, for_s, stuck }
}

/** What is counted is told by ten minutes in the last hours, and by the hour before. */
function windowsAt(now: number): { hour_from: number; day_from: number } {
  const floor = (ms: number, step: number) => Math.max(0, ms - (ms % step))
  return { hour_from: floor(now - HOUR_MS, STRETCH_MS), day_from: floor(now - DAY_MS, HOUR_MS) }
}

function edgeFigures(
  { machine }: Chart,
  entries: readonly Entry[],
  { hour_from, day_from }: ReturnType<typeof windowsAt>,
) {
  const sums = new Map<string, { hour: number; day: number }>()
  for (const { standing } of entries)
    for (const one of standing.taken ?? []) {
      const sum = sums.get(one[0]) ?? { hour: 0, day: 0 }
      sum.hour += takenSince(one, hour_from)
      sum.day += takenSince(one, day_from)
      sums.set(one[0], sum)
    }
  return [...edgesOf(machine).values()]
    .filter(({ moves }) => moves)
    .map(({ id, source, target }) => ({
      edge: id,
      source,
      target: target as string,
      ...(sums.get(id) ?? { hour: 0, day: 0 }),
    }))
}
