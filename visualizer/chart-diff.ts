/**
 * What is different between two charts, as data: states, edges, and the guards, actions and delays that they are made of,
 * down to their code. What that code calls in other files is not in a graph; only folding the same events through both
 * tells of that.
 */
import { matchEdges } from './edge-matches.ts'
import type { ChartGraph, GraphAction, GraphEdge, GraphState, Implementation } from './graph.ts'
import type { Mark } from './svg.ts'

/** One thing that differs. `before` and `after` are its names there: a path, an edge's id, a guard's name. */
export type Difference = {
  mark: Mark
  before: string | null
  after: string | null
  /** For what has changed: each field, as it was and as it is. */
  fields: { field: string; before: string; after: string }[]
}

export type ChartDiff = {
  before: { id: string; version: number }
  after: { id: string; version: number }
  states: Difference[]
  edges: Difference[]
  guards: Difference[]
  actions: Difference[]
  delays: Difference[]
  /** Fields of the first context. */
  context: Difference[]
}

export function diffCharts(before: ChartGraph, after: ChartGraph): ChartDiff {
  const sides: Sides = { before, after }
  return {
    before: { id: before.id, version: before.version },
    after: { id: after.id, version: after.version },
    states: differences(
      byName(before.states, ({ path }) => path),
      byName(after.states, ({ path }) => path),
      (a, b) => stateFields(sides, a, b),
    ),
    edges: edgeDifferences(sides),
    guards: implementations(before.guards, after.guards),
    actions: implementations(before.actions, after.actions),
    delays: implementations(before.delays, after.delays),
    context: differences(
      byName(before.context, (name) => name),
      byName(after.context, (name) => name),
      () => ({}),
    ),
  }
}

export function isSame(diff: ChartDiff): boolean {
  const { states, edges, guards, actions, delays, context } = diff
  return [states, edges, guards, actions, delays, context].every((all) => all.length === 0)
}

type Sides = { before: ChartGraph; after: ChartGraph }
/** A field as it reads on either side. */
type Fields = Record<string, readonly [string, string]>

function byName<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, T> {
  return new Map(all.map((one) => [nameOf(one), one]))
}

function differences<T>(
  before: Map<string, T>,
  after: Map<string, T>,
  fieldsOf: (a: T, b: T) => Fields,
): Difference[] {
  const changed = [...after].flatMap(([name, one]) => {
    const was = before.get(name)
    if (was === undefined) return [{ mark: 'added' as const, before: null, after: name, fields: [] }]
    return changedIn(name, name, fieldsOf(was, one))
  })
  const removed = [...before.keys()].filter((name) => !after.has(name))
  return [
    ...changed,
    ...removed.map((name) => ({ mark: 'removed' as const, before: name, after: null, fields: [] })),
  ]
}

function changedIn(before: string, after: string, all: Fields): Difference[] {
  const fields = Object.entries(all)
    .filter(([, [was, is]]) => was !== is)
    .map(([field, [was, is]]) => ({ field, before: was, after: is }))
  return fields.length === 0 ? [] : [{ mark: 'changed', before, after, fields }]
}

function implementations(
  before: Record<string, Implementation>,
  after: Record<string, Implementation>,
): Difference[] {
  return differences(new Map(Object.entries(before)), new Map(Object.entries(after)), (a, b) => ({
    kind: [a.kind, b.kind],
    code: [a.code, b.code],
    value_ms: [String(a.value_ms), String(b.value_ms)],
  }))
}

function stateFields({ before, after }: Sides, a: GraphState, b: GraphState): Fields {
  const both = <T>(of: (graph: ChartGraph, state: GraphState) => T) => [of(before, a), of(after, b)] as const
  return {
    kind: [a.kind, b.kind],
    initial: [String(a.initial), String(b.initial)],
    quiescent: [String(a.quiescent), String(b.quiescent)],
    invokes: [a.invokes.join(', '), b.invokes.join(', ')],
    ...actionFields('entry', ...both((graph, { entry }) => ({ graph, actions: entry }))),
    ...actionFields('exit', ...both((graph, { exit }) => ({ graph, actions: exit }))),
    ...actionFields('initial_actions', ...both((graph, one) => ({ graph, actions: one.initial_actions }))),
  }
}

type Acting = { graph: ChartGraph; actions: readonly GraphAction[] }

/** What is done by name, and what those names stand for. */
function actionFields(field: string, a: Acting, b: Acting): Fields {
  return {
    [field]: [actionsText(a.actions), actionsText(b.actions)],
    [`${field}_code`]: [codeOf(a), codeOf(b)],
  }
}

function actionsText(actions: readonly GraphAction[]): string {
  return actions.map(({ name, params }) => name + (params ? ` ${JSON.stringify(params)}` : '')).join(', ')
}

function codeOf({ graph, actions }: Acting): string {
  return codesText(
    graph.actions,
    actions.map(({ name }) => name),
  )
}

function codesText(known: Record<string, Implementation>, names: readonly string[]): string {
  const told = names.filter((name) => Object.hasOwn(known, name))
  return told.map((name) => `${name}: ${known[name]?.code} ${known[name]?.value_ms ?? ''}`).join('; ')
}

function edgeDifferences({ before, after }: Sides): Difference[] {
  const { pairs, removed, added } = matchEdges(before.edges, after.edges)
  return [
    ...pairs.flatMap(({ from, to, moved }) =>
      changedIn(from.id, to.id, {
        ...edgeFields(before, from, after, to),
        ...(moved && { asked: [String(from.nth), String(to.nth)] }),
      }),
    ),
    ...added.map(({ id }) => ({ mark: 'added' as const, before: null, after: id, fields: [] })),
    ...removed.map(({ id }) => ({ mark: 'removed' as const, before: id, after: null, fields: [] })),
  ]
}

function edgeFields(before: ChartGraph, a: GraphEdge, after: ChartGraph, b: GraphEdge): Fields {
  return {
    target: [String(a.target), String(b.target)],
    reenter: [String(a.reenter), String(b.reenter)],
    guard: [guardText(a), guardText(b)],
    guard_code: [guardCode(before, a), guardCode(after, b)],
    ...actionFields('actions', { graph: before, actions: a.actions }, { graph: after, actions: b.actions }),
    delay_code: [delayCode(before, a), delayCode(after, b)],
  }
}

function guardText({ guard }: GraphEdge): string {
  return guard === null ? '' : guard.text + (guard.params ? ` ${JSON.stringify(guard.params)}` : '')
}

/** Of every guard that is named in it, however they are combined. */
function guardCode({ guards }: ChartGraph, { guard }: GraphEdge): string {
  return guard === null ? '' : codesText(guards, guard.names)
}

function delayCode({ delays }: ChartGraph, { trigger }: GraphEdge): string {
  return trigger.kind === 'after' ? codesText(delays, [String(trigger.delay)]) : ''
}
