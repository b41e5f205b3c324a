/**
 * A machine → tables, once: for every leaf and every transition that may be taken from it, the exit, transition and entry
 * actions in one list. The machine's own guards, assigns and emits are called; xstate is the authority on what they do.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, StateValue } from 'xstate'
import { edgesOf } from './chart-edges.ts'
import { type ActionCompiler, actionCompiler } from './compile-actions.ts'
import { completing } from './compile-final.ts'
import { compileGuard, nameOf as guardName } from './compile-guards.ts'
import { askingOrder, type Entered, entered, firstInside, RULES, type Rules } from './compile-rules.ts'
import { type Compiled, type Edge, type Leaf, type Op, type Place, Unsupported } from './compiled.ts'

/** Of one compilation. */
type Work = {
  machine: AnyStateMachine
  rules: Rules
  leaves: Map<AnyStateNode, Leaf>
  action: ActionCompiler
}

/** Throws Unsupported, with the name and the place of what the compiled runner cannot run. */
export function compile(machine: AnyStateMachine, rules: Rules = RULES): Compiled {
  const nodes = within(machine.root)
  for (const node of nodes) refuse(node)
  const leaves = new Map(nodes.filter(isLeaf).map((node) => [node, emptyLeaf(node)]))
  const work: Work = { machine, rules, leaves, action: actionCompiler(machine, rules) }
  const named = namedEvents(nodes)
  for (const [node, leaf] of leaves) fill(work, node, leaf, named)
  const first = entered({ source: machine.root, target: machine.root, reenter: true })
  return {
    root: placeOf(work, machine.root),
    byValue: new Map([...leaves.values()].map((leaf) => [leaf.value, leaf])),
    firstContext: firstContext(machine),
    first: { ops: enteringOps(work, first), to: leafOf(work, machine.root) },
    looksAgain: rules.looksAgain,
    maxIterations: machine.options?.maxIterations ?? Number.POSITIVE_INFINITY,
  }
}

function refuse(node: AnyStateNode): void {
  const at = nameOf(node)
  if (node.type === 'parallel' || node.type === 'history') throw new Unsupported(`${node.type} state ${at}`)
  if (node.invoke.length > 0) throw new Unsupported(`invoke in ${at}`)
  if (isLeaf(node) && Object.keys(node.states).length > 0)
    throw new Unsupported(`${node.type} state ${at} with states in it`)
  if (isLeaf(node) && node.config.initial !== undefined)
    throw new Unsupported(`initial of ${at} without states`)
  if (node.type === 'final' && !node.parent) throw new Unsupported(`final state ${at} as the whole machine`)
  for (const { target } of [...node.transitions.values(), node.always ?? []].flat())
    if (target && target.length > 1) throw new Unsupported(`transition of ${at} to several states`)
}

function fill(work: Work, node: AnyStateNode, leaf: Leaf, named: Set<string>): void {
  const { rules } = work
  const known = new Map<AnyTransitionDefinition, Edge>()
  const edge = (transition: AnyTransitionDefinition) => {
    const made = known.get(transition) ?? edgeOf(work, node, transition)
    known.set(transition, made)
    return made
  }
  const asked = rules.askingOrder(node)
  const heard = (type: string) =>
    asked.flatMap((one) =>
      rules.candidates(one, type).flatMap((descriptor) => (one.transitions.get(descriptor) ?? []).map(edge)),
    )
  for (const type of named) leaf.edges.set(type, heard(type))
  leaf.unnamed = heard
  leaf.always = asked.flatMap((one) => (one.always ?? []).map(edge))
  leaf.exits = exitingOps(work, askingOrder(node))
}

function edgeOf(work: Work, node: AnyStateNode, definition: AnyTransitionDefinition): Edge {
  const { source, reenter, guard } = definition
  const target = definition.target?.[0] ?? null
  const transition = { source, target, reenter }
  const inside = work.rules.entered(transition)
  const named = edgesOf(work.machine).get(definition)
  return {
    source: source.id,
    guard: guard === undefined ? null : compileGuard(work.machine, guard, nameOf(source)),
    guard_name: guard === undefined || typeof guard === 'function' ? null : guardName(guard),
    ops: [
      ...(named?.moves ? [noting(named.id)] : []),
      ...exitingOps(work, work.rules.exited(node, transition)),
      ...definition.actions.map((action: unknown) => work.action(action, nameOf(source))),
      ...enteringOps(work, inside),
    ],
    to: leafOf(work, inside.at(-1)?.node ?? node),
  }
}

/** That the edge was taken: alone, as most steps take no other. */
function noting(id: string): Op {
  const alone = [id]
  return (run) => {
    run.edges = run.edges === null ? alone : [...run.edges, id]
  }
}

function exitingOps({ rules, action }: Work, nodes: AnyStateNode[]): Op[] {
  return nodes.flatMap((node) => rules.exitActions(node).map((one) => action(one, nameOf(node))))
}

function enteringOps({ rules, machine, action }: Work, nodes: Entered[]): Op[] {
  return nodes.flatMap(({ node, by_default }) => {
    const initial = by_default && node.type === 'compound' ? node.initial.actions : []
    const ops = [...node.entry, ...initial].map((one) => action(one, nameOf(node)))
    return node.type === 'final' ? [...ops, completing(machine.root, node, rules)] : ops
  })
}

/** xstate hears these in its own way; they are left to it. */
const RESERVED = /^xstate\.(?:init$|stop$|error\.actor)/

function namedEvents(nodes: AnyStateNode[]): Set<string> {
  const descriptors = nodes.flatMap((node) => [...node.transitions.keys()])
  return new Set(descriptors.filter((one) => !one.endsWith('*') && !isReserved(one)))
}

/** Events that are more to xstate than something to find a transition for. */
export function isReserved(type: string): boolean {
  return type === '*' || RESERVED.test(type)
}

function firstContext(machine: AnyStateMachine): Compiled['firstContext'] {
  const { context } = machine.config
  if (typeof context !== 'function') return () => context ?? {}
  const given = {
    input: undefined,
    get self(): never {
      throw new Unsupported('a context that uses `self`')
    },
    get spawn(): never {
      throw new Unsupported('a context that uses `spawn`')
    },
  }
  return () => ({ ...context(given as never) })
}

function within(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(within)]
}

function isLeaf(node: AnyStateNode): boolean {
  return node.type === 'atomic' || node.type === 'final'
}

function leafOf({ leaves }: Work, node: AnyStateNode): Leaf {
  let leaf = node
  for (let inner = firstInside(node); inner; inner = firstInside(inner)) leaf = inner
  return leaves.get(leaf) as Leaf
}

function placeOf(work: Work, node: AnyStateNode): Place {
  const inside = Object.entries(node.states as Record<string, AnyStateNode>)
  return {
    inside: new Map(inside.map(([key, inner]) => [key, placeOf(work, inner)])),
    leaf: leafOf(work, node),
  }
}

function emptyLeaf(node: AnyStateNode): Leaf {
  return {
    value: node.path.reduceRight<StateValue>(valueIn, {}),
    edges: new Map(),
    unnamed: () => [],
    always: [],
    exits: [],
    final: node.type === 'final' && node.parent === node.machine.root,
  }
}

/** `charging`, then `{ session: 'charging' }`; a machine without states is `{}`. */
function valueIn(inner: StateValue, key: string, index: number, path: readonly string[]): StateValue {
  return index === path.length - 1 ? key : Object.freeze({ [key]: inner })
}

function nameOf(node: AnyStateNode): string {
  return `"${node.path.join('.') || node.id}"`
}
