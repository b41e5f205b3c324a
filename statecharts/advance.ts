/**
 * The one step of every chart: the processor, a replay, the firmware model and a picture all call it.
 * Time is the event's own; a timer that is due by then fires first, at its own due time, once.
 */
import assert from 'node:assert/strict'
import {
  type Advanced,
  type Chart,
  type ChartEvent,
  type ChartState,
  type Decision,
  type StateValue,
  statePath,
  type Timers,
} from './chart.ts'
import { movesAfter } from './moves.ts'
import { type Step, timerEvent } from './step.ts'
import { startMachine, stepMachine } from './step-machine.ts'

/** Facts that a timer's event carries besides its time: the configuration in force when it came due, for one. */
export type TimerFacts = (at: number) => Record<string, unknown>

/** More firings than this between two events is a timer cycle without an event in it: our bug. */
const MAX_FIRINGS = 10_000

/** One event on a chart. `state` null is a chart that has seen nothing yet. Nothing that is passed in is changed. */
export function advance(
  chart: Chart,
  state: ChartState | null,
  event: ChartEvent,
  timerFacts?: TimerFacts,
): Advanced {
  const run = begin(chart, state, timerFacts)
  fireDue(run, event.at)
  apply(run, event, null)
  return resultOf(run)
}

/** Time alone: every timer due by `until` fires at its own due time. */
export function advanceTime(
  chart: Chart,
  state: ChartState,
  until: number,
  timerFacts?: TimerFacts,
): Advanced {
  const run = begin(chart, state, timerFacts)
  fireDue(run, until)
  return resultOf(run)
}

/** Many events in key order, then time moved on to `until`. */
export function fold(
  chart: Chart,
  state: ChartState | null,
  events: Iterable<ChartEvent>,
  until?: number,
  timerFacts?: TimerFacts,
): Advanced {
  const run = begin(chart, state, timerFacts)
  for (const event of events) {
    fireDue(run, event.at)
    apply(run, event, null)
  }
  if (until !== undefined) fireDue(run, until)
  return resultOf(run)
}

/** A chart's state before anything happened. */
export function newChartState(chart: Chart): ChartState {
  const step = startMachine(chart.machine)
  assert(step.emitted.length === 0 && step.timers.length === 0, `${chart.id}: the first state must be silent`)
  return {
    chart: chart.id,
    version: chart.version,
    value: step.value,
    since: null,
    context: step.context,
    timers: {},
  }
}

/** The earliest pending timer: by due time, then by name, so that the order never depends on who set it first. */
export function nextTimer(timers: Timers): { name: string; due_at: number } | null {
  let first: { name: string; due_at: number } | null = null
  for (const name in timers) {
    const due_at = timers[name] as number
    if (!first || due_at < first.due_at || (due_at === first.due_at && name < first.name))
      first = { name, due_at }
  }
  return first
}

/** What a call is at: its own, and gone with it. */
type Run = {
  chart: Chart
  state: ChartState
  decided: Decision[]
  fired: Advanced['fired']
  timerFacts: TimerFacts | undefined
}

function begin(chart: Chart, state: ChartState | null, timerFacts: TimerFacts | undefined): Run {
  return { chart, state: state ?? newChartState(chart), decided: [], fired: null, timerFacts }
}

function resultOf({ state, decided, fired }: Run): Advanced {
  return { state, decided, timers: state.timers, fired }
}

function fireDue(run: Run, until: number): void {
  for (let firings = 0; ; firings++) {
    const next = nextTimer(run.state.timers)
    if (!next || next.due_at > until) return
    assert(firings < MAX_FIRINGS, `${run.chart.id}: ${next.name} fires without end`)
    const { [next.name]: _, ...others } = run.state.timers
    run.state = { ...run.state, timers: others }
    run.fired = next
    apply(run, { ...run.timerFacts?.(next.due_at), type: timerEvent(next.name), at: next.due_at }, next.name)
  }
}

function apply(run: Run, event: ChartEvent, timer: string | null): void {
  const { state } = run
  const step = stepMachine(run.chart.machine, state.value, state.context, event)
  if (!step.changed) return
  for (const { type, ...data } of step.emitted) run.decided.push({ type, at: event.at, timer, data })
  const timers = setTimers(state.timers, step, event.at)
  const since = sameState(state.value, step.value) && state.since !== null ? state.since : event.at
  const { chart, version } = state
  const { value, context, edges } = step
  const { taken, entered } = edges === null ? state : movesAfter(state, value, { edges, at: event.at })
  // Field by field: every state of a chart is made here, and they are alike.
  run.state = { chart, version, value, since, context, timers, taken, entered }
}

function sameState(a: StateValue, b: StateValue): boolean {
  return a === b || statePath(a) === statePath(b)
}

function setTimers(timers: Timers, step: Step, at: number): Timers {
  if (step.timers.length === 0) return timers
  const next = { ...timers }
  for (const change of step.timers) {
    if ('cancel' in change) delete next[change.cancel]
    else next[change.set] = at + change.delay_ms
  }
  return next
}
