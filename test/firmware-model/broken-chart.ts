/** The session chart with one edge bent, to see that the model has its session state from nowhere else. */
import { type AnyStateMachine, createMachine } from 'xstate'
import type { Chart } from '../../statecharts/chart.ts'

type Node = { on?: Record<string, unknown>; states?: Record<string, Node> }

/** `chart` in which `event` in `state` (`session` or `session.charging`) leads to `edge` instead. */
export function withEdge(chart: Chart, state: string, event: string, edge: unknown): Chart {
  const config = copy(chart.machine.config) as Node
  let node: Node | undefined = config
  for (const name of state.split('.')) node = node?.states?.[name]
  if (!node?.on?.[event]) throw new Error(`${chart.id} has no ${event} in ${state}`)
  node.on[event] = edge
  const bent = createMachine(config as never) as AnyStateMachine
  return { ...chart, machine: bent.provide(chart.machine.implementations as never) as AnyStateMachine }
}

/** Plain objects and arrays anew; functions (the context's factory) as they are. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]))
}
