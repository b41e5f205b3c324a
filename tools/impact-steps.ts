/** What a device said, stepped through one chart as two revisions have it, each by its own `advance`. */
import type { DeviceType } from '../events/event.ts'
import { statePath } from '../statecharts/chart.ts'
import type { ChartInstance } from '../statecharts/device-charts.ts'
import type { Move, Standing } from '../visualizer/stepper.ts'
import type { RevisionCode } from './impact-revision.ts'

/** Where a chart stands behind an event, and how it came there. */
export type SideStep = {
  state: string
  /** An event or a timer a line, with the edges that it took. */
  heard: { text: string; edges: string[] }[]
  decided: { type: string; at: number; data: Record<string, unknown> }[]
  timers: Record<string, number>
  /** Fields of the context that differ from the step before, by their path; null where one is gone. */
  context: Record<string, unknown>
  refused: string | null
}

export type ExampleStep = {
  at: number
  what: string
  /** Events before it that changed no state on either side, left out. */
  skipped: number
  /** The sides stand or decide otherwise. */
  differs: boolean
  /** null: the revision has no such chart, or cannot be stepped. */
  before: SideStep | null
  after: SideStep | null
}

export type SteppedSide = { code: RevisionCode; instance: ChartInstance | null }
type Span = { from: number; to: number }

/** Events around the span that are shown too. */
const AROUND = 3
/** Above so many, events that lead nowhere are left out. */
const MOST_STEPS = 60
const AT_ONCE = 500

/** One step for each event in and around the span; none where neither side can read what was said. */
export function stepsOf(
  text: string,
  type: DeviceType,
  span: Span,
  before: SteppedSide,
  after: SteppedSide,
): ExampleStep[] {
  const [was, is] = [walk(text, type, span, before), walk(text, type, span, after)]
  const moves = is?.moves ?? was?.moves ?? []
  const steps = moves.map((move, n): ExampleStep => {
    const [a, b] = [was?.steps[n] ?? null, is?.steps[n] ?? null]
    return { at: timeOf(move), what: whatOf(move), skipped: 0, differs: isOther(a, b), before: a, after: b }
  })
  return thinned(steps)
}

function isOther(a: SideStep | null, b: SideStep | null): boolean {
  if (!a || !b) return false
  return a.state !== b.state || JSON.stringify(a.decided) !== JSON.stringify(b.decided)
}

function timeOf(move: Move): number {
  return 'event' in move ? move.event.at : move.until
}

function whatOf(move: Move): string {
  if (!('event' in move)) return 'something that the chart does not hear'
  const { type, at: _, identity: _i, config: _c, ...facts } = move.event
  const said = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined)
  const text = said.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')
  return text === '' ? type : `${type}: ${text.slice(0, 300)}`
}

type Walked = { moves: Move[]; steps: SideStep[] }

function walk(text: string, type: DeviceType, span: Span, { code, instance }: SteppedSide): Walked | null {
  const { stepping } = code
  if (!stepping || !instance) return null
  const read = stepping.readRecorded(text, instance, type)
  if ('flaw' in read) return null
  const { moves, configs } = read
  const [first, last] = boundsOf(moves, span)
  const fresh = stepping.newStepper(instance.chart, { now: timeOf(moves[0] as Move), configs })
  let standing: Standing = fresh.first
  for (let from = 0; from < first; from += AT_ONCE) {
    const some = moves.slice(from, Math.min(first, from + AT_ONCE))
    const { state, now } = standing
    const stepper = stepping.newStepper(instance.chart, { state, now, configs })
    standing = stepping.moveAll(stepper, some).standings.at(-1) ?? standing
  }
  const wanted = moves.slice(first, last)
  const { state, now } = standing
  const stepper = stepping.moveAll(stepping.newStepper(instance.chart, { state, now, configs }), wanted)
  const leaves = [standing, ...stepper.standings].map((one) => leavesOf(one.state.context))
  // The first tells all of it.
  leaves[0] = {}
  return {
    moves: wanted,
    steps: stepper.standings.map((one, n) => sideStep(one, leaves[n] ?? {}, leaves[n + 1] ?? {})),
  }
}

function boundsOf(moves: readonly Move[], { from, to }: Span): [number, number] {
  const first = moves.findIndex((move) => timeOf(move) >= from)
  const last = moves.findLastIndex((move) => timeOf(move) <= to)
  return [Math.max(0, (first < 0 ? moves.length : first) - AROUND), Math.min(moves.length, last + 1 + AROUND)]
}

type Leaves = Record<string, unknown>

function sideStep({ state, steps, refused }: Standing, was: Leaves, is: Leaves): SideStep {
  const gone = Object.keys(was).filter((path) => !Object.hasOwn(is, path))
  const changed = Object.entries(is).filter(([path, value]) => was[path] !== value)
  return {
    state: statePath(state.value),
    heard: steps.map(({ what, edges }) => ({
      text: what.kind === 'event' ? what.type : what.kind === 'timer' ? `timer ${what.timer}` : 'time passes',
      edges,
    })),
    decided: steps.flatMap(({ decided }) => decided.map(({ type, at, data }) => ({ type, at, data }))),
    timers: state.timers,
    context: { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((path) => [path, null])) },
    refused,
  }
}

/** `{ session: { id: 1 } }` as `{ 'session.id': 1 }`. */
function leavesOf(value: unknown, path = ''): Leaves {
  if (typeof value !== 'object' || value === null) return { [path]: value ?? 'none' }
  const inside = Object.entries(value)
  if (inside.length === 0) return { [path]: Array.isArray(value) ? '[]' : '{}' }
  return Object.assign({}, ...inside.map(([key, one]) => leavesOf(one, path === '' ? key : `${path}.${key}`)))
}

/** Of a long series what leads somewhere, and its ends. What is left out has its context told by the next. */
function thinned(steps: readonly ExampleStep[]): ExampleStep[] {
  if (steps.length <= MOST_STEPS) return [...steps]
  const kept: ExampleStep[] = []
  let skipped: ExampleStep[] = []
  for (const [n, step] of steps.entries()) {
    const isEnd = n < AROUND + 2 || n >= steps.length - AROUND - 2
    if (!isEnd && isDull(steps[n - 1], step)) {
      skipped.push(step)
      continue
    }
    const told = [...skipped, step]
    const all = (side: 'before' | 'after') =>
      step[side] && {
        ...step[side],
        context: Object.assign({}, ...told.map((one) => one[side]?.context ?? {})),
      }
    kept.push({ ...step, skipped: skipped.length, before: all('before'), after: all('after') })
    skipped = []
  }
  return kept
}

function isDull(last: ExampleStep | undefined, { before, after }: ExampleStep): boolean {
  const quiet = (was: SideStep | null | undefined, is: SideStep | null) =>
    !is || (was?.state === is.state && is.decided.length === 0 && is.refused === null && is.heard.length <= 1)
  return quiet(last?.before, before) && quiet(last?.after, after)
}
