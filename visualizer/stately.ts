/** A graph as the configuration of an xstate machine in JSON, which Stately's editor imports. Implementations stay names. */
import {
  type ChartGraph,
  childrenOf,
  type GraphAction,
  type GraphEdge,
  type GraphState,
  stateAt,
} from './graph.ts'

type Json = Record<string, unknown>

export function statelyOf(graph: ChartGraph): Json {
  return { id: graph.id, version: String(graph.version), ...nodeOf(graph, stateAt(graph, '')) }
}

function nodeOf(graph: ChartGraph, state: GraphState): Json {
  const mine = graph.edges.filter(({ source }) => source === state.path)
  const children = childrenOf(graph, state.path)
  const on = grouped(graph, mine, (edge) => (edge.trigger.kind === 'event' ? edge.trigger.event : null))
  const after = grouped(graph, mine, (edge) =>
    edge.trigger.kind === 'after' ? String(edge.trigger.delay) : null,
  )
  const always = mine
    .filter(({ trigger }) => trigger.kind === 'always')
    .map((edge) => transitionOf(graph, edge))
  const onDone = mine
    .filter(({ trigger }) => trigger.kind === 'done')
    .map((edge) => transitionOf(graph, edge))
  const states = Object.fromEntries(children.map((child) => [child.key, nodeOf(graph, child)]))
  return {
    ...(state.kind === 'final' || state.kind === 'parallel' ? { type: state.kind } : {}),
    ...(state.initial !== null && { initial: lastKey(state.initial) }),
    ...(state.entry.length > 0 && { entry: state.entry.map(actionOf) }),
    ...(state.exit.length > 0 && { exit: state.exit.map(actionOf) }),
    ...(Object.keys(on).length > 0 && { on }),
    ...(Object.keys(after).length > 0 && { after }),
    ...(always.length > 0 && { always }),
    ...(onDone.length > 0 && { onDone }),
    ...(state.quiescent && { tags: ['quiescent'] }),
    ...(children.length > 0 && { states }),
  }
}

function grouped(
  graph: ChartGraph,
  edges: readonly GraphEdge[],
  nameOf: (edge: GraphEdge) => string | null,
): Json {
  const by: Record<string, Json[]> = {}
  for (const edge of edges) {
    const name = nameOf(edge)
    if (name === null) continue
    const known = by[name] ?? []
    known.push(transitionOf(graph, edge))
    by[name] = known
  }
  return by
}

function transitionOf({ id }: ChartGraph, { target, guard, actions, reenter }: GraphEdge): Json {
  return {
    ...(target !== null && { target: `#${id}.${target}` }),
    ...(guard && { guard: guard.params ? { type: guard.name, params: guard.params } : guard.text }),
    ...(actions.length > 0 && { actions: actions.map(actionOf) }),
    ...(reenter && { reenter }),
  }
}

function actionOf({ name, params }: GraphAction): Json {
  return params ? { type: name, params } : { type: name }
}

function lastKey(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
