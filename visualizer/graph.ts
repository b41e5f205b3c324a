/** A chart as a graph: what is drawn, written in other notations, compared and checked. Plain data. */
import type { ChartEdge } from '../statecharts/chart-edges.ts'

export { type Trigger, triggerText } from '../statecharts/chart-edges.ts'

export type StateKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history'

/** An action where it is used, and what it does. */
export type GraphAction = {
  /** Its name; xstate's kind in brackets for one that has none. */
  name: string
  params: Record<string, unknown> | null
  /** What it is made of: `assign`, `emit`, `raise`, `cancel`, …; `function` for a plain one, `missing` without an implementation. */
  kind: string
  /** The event that an `emit` decides or a `raise` raises; null where its text does not name one. */
  event: string | null
  /** Of a delayed `raise`. */
  delay: string | number | null
  inline: boolean
}

export type GraphState = {
  /** Keys from the outside in, joined by dots; '' is the whole chart. */
  path: string
  key: string
  parent: string | null
  kind: StateKind
  /** Path of the state that is entered first. */
  initial: string | null
  initial_actions: GraphAction[]
  entry: GraphAction[]
  exit: GraphAction[]
  /** Delays of the timers that are set on entry. */
  timers: (string | number)[]
  invokes: string[]
  quiescent: boolean
}

export type GraphGuard = {
  name: string
  params: Record<string, unknown> | null
  inline: boolean
  /** `a`, `not a`, … : guards of the same sense are equal. */
  text: string
  /** Of every guard that is named in it, however they are combined. */
  names: string[]
}

export type GraphEdge = Omit<ChartEdge, 'moves'> & {
  guard: GraphGuard | null
  actions: GraphAction[]
  reenter: boolean
  /** Where two versions are compared: an edge that differs is not drawn as one with those that do not. */
  mark?: 'added' | 'removed' | 'changed'
}

/** A guard, action or delay as `setup()` has it. */
export type Implementation = {
  kind: string
  /** The guard's, action's or expression's own text without its spaces. Never drawn, only compared and looked into. */
  code: string
  /** Of a delay that is a number. */
  value_ms: number | null
  /** Context fields that it sets by name; null where that is for running to tell. */
  sets: string[] | null
}

export type ChartGraph = {
  id: string
  version: number
  /** In the order of the source, the whole chart first. */
  states: GraphState[]
  edges: GraphEdge[]
  guards: Record<string, Implementation>
  actions: Record<string, Implementation>
  delays: Record<string, Implementation>
  /** Fields of the first context. */
  context: string[]
}

/** @throws for a path that is not in the graph: our bug */
export function stateAt(graph: ChartGraph, path: string): GraphState {
  const found = graph.states.find((state) => state.path === path)
  if (!found) throw new Error(`${graph.id} has no state "${path}"`)
  return found
}

/** A state's name for people: its path, or the chart's id for the whole. */
export function stateName(graph: ChartGraph, path: string): string {
  return path === '' ? graph.id : path
}

export function isInside(path: string, outer: string): boolean {
  return path !== outer && (outer === '' || path.startsWith(`${outer}.`))
}

/** The state and everything around it, the innermost first. */
export function outwards(graph: ChartGraph, path: string): GraphState[] {
  const state = stateAt(graph, path)
  return state.parent === null ? [state] : [state, ...outwards(graph, state.parent)]
}

export function childrenOf(graph: ChartGraph, path: string): GraphState[] {
  return graph.states.filter(({ parent }) => parent === path)
}

/** States without states in them: the ones that the chart can be in. */
export function leavesOf(graph: ChartGraph): GraphState[] {
  return graph.states.filter(({ kind }) => kind === 'atomic' || kind === 'final')
}

/** The leaf that is entered when this state is; parallel states count by their first region. */
export function firstLeaf(graph: ChartGraph, path: string): GraphState {
  const state = stateAt(graph, path)
  const inner = state.initial ?? childrenOf(graph, path)[0]?.path
  return inner === undefined || state.kind === 'atomic' || state.kind === 'final'
    ? state
    : firstLeaf(graph, inner)
}

/** `reason: unplugged` as `unplugged`: what tells one use of an action from another. */
export function paramsText(params: Record<string, unknown> | null): string {
  if (params === null) return ''
  return Object.values(params)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ')
}
