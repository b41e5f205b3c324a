/** Where a chart can go: over leaves, with every guard taken for one that may let through. */
import { type ChartGraph, firstLeaf, type GraphEdge, isInside, leavesOf } from './graph.ts'

/** Edges that a chart in this leaf may take: its own and those of the states around it. */
export function edgesFrom(graph: ChartGraph, leaf: string): GraphEdge[] {
  return graph.edges.filter(({ source }) => source === leaf || isInside(leaf, source))
}

/** The leaf that an edge leads to, from this one. */
export function leafAfter(graph: ChartGraph, leaf: string, { target }: GraphEdge): string {
  return target === null ? leaf : firstLeaf(graph, target).path
}

/** Leaves that can be come to from `from`, itself included, over edges that `may` be taken. */
export function reachable(
  graph: ChartGraph,
  from: string,
  may: (edge: GraphEdge) => boolean = () => true,
): Set<string> {
  const reached = new Set([from])
  for (const leaf of reached)
    for (const edge of edgesFrom(graph, leaf)) if (may(edge)) reached.add(leafAfter(graph, leaf, edge))
  return reached
}

export function startOf(graph: ChartGraph): string {
  return firstLeaf(graph, '').path
}

/** Leaves that lead back to themselves over edges that no event sets off. */
export function eventlessCycles(graph: ChartGraph): string[] {
  const byItself = ({ trigger }: GraphEdge) => trigger.kind === 'after' || trigger.kind === 'always'
  return leavesOf(graph)
    .map(({ path }) => path)
    .filter((leaf) =>
      edgesFrom(graph, leaf)
        .filter(byItself)
        .some((edge) => reachable(graph, leafAfter(graph, leaf, edge), byItself).has(leaf)),
    )
}
