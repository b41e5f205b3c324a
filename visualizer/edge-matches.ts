/** Which edge of one chart is which of another: one that is put before others does not make those different. */
import { type GraphEdge, paramsText, triggerText } from './graph.ts'

export type EdgePair = {
  from: GraphEdge
  to: GraphEdge
  /** It is asked before or after another than it was. */
  moved: boolean
}
export type EdgeMatches = { pairs: EdgePair[]; removed: GraphEdge[]; added: GraphEdge[] }

/** Of edges from one state for one trigger: first those that are equal, then of the same guard, of the same target, the rest. */
const LIKENESS: ((edge: GraphEdge) => string)[] = [
  ({ guard, target, actions, reenter }) => JSON.stringify([guard?.text, target, actions, reenter]),
  ({ guard, target }) => JSON.stringify([guard?.text, target]),
  ({ guard }) => JSON.stringify([guard?.text, paramsText(guard?.params ?? null)]),
  ({ target }) => String(target),
  () => '',
]

export function matchEdges(before: readonly GraphEdge[], after: readonly GraphEdge[]): EdgeMatches {
  const old = Map.groupBy(before, placeOf)
  const now = Map.groupBy(after, placeOf)
  const places = [...new Set([...now.keys(), ...old.keys()])]
  const all = places.map((place) => matchIn(old.get(place) ?? [], now.get(place) ?? []))
  return {
    pairs: all.flatMap(({ pairs }) => pairs),
    removed: all.flatMap(({ removed }) => removed),
    added: all.flatMap(({ added }) => added),
  }
}

function placeOf({ source, trigger }: GraphEdge): string {
  return `${source} / ${triggerText(trigger)}`
}

function matchIn(before: readonly GraphEdge[], after: readonly GraphEdge[]): EdgeMatches {
  const found = new Map<GraphEdge, GraphEdge>()
  const left = new Set(before)
  for (const like of LIKENESS)
    for (const to of after) {
      if (found.has(to)) continue
      const from = [...left].find((one) => like(one) === like(to))
      if (!from) continue
      found.set(to, from)
      left.delete(from)
    }
  const pairs = after.flatMap((to) => {
    const from = found.get(to)
    return from ? [{ from, to }] : []
  })
  const order = pairs.map(({ from }) => from.nth).sort((a, b) => a - b)
  return {
    pairs: pairs.map((pair, n) => ({ ...pair, moved: pair.from.nth !== order[n] })),
    removed: [...left],
    added: after.filter((to) => !found.has(to)),
  }
}
