/**
 * Where a chart has moved of late: how often it took each edge that leads somewhere, and since when it is in each state
 * that it is in. It is of the chart's state, so that whoever folds the same comes to the same counts, and nothing is ever
 * counted up from a record (DESIGN §5.8).
 */
import { type ChartState, type StateValue, statePath } from './chart.ts'

/**
 * By edge: pairs of when and how often, in order. When is the number of a stretch of ten minutes since 1970; what lies two
 * whole hours before the newest move is told by the first ten minutes of its hour, and what lies a day before that is forgotten.
 */
export type Taken = Record<string, number[]>

export const STRETCH_MS = 600_000
const STRETCHES_AN_HOUR = 6
/** A device may be some minutes ahead of whoever asks, so an hour and a day are kept with an hour to spare. */
const FINE_HOURS = 2
const KEPT_HOURS = 25

export type Moves = { taken?: Taken; entered?: Record<string, number> }

/** What a step that took these edges at `at` (epoch ms) leaves: `before` the state, and the value that it has come to. */
export function movesAfter(
  before: ChartState,
  value: StateValue,
  { edges, at }: { edges: readonly string[]; at: number },
): Moves {
  const entered = enteredAt(before, value, at)
  return { taken: takenWith(before.taken ?? {}, edges, at), ...(entered && { entered }) }
}

function takenWith(before: Taken, edges: readonly string[], at: number): Taken {
  const stretch = Math.floor(at / STRETCH_MS)
  const taken = hourOf(newestOf(before)) < hourOf(stretch) ? kept(before, hourOf(stretch)) : { ...before }
  for (const edge of edges) {
    const counts = [...(taken[edge] ?? [])]
    if (counts.at(-2) === stretch) counts.push((counts.pop() as number) + 1)
    else counts.push(stretch, 1)
    taken[edge] = counts
  }
  return taken
}

function hourOf(stretch: number): number {
  return stretch - (stretch % STRETCHES_AN_HOUR)
}

function newestOf(taken: Taken): number {
  return Math.max(0, ...Object.values(taken).map((counts) => counts.at(-2) ?? 0))
}

/** As much as is kept from the first move in this hour on. */
function kept(taken: Taken, hour: number): Taken {
  const next: Taken = {}
  for (const [edge, counts] of Object.entries(taken)) {
    const mine: number[] = []
    for (let n = 0; n < counts.length; n += 2) {
      const [stretch, count] = [counts[n] as number, counts[n + 1] as number]
      if (stretch < hour - KEPT_HOURS * STRETCHES_AN_HOUR) continue
      const told = stretch < hour - FINE_HOURS * STRETCHES_AN_HOUR ? hourOf(stretch) : stretch
      if (mine.at(-2) === told) mine.push((mine.pop() as number) + count)
      else mine.push(told, count)
    }
    if (mine.length > 0) next[edge] = mine
  }
  return next
}

/** How often the edge was taken from `since` (epoch ms) on; exact where that is the beginning of a stretch, or of an hour before the last two. */
export function takenSince(counts: readonly number[] = [], since: number): number {
  let sum = 0
  for (let n = 0; n < counts.length; n += 2)
    if ((counts[n] as number) * STRETCH_MS >= since) sum += counts[n + 1] as number
  return sum
}

/** Since when it is in states that it came into before its `since`: those around the last, or beside it. */
function enteredAt(before: ChartState, value: StateValue, at: number): Moves['entered'] {
  if (before.since !== null && statePath(before.value) === statePath(value)) return before.entered
  const was = new Set(before.since === null ? [] : statesIn(before.value))
  const stayed = statesIn(value).filter((path) => was.has(path))
  if (stayed.length === 0) return undefined
  return Object.fromEntries(stayed.map((path) => [path, before.entered?.[path] ?? before.since ?? at]))
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
