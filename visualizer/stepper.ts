/** A chart that is stepped by hand or by what was recorded: what was done, what it led to, and back again. Pure. */
import { advance, advanceTime, newChartState, nextTimer } from '../statecharts/advance.ts'
import type { Chart, ChartEvent, ChartState, Decision } from '../statecharts/chart.ts'
import { type ConfigInForce, configAt } from '../statecharts/config-in-force.ts'
import { timerEvent } from '../statecharts/step.ts'
import { edgesTaken } from './taken-edge.ts'

/** What is done: an event is heard, or time (epoch ms) passes until then. */
export type Move = { event: ChartEvent } | { until: number }

/** What a move led to: the move itself, or a timer that came due on its way. */
export type Stepped = {
  /** An event's type, a timer's name, or that time passed. */
  what: { kind: 'event'; type: string } | { kind: 'timer'; timer: string } | { kind: 'time' }
  at: number
  edges: string[]
  decided: Decision[]
}

/** Where a chart is after so many moves. */
export type Standing = {
  state: ChartState
  now: number
  steps: Stepped[]
  /** Why the last move could not be made; the chart is where it was. */
  refused: string | null
}

export type Stepper = {
  chart: Chart
  /** Before the first move. */
  first: Standing
  moves: Move[]
  /** After each move. */
  standings: Standing[]
  /** How many of the moves count: those behind it are undone, and may be done again. */
  at: number
  /** The configurations that timers see; none: that of the last event. */
  configs: ConfigInForce[]
}

export type Beginning = { state?: ChartState | undefined; now: number; configs?: ConfigInForce[] }

export function newStepper(chart: Chart, { state, now, configs = [] }: Beginning): Stepper {
  const first = { state: state ?? newChartState(chart), now, steps: [], refused: null }
  return { chart, first, moves: [], standings: [], at: 0, configs }
}

/** One more move; what was undone is gone. */
export function move(stepper: Stepper, ...moves: Move[]): Stepper {
  return moveAll(stepper, moves)
}

export function moveAll(stepper: Stepper, moves: readonly Move[]): Stepper {
  const made = stepper.moves.slice(0, stepper.at)
  const standings = stepper.standings.slice(0, stepper.at)
  for (const one of moves) {
    const before = standings.at(-1) ?? stepper.first
    standings.push(after(stepper, before, made, one))
    made.push(one)
  }
  return { ...stepper, moves: made, standings, at: made.length }
}

/** Before or after any of the moves: undo, redo and the slider. */
export function goTo(stepper: Stepper, at: number): Stepper {
  return { ...stepper, at: Math.min(Math.max(0, at), stepper.moves.length) }
}

export function standingOf({ standings, first, at }: Stepper): Standing {
  return standings[at - 1] ?? first
}

/** Every step up to here, the first one first. */
export function stepsOf({ standings, at }: Stepper): Stepped[] {
  return standings.slice(0, at).flatMap(({ steps }) => steps)
}

function after({ chart, configs }: Stepper, before: Standing, made: readonly Move[], next: Move): Standing {
  const until = 'event' in next ? next.event.at : next.until
  const facts = (at: number) => ({ config: configs.length > 0 ? configAt(configs, at) : lastConfig(made) })
  const run: Running = { chart, facts, state: before.state, steps: [] }
  try {
    fireUntil(run, until)
    if ('event' in next) hear(run, next.event)
    else if (run.steps.length === 0) run.steps.push({ what: { kind: 'time' }, at: until, ...NOTHING })
    return { state: run.state, now: Math.max(before.now, until), steps: run.steps, refused: null }
  } catch (error) {
    return { ...before, steps: [], refused: (error as Error).message }
  }
}

const NOTHING = { edges: [], decided: [] }

type Running = {
  chart: Chart
  facts: (at: number) => Record<string, unknown>
  state: ChartState
  steps: Stepped[]
}

/** Due time by due time, so that each firing is seen. */
function fireUntil(run: Running, until: number): void {
  const { chart, facts } = run
  for (let due = nextTimer(run.state.timers); due && due.due_at <= until; due = nextTimer(run.state.timers)) {
    const event = { ...facts(due.due_at), type: timerEvent(due.name), at: due.due_at }
    const edges = edgesTaken(chart, run.state, event)
    const { state, decided } = advanceTime(chart, run.state, due.due_at, facts)
    run.steps.push({ what: { kind: 'timer', timer: due.name }, at: due.due_at, edges, decided })
    run.state = state
  }
}

function hear(run: Running, event: ChartEvent): void {
  const edges = edgesTaken(run.chart, run.state, event)
  const { state, decided } = advance(run.chart, run.state, event, run.facts)
  run.steps.push({ what: { kind: 'event', type: event.type }, at: event.at, edges, decided })
  run.state = state
}

function lastConfig(made: readonly Move[]): unknown {
  const last = made.findLast((one) => 'event' in one)
  return (last && 'event' in last ? last.event.config : undefined) ?? {}
}
