/** What is wrong with a chart, by rules that need no run of it. A finding has a rule, a place and a reason. */
import { type ChartGraph, leavesOf, stateName } from './graph.ts'
import { wordFindings } from './lint-words.ts'
import { edgesFrom, eventlessCycles, reachable, startOf } from './reach.ts'

export type Found = { rule: string; place: string; reason: string }
export type Finding = Found & { chart: string }
/** A finding that a chart means to have, and why; one that is no longer found is a finding itself. */
export type Acknowledged = { rule: string; place: string; because: string }

export function lintGraph(graph: ChartGraph, acknowledged: readonly Acknowledged[] = []): Finding[] {
  const found = [
    ...unreachableStates(graph),
    ...shadowedEdges(graph),
    ...timerCycles(graph),
    ...noWayBack(graph),
    ...wordFindings(graph),
  ]
  const isSame = (a: { rule: string; place: string }, b: { rule: string; place: string }) =>
    a.rule === b.rule && a.place === b.place
  const open = found.filter((one) => !acknowledged.some((known) => isSame(one, known)))
  const stale = acknowledged
    .filter((known) => !found.some((one) => isSame(one, known)))
    .map(({ rule, place }) => ({
      rule: 'stale-acknowledgement',
      place,
      reason: `${rule} is acknowledged here, and is not found any more`,
    }))
  return [...open, ...stale].map((one) => ({ chart: graph.id, ...one }))
}

/** An edge of a state that is never entered is never taken either. */
function unreachableStates(graph: ChartGraph): Found[] {
  const reached = reachable(graph, startOf(graph))
  const unreached = leavesOf(graph).filter(({ path }) => !reached.has(path))
  return unreached.flatMap(({ path }) => {
    const edges = graph.edges.filter(({ source }) => source === path)
    return [
      { rule: 'unreachable-state', place: path, reason: 'no edge leads here from the first state' },
      ...edges.map(({ id }) => ({
        rule: 'unreachable-edge',
        place: id,
        reason: `it leaves ${path}, which is never entered`,
      })),
    ]
  })
}

/** Of edges for one trigger the first whose guard lets through is taken: one behind an open door is not. */
function shadowedEdges(graph: ChartGraph): Found[] {
  return graph.edges.flatMap(({ id, source, trigger, nth, guard }) => {
    const before = graph.edges.filter(
      (one) => one.source === source && same(one.trigger, trigger) && one.nth < nth,
    )
    const open = before.find((one) => one.guard === null)
    if (open)
      return [{ rule: 'shadowed-edge', place: id, reason: `${open.id} comes before it and has no guard` }]
    const twin = before.find((one) => one.guard?.text === guard?.text)
    return twin
      ? [{ rule: 'shadowed-edge', place: id, reason: `${twin.id} comes before it with the same guard` }]
      : []
  })
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function timerCycles(graph: ChartGraph): Found[] {
  return eventlessCycles(graph).map((path) => ({
    rule: 'timer-cycle',
    place: path,
    reason: 'timers alone lead from here to here: without an event it may go round for ever',
  }))
}

function noWayBack(graph: ChartGraph): Found[] {
  const reached = reachable(graph, startOf(graph))
  const rests = leavesOf(graph).filter(({ quiescent, kind }) => quiescent || kind === 'final')
  if (rests.length === 0) {
    const reason = 'no state is declared at rest, so no checkpoint is ever cut there'
    return [{ rule: 'never-at-rest', place: stateName(graph, ''), reason }]
  }
  return [...reached].flatMap((leaf) => {
    const back = reachable(graph, leaf)
    if (rests.some(({ path }) => back.has(path))) return []
    const dead = edgesFrom(graph, leaf).length === 0 ? 'nothing leaves it' : 'no way leads on to one'
    return [{ rule: 'no-way-to-rest', place: leaf, reason: `a chart here never comes to rest: ${dead}` }]
  })
}
