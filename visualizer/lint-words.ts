/** Rules about what a chart is written in: its guards, actions, delays and events. */
import { type ChartGraph, type GraphAction, stateName } from './graph.ts'
import type { Found } from './lint.ts'

export function wordFindings(graph: ChartGraph): Found[] {
  const uses = actionUses(graph)
  return [
    ...delays(graph),
    ...uses.flatMap(({ action, place }) => actionFindings(action, place)),
    ...guardFindings(graph),
    ...raisedEvents(graph, uses),
    ...contextReads(graph),
    ...graph.states.flatMap(({ path, invokes }) =>
      invokes.map((name) =>
        found('invoke', stateName(graph, path), `${name}: a chart does nothing by itself`),
      ),
    ),
    ...unused(graph, uses),
  ]
}

type Use = { action: GraphAction; place: string }

function actionUses(graph: ChartGraph): Use[] {
  const ofStates = graph.states.flatMap(({ path, entry, exit, initial_actions }) =>
    [...entry, ...exit, ...initial_actions].map((action) => ({ action, place: stateName(graph, path) })),
  )
  const ofEdges = graph.edges.flatMap(({ id, actions }) => actions.map((action) => ({ action, place: id })))
  return [...ofStates, ...ofEdges]
}

function delays(graph: ChartGraph): Found[] {
  const timed = graph.edges.flatMap(({ id, trigger }) =>
    trigger.kind === 'after' ? [{ place: id, delay: trigger.delay }] : [],
  )
  return timed.flatMap(({ place, delay }) => {
    if (typeof delay === 'number' || /^\d+$/.test(delay))
      return [found('numeric-delay', place, `${delay} ms has no name: nobody can configure or read it`)]
    if (!(delay in graph.delays)) return [found('unknown-delay', place, `no delay is called ${delay}`)]
    return []
  })
}

function actionFindings({ kind, name, inline, delay, event }: GraphAction, place: string): Found[] {
  const result: Found[] = []
  if (inline) result.push(found('inline-function', place, `an action without a name (${kind})`))
  if (kind === 'missing') result.push(found('missing-action', place, `nothing is called ${name}`))
  if (kind === 'spawnChild' || kind === 'sendTo' || kind === 'stop')
    result.push(found('spawn', place, `${name} is about another actor`))
  if (typeof delay === 'number')
    result.push(found('numeric-delay', place, `${event ?? name} after ${delay} ms`))
  return result
}

function guardFindings(graph: ChartGraph): Found[] {
  return graph.edges.flatMap(({ id, guard }) => {
    if (!guard) return []
    if (guard.inline) return [found('inline-function', id, 'a guard without a name')]
    const unknown = guard.names.filter((name) => !Object.hasOwn(graph.guards, name))
    return unknown.map((name) => found('missing-guard', id, `nothing is called ${name}`))
  })
}

/** A timer that is set by hand and heard by nobody, and an event that the chart raises for nobody. */
function raisedEvents(graph: ChartGraph, uses: readonly Use[]): Found[] {
  const heard = (event: string) =>
    graph.edges.some(({ trigger }) => trigger.kind === 'event' && covers(trigger.event, event))
  return uses.flatMap(({ action: { kind, event, delay }, place }) => {
    if (kind !== 'raise' || event === null || heard(event)) return []
    if (delay !== null)
      return [found('timer-unheard', place, `${event} is set after ${delay}, and no state hears it`)]
    return [found('event-unheard', place, `${event} is raised, and no state hears it`)]
  })
}

function covers(descriptor: string, event: string): boolean {
  if (descriptor === '*' || descriptor === event) return true
  return descriptor.endsWith('.*') && event.startsWith(descriptor.slice(0, -1))
}

/** A field that the first context does not have is undefined until something sets it. */
function contextReads(graph: ChartGraph): Found[] {
  const known = new Set(graph.context)
  const all = { ...graph.guards, ...graph.actions, ...graph.delays }
  return Object.entries(all).flatMap(([name, { code }]) => {
    const read = new Set(
      [...code.matchAll(/\bcontext\.([A-Za-z_$][\w$]*)/g)].map(([, field]) => field as string),
    )
    return [...read]
      .filter((field) => !known.has(field))
      .map((field) =>
        found('context-unset', name, `it reads context.${field}, which the first context does not have`),
      )
  })
}

/** What is declared and nothing uses: a timer that is never set among them. */
function unused(graph: ChartGraph, uses: readonly Use[]): Found[] {
  const asked = new Set(graph.edges.flatMap(({ guard }) => guard?.names ?? []))
  const done = new Set(uses.map(({ action }) => action.name))
  const set = new Set([
    ...graph.states.flatMap(({ timers }) => timers.map(String)),
    ...uses.map(({ action }) => String(action.delay)),
  ])
  const say = (rule: string, names: string[], used: ReadonlySet<string>, what: string) =>
    names.filter((name) => !used.has(name)).map((name) => found(rule, name, `${what} that nothing uses`))
  return [
    ...say('unused-guard', Object.keys(graph.guards), asked, 'a guard'),
    ...say('unused-action', Object.keys(graph.actions), done, 'an action'),
    ...say('timer-unset', Object.keys(graph.delays), set, 'a delay'),
  ]
}

function found(rule: string, place: string, reason: string): Found {
  return { rule, place, reason }
}
