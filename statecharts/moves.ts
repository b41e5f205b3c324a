/**
 * Where a chart has moved of late: how often it took each edge that leads somewhere, and since when it is in each state
 * that it is in. It is of the chart's state, so that whoever folds the same comes to the same counts, and nothing is ever
 * counted up from a record (DESIGN §5.8).
 */
import { type ChartState, type StateValue, statePath } from './chart.ts'

/**
 * Of an edge, pairs of when and how often, in order. When is the number of a stretch of ten minutes since 1970; what lies two
 * whole hours before the newest move is told by the first ten minutes of its hour, and what lies a day before that is forgotten.
 */
export type EdgeTaken = [edge: string, ...counts: number[]]
/** The edge that was taken last is the last. */
export type Taken = EdgeTaken[]

export const STRETCH_MS = 600_000
const STRETCHES_AN_HOUR = 6
/** A device may be some minutes ahead of whoever asks, so an hour and a day are kept with an hour to spare. */
const FINE = 2 * STRETCHES_AN_HOUR
const KEPT = 25 * STRETCHES_AN_HOUR

export type Moves = { taken?: Taken | undefined; entered?: Record<string, number> | undefined }

/** After a step that took these edges at `at` (epoch ms) and came to `value`. */
export function movesAfter(
  before: ChartState,
  value: StateValue,
  { edges, at }: { edges: readonly string[]; at: number },
): Moves {
  const taken = takenWith(before.taken ?? [], edges, Math.floor(at / STRETCH_MS))
  return { taken, entered: enteredBefore(before, value) }
}

function takenWith(before: Taken, edges: readonly string[], stretch: number): Taken {
  const hour = hourOf(stretch)
  let taken = before
  if (hourOf(newestOf(before)) < hour) {
    taken = []
    for (const one of before) {
      const left = kept(one, hour)
      if (left) taken.push(left)
    }
  }
  for (const edge of edges) {
    const others: Taken = []
    let mine: EdgeTaken | null = null
    for (const one of taken) {
      if (one[0] === edge) mine = one
      else others.push(one)
    }
    others.push(mine ? oneMore(mine, stretch) : [edge, stretch, 1])
    taken = others
  }
  return taken
}

function oneMore(taken: EdgeTaken, stretch: number): EdgeTaken {
  const more = taken.slice() as EdgeTaken
  const last = more.length - 1
  if (more[last - 1] === stretch) more[last] = (more[last] as number) + 1
  else more.push(stretch, 1)
  return more
}

function hourOf(stretch: number): number {
  return stretch - (stretch % STRETCHES_AN_HOUR)
}

function newestOf(taken: Taken): number {
  const last = taken[taken.length - 1]
  return last ? (last[last.length - 2] as number) : 0
}

/** As much as is kept from the first move in this hour on, by edge; null where all of one is too old. */
function kept(taken: EdgeTaken, hour: number): EdgeTaken | null {
  if (isKept(taken, hour)) return taken
  const mine: number[] = []
  for (let n = 1; n < taken.length; n += 2) {
    const [stretch, count] = [taken[n] as number, taken[n + 1] as number]
    if (stretch < hour - KEPT) continue
    const told = stretch < hour - FINE ? hourOf(stretch) : stretch
    if (mine.at(-2) === told) mine.push((mine.pop() as number) + count)
    else mine.push(told, count)
  }
  return mine.length > 0 ? [taken[0], ...mine] : null
}

/** Nothing of it is too old, and what is told by the hour is told by the hour already. */
function isKept(taken: EdgeTaken, hour: number): boolean {
  for (let n = 1; n < taken.length; n += 2) {
    const stretch = taken[n] as number
    if (stretch >= hour - FINE) return true
    if (stretch < hour - KEPT || stretch !== hourOf(stretch)) return false
  }
  return true
}

/** How often it was taken from `since` (epoch ms) on; exact where that begins a stretch, or an hour before the last two. */
export function takenSince([, ...counts]: EdgeTaken, since: number): number {
  let sum = 0
  for (let n = 0; n < counts.length; n += 2)
    if ((counts[n] as number) * STRETCH_MS >= since) sum += counts[n + 1] as number
  return sum
}

/** Since when it is in states that it came into before its `since`: those around the last, or beside it. */
function enteredBefore(before: ChartState, value: StateValue): Moves['entered'] {
  if (before.value === value) return before.entered
  if (typeof value === 'string' || typeof before.value === 'string' || before.since === null) return undefined
  if (statePath(before.value) === statePath(value)) return before.entered
  const entered: Record<string, number> = {}
  noteStayed(before, value, before.value, '', entered)
  for (const _ in entered) return entered
  return undefined
}

function noteStayed(
  before: ChartState,
  value: StateValue,
  was: StateValue | undefined,
  outer: string,
  into: Record<string, number>,
): void {
  const keys = typeof value === 'string' ? [value] : Object.keys(value)
  for (const key of keys) {
    if (was === undefined || !(typeof was === 'string' ? was === key : Object.hasOwn(was, key))) continue
    const path = outer + key
    into[path] = inSince(before, path) as number
    if (typeof value !== 'string' && typeof was !== 'string')
      noteStayed(before, value[key] as StateValue, was[key], `${path}.`, into)
  }
}

/** Every state that a chart with this value is in, the outer ones first: `session`, `session.charging`. */
export function statesIn(value: StateValue, outer = ''): string[] {
  if (typeof value === 'string') return [outer + value]
  return Object.entries(value).flatMap(([key, inner]) => [
    outer + key,
    ...(inner === undefined ? [] : statesIn(inner, `${outer}${key}.`)),
  ])
}

/** Since when the chart is in this state, of those that it is in; null before its first event. */
export function inSince(
  { since, entered }: Pick<ChartState, 'since' | 'entered'>,
  path: string,
): number | null {
  return entered?.[path] ?? since
}

/** The edges that one step has taken, in order: of what was counted before it and after it. */
export function takenBetween(before: Taken = [], after: Taken = []): string[] {
  if (before === after) return []
  const stretch = newestOf(after)
  const counted = (taken: EdgeTaken | undefined) => takenSince(taken ?? [''], stretch * STRETCH_MS)
  return after
    .filter((one) => counted(one) > counted(before.find(([edge]) => edge === one[0])))
    .map(([edge]) => edge)
}
