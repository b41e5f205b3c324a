/** A chart → its graph. Reads what the machine is made of, and runs nothing but the factory of its first context. */
import { type Chart, statePath } from '../statecharts/chart.ts'
import { timerName } from '../statecharts/step.ts'
import type { ChartGraph, GraphEdge, GraphState, StateKind, Trigger } from './graph.ts'
import { triggerText } from './graph.ts'
import { type Machine, readActions, readGuard, readImplementations, readTimers } from './read-words.ts'

type Node = Machine['root']
type Definition = {
  source: Node
  target?: readonly Node[] | undefined
  guard?: unknown
  actions: readonly unknown[]
  reenter: boolean
  delay?: string | number
}

/** What of a chart a graph is made of. */
export type ReadableChart = Pick<Chart, 'id' | 'version' | 'machine' | 'quiescent'>

export function readChart({ id, version, machine, quiescent }: ReadableChart): ChartGraph {
  const nodes = within(machine.root)
  return {
    id,
    version,
    states: nodes.map((node) => readState(machine, node, quiescent)),
    edges: nodes.flatMap((node) => edgesOf(machine, node)),
    guards: readImplementations(machine.implementations.guards),
    actions: readImplementations(machine.implementations.actions),
    delays: readImplementations(machine.implementations.delays),
    context: firstContext(machine),
  }
}

function within(node: Node): Node[] {
  return [node, ...Object.values(node.states as Record<string, Node>).flatMap(within)]
}

export function pathOf(node: Node): string {
  return node.path.join('.')
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

function edgesOf(machine: Machine, node: Node): GraphEdge[] {
  const heard = [...(node.transitions as Map<string, Definition[]>)].flatMap(([type, definitions]) =>
    edgesFor(machine, node, triggerOf(type, definitions, node), definitions),
  )
  return [...heard, ...edgesFor(machine, node, { kind: 'always' }, (node.always ?? []) as Definition[])]
}

function edgesFor(machine: Machine, node: Node, trigger: Trigger, definitions: Definition[]): GraphEdge[] {
  const source = pathOf(node)
  const id = `${source || machine.id} / ${triggerText(trigger)}`
  const of = definitions.length
  return definitions.map((definition, index) => ({
    id: of === 1 ? id : `${id} / ${index + 1}`,
    source,
    target: definition.target?.[0] ? pathOf(definition.target[0]) : null,
    trigger,
    nth: index + 1,
    of,
    guard: readGuard(machine, definition.guard),
    actions: readActions(machine, definition.actions),
    reenter: definition.reenter,
  }))
}

/** A state's own timer and its own end have words; those of others are events like any other. */
function triggerOf(type: string, [first]: Definition[], node: Node): Trigger {
  const timer = timerName(type)
  if (timer !== null && first?.delay !== undefined) return { kind: 'after', delay: first.delay }
  return type === `xstate.done.state.${node.id}` ? { kind: 'done' } : { kind: 'event', event: type }
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
export function isIn(value: Parameters<typeof statePath>[0], path: string): boolean {
  return statePath(value)
    .split('|')
    .some((one) => path === '' || one === path || one.startsWith(`${path}.`))
}
