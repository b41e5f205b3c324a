/**
 * Which version of a chart folds what (DESIGN §4). A device remembers from which key on a newer version may take over, so
 * that its history is the same whoever folds it, from wherever: a repair that begins before the change folds with the old
 * chart and changes at the change.
 */
import { compareKeys, type EventKey } from '../events/key.ts'
import { advanceTime, newChartState, type TimerFacts } from './advance.ts'
import { type Advanced, type ChartState, isQuiescent, statePath } from './chart.ts'
import type { ChartInstance, ChartVersion } from './device-charts.ts'

/**
 * From the event with key `since` on, version `to` takes over from whatever was before: at once where it migrates, else
 * at the first event before which the chart is at rest. `from` 0: the device had no such chart before.
 */
export type ChartUpgrade = { instance: string; from: number; to: number; since: EventKey }

/** The version that made the state; null where the registry does not have it any more. */
export function versionOf(instance: ChartInstance, version: number): ChartVersion | null {
  if (version === instance.chart.version) return instance
  return instance.earlier?.find(({ chart }) => chart.version === version) ?? null
}

/** Nothing is open, by the word of the version that made the state; by the newest one's where that is not known any more. */
export function isResting(instance: ChartInstance, state: ChartState): boolean {
  return isQuiescent((versionOf(instance, state.version) ?? instance).chart, state)
}

/** Whether a fold may begin at the state: a version that is not known any more is left only at rest. */
export function isFoldable(instance: ChartInstance, state: ChartState): boolean {
  return versionOf(instance, state.version) !== null || isResting(instance, state)
}

/**
 * The chart before anything happened, in the version that the device began with. Null where it had none: `at`, the event
 * to be folded or null for time alone, comes before the chart did.
 */
export function firstState(
  instance: ChartInstance,
  upgrades: readonly ChartUpgrade[],
  at: EventKey | null,
): ChartState | null {
  const first = upgrades.find((one) => one.instance === instance.name)
  if (!first) return newChartState(instance.chart)
  if (first.from > 0) return newChartState(knownFrom(instance, first.from).chart)
  const hasCome = at !== null && compareKeys(at, first.since) >= 0
  return hasCome ? newChartState(knownFrom(instance, first.to).chart) : null
}

/**
 * Time up to an event (its key) or time alone (epoch ms): every timer due by then fires, and a version whose time has come
 * takes over. Time alone brings no version that waits for a rest: sweeps come when they come.
 */
export function passTime(
  instance: ChartInstance,
  from: ChartState,
  upgrades: readonly ChartUpgrade[],
  to: EventKey | number,
  facts: TimerFacts,
): Advanced {
  const until = typeof to === 'number' ? to : to.ts
  let run: Advanced = { state: from, decided: [], timers: from.timers, fired: null }
  for (;;) {
    const { state } = run
    const version = versionOf(instance, state.version)
    const next = nextUpgrade(instance, upgrades, state.version)
    const heir = version ? next && versionOf(instance, next.to) : knownFrom(instance, state.version)
    if (!version && typeof to === 'number' && isResting(instance, state)) return run
    if (version && !(next && heir && hasCome(next, to)))
      return goneOn(run, advanceTime(version.chart, state, until, facts))
    if (version) {
      const changesAt = isMigrating(heir) ? (next as ChartUpgrade).since.ts : until
      run = goneOn(run, advanceTime(version.chart, state, changesAt, facts))
      if (!isMigrating(heir) && (typeof to === 'number' || !isResting(instance, run.state))) return run
    }
    run = { ...run, state: takenOver(instance, heir as ChartVersion, run.state, next?.since ?? null) }
  }
}

/** What was on the way first, and then the rest of it. */
export function goneOn(first: Advanced, then: Advanced): Advanced {
  return { ...then, decided: [...first.decided, ...then.decided], fired: then.fired ?? first.fired }
}

/** The next version that the device knows of and the registry has. */
function nextUpgrade(
  instance: ChartInstance,
  upgrades: readonly ChartUpgrade[],
  version: number,
): ChartUpgrade | null {
  const isNext = (one: ChartUpgrade) =>
    one.instance === instance.name && one.to > version && versionOf(instance, one.to) !== null
  return upgrades.find(isNext) ?? null
}

function hasCome({ since }: ChartUpgrade, to: EventKey | number): boolean {
  return typeof to === 'number' ? to > since.ts : compareKeys(to, since) >= 0
}

function isMigrating(version: ChartVersion | null): boolean {
  return typeof version?.upgrade === 'object'
}

/** The oldest version of the registry that is not older than this one. */
function knownFrom(instance: ChartInstance, version: number): ChartVersion {
  const known = [...(instance.earlier ?? [])].sort((a, b) => a.chart.version - b.chart.version)
  return known.find(({ chart }) => chart.version >= version) ?? instance
}

/**
 * The state as the newer version goes on with it. What is open in a version that nobody knows any more is forgotten, and a
 * timer that would have been due before the change comes due behind it: what was decided by then stays as it was.
 */
function takenOver(
  instance: ChartInstance,
  { chart, upgrade }: ChartVersion,
  state: ChartState,
  since: EventKey | null,
): ChartState {
  // The edges that it took under the old version it took: they go by their names.
  const kept = { since: state.since, ...(state.taken && { taken: state.taken }) }
  const made = { chart: chart.id, version: chart.version, ...kept }
  if (typeof upgrade === 'object') {
    const { value, context, timers } = upgrade.migrate(state)
    const earliest = since ? since.ts + 1 : 0
    const due = Object.entries(timers).map(([name, at]) => [name, Math.max(at, earliest)])
    return { ...made, value, context, timers: Object.fromEntries(due) }
  }
  const fresh = newChartState(chart)
  if (!isResting(instance, state)) return { ...fresh, ...kept }
  const value = chart.quiescent.includes(statePath(state.value)) ? state.value : fresh.value
  return { ...fresh, ...made, value, context: { ...fresh.context, ...state.context } }
}
