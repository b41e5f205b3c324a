/** A chart → its graph. Reads what the machine is made of, and runs nothing but the factory of its first context. */
import type { Chart, StateValue } from '../statecharts/chart.ts'
import { type ChartEdge, type EdgeDefinition, edgesOf, nodesOf, pathOf } from '../statecharts/chart-edges.ts'
import { statesIn } from '../statecharts/moves.ts'
import type { ChartGraph, GraphEdge, GraphState, StateKind } from './graph.ts'
import { type Machine, readActions, readGuard, readImplementations, readTimers } from './read-words.ts'

type Node = Machine['root']
/** What of a chart a graph is made of. */
export type ReadableChart = Pick<Chart, 'id' | 'version' | 'machine' | 'quiescent'>

export function readChart({ id, version, machine, quiescent }: ReadableChart): ChartGraph {
  const nodes = nodesOf(machine.root)
  return {
    id,
    version,
    states: nodes.map((node) => readState(machine, node, quiescent)),
    edges: [...edgesOf(machine)].map(([definition, edge]) =>
      readEdge(machine, definition as EdgeDefinition, edge),
    ),
    guards: readImplementations(machine.implementations.guards),
    actions: readImplementations(machine.implementations.actions),
    delays: readImplementations(machine.implementations.delays),
    context: firstContext(machine),
  }
}

function readState(machine: Machine, node: Node, quiescent: readonly string[]): GraphState {
  const path = pathOf(node)
  const first = node.type === 'compound' ? node.initial : null
  return {
    path,
    key: node.key,
    parent: node.parent ? pathOf(node.parent) : null,
    kind: node.type as StateKind,
    initial: first?.target?.[0] ? pathOf(first.target[0] as Node) : null,
    initial_actions: first ? readActions(machine, first.actions) : [],
    entry: readActions(machine, node.entry),
    exit: readActions(machine, node.exit),
    timers: readTimers(node.entry),
    invokes: node.invoke.map(({ src, id }: { src: unknown; id: string }) =>
      typeof src === 'string' ? src : id,
    ),
    quiescent: quiescent.includes(path),
  }
}

function readEdge(machine: Machine, { guard, actions, reenter }: EdgeDefinition, edge: ChartEdge): GraphEdge {
  const { moves: _, ...named } = edge
  return {
    ...named,
    guard: readGuard(machine, guard),
    actions: readActions(machine, actions),
    reenter,
  }
}

/** A factory that needs more than nothing is the compiled runner's to refuse; here its fields are unknown. */
function firstContext(machine: Machine): string[] {
  const { context } = machine.config as { context?: unknown }
  try {
    return Object.keys((typeof context === 'function' ? context({ input: undefined }) : context) ?? {})
  } catch {
    return []
  }
}

/** Whether a chart in this state is in the state at `path`, or in one inside it. */
export function isIn(value: StateValue, path: string): boolean {
  return path === '' || statesIn(value).includes(path)
}
