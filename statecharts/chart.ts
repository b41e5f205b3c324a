/** What a chart is and what it knows: a machine with an id and a version, and plain data for its state. */
import type { AnyStateMachine, StateValue } from 'xstate'
import type { Moves } from './moves.ts'

export type { StateValue } from 'xstate'

/** A chart as the registry holds it. */
export type Chart = {
  id: string
  /** For people; the id where there is none. */
  title?: string
  /** Grows with every change of behaviour; stored with each state that it makes. */
  version: number
  machine: AnyStateMachine
  /** Paths of the states (`session.connected`) in which nothing is open and no timer is pending: where checkpoints are cut. */
  quiescent: readonly string[]
  /** What `npm run charts -- --check` finds in it and it means to have, with the reason. */
  acknowledged?: readonly { rule: string; place: string; because: string }[]
}

/** An event as a chart hears it: the name of what happened, when, and the facts it carries. */
export type ChartEvent = { type: string; at: number } & Record<string, unknown>

/** Pending timers by name, each with the time it comes due (epoch ms). */
export type Timers = Record<string, number>

/** A chart's whole state as plain data, never an xstate snapshot. */
export type ChartState = {
  chart: string
  version: number
  value: StateValue
  /** When it came into this state; null before the first event. */
  since: number | null
  context: Record<string, unknown>
  timers: Timers
} & Moves

/** What a chart decided: a name, when, its facts, and the timer that led to it (null: the event itself). */
export type Decision = { type: string; at: number; timer: string | null; data: Record<string, unknown> }

/** `fired` is the last timer that came due on the way, whether it decided anything or not. */
export type Advanced = {
  state: ChartState
  decided: Decision[]
  timers: Timers
  fired: { name: string; due_at: number } | null
}

/** `{ session: 'charging' }` as `session.charging`. Parallel regions are joined by `|`. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value
  let path = ''
  for (const state in value) {
    const inner = value[state]
    const own = inner === undefined ? state : `${state}.${statePath(inner)}`
    path = path === '' ? own : `${path}|${own}`
  }
  return path
}

export function isQuiescent(chart: Chart, state: ChartState): boolean {
  for (const _ in state.timers) return false
  return chart.quiescent.includes(statePath(state.value))
}
