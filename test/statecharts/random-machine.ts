/** Random machines of everything that the compiled runner runs: up to four states deep, every kind of transition. */
import { chance, pick, type Random, wholeBetween } from '../../firmware-model/random.ts'
import { type Code, type Source, textOf } from './machine-source.ts'

type Fields = { [key: string]: Source }

/** A state before it has transitions. */
type Node = { path: string[]; id: string | null; parent: Node | null; children: Node[]; final: boolean }

export const EVENTS = ['a', 'b', 'c', 'a.b', 'a.b.c', 'c.d'] as const
const DESCRIPTORS = [...EVENTS, ...EVENTS, '*', 'a.*', 'a.b.*', 'c.*', 'a.b.c.*', 'a.*.*', '*.*']
const DELAYS = ['soon', 'later', 'told', '250'] as const
const DEEPEST = 4

const code = (text: string): Code => ({ code: text })

/** The machine's configuration. It always ends: a machine that goes round for ever throws, in both runners. */
export function randomMachine(random: Random): Source {
  const root = skeleton(random, null, 'm', 0)
  const nodes = within(root)
  const config = stateOf(random, root, nodes)
  const context = chance(random, 0.7)
    ? code('() => ({ n: 0, trace: [] })')
    : { n: wholeBetween(random, 0, 9), trace: [] }
  const output = chance(random, 0.4)
    ? { output: code('({ context, event }) => ({ n: context.n, said: event })') }
    : {}
  return { id: 'm', context, ...config, ...output, options: { maxIterations: 12 } }
}

/** Where a machine can be put from outside, as state values, states within which nothing is said included. */
export function valuesOf(source: Source): Source[] {
  const states = (source as { states?: Fields }).states ?? {}
  return Object.entries(states).flatMap(([key, inner]) => [
    key,
    ...valuesOf(inner).map((value) => ({ [key]: value })),
  ])
}

function skeleton(random: Random, parent: Node | null, key: string, depth: number): Node {
  const path = parent ? [...parent.path, key] : []
  const id = parent && chance(random, 0.1) ? `id-${path.join('-')}` : null
  const node: Node = { path, id, parent, children: [], final: false }
  const inside = depth === 0 || (depth < DEEPEST && chance(random, 0.55 - depth * 0.1))
  const children = inside ? wholeBetween(random, 1, depth === 0 ? 4 : 3) : 0
  for (let i = 0; i < children; i++) node.children.push(skeleton(random, node, `s${i + 1}`, depth + 1))
  node.final = depth > 0 && children === 0 && chance(random, depth === 1 ? 0.08 : 0.25)
  return node
}

function within(node: Node): Node[] {
  return [node, ...node.children.flatMap(within)]
}

function stateOf(random: Random, node: Node, nodes: Node[]): Fields {
  const name = node.path.join('.') || 'm'
  const state: Fields = node.id ? { id: node.id } : {}
  Object.assign(
    state,
    some(random, 0.6, 'entry', () => actionsOf(random, nodes, `in ${name}`)),
  )
  Object.assign(
    state,
    some(random, 0.6, 'exit', () => actionsOf(random, nodes, `out ${name}`)),
  )
  if (node.final) return { ...state, type: 'final', ...some(random, 0.5, 'output', () => outputOf(random)) }
  if (node.children.length > 0) {
    const open = node.children.filter(({ final }) => !final)
    const first = pick(random, open.length > 0 ? open : node.children).path.at(-1) as string
    const acting = chance(random, 0.2)
    state.initial = acting ? { target: first, actions: actionsOf(random, nodes, `into ${name}`) } : first
    state.states = Object.fromEntries(
      node.children.map((child) => [child.path.at(-1) as string, stateOf(random, child, nodes)]),
    )
    Object.assign(
      state,
      some(random, 0.5, 'onDone', () => transitionsOf(random, node, nodes)),
    )
  }
  const on = Array.from({ length: wholeBetween(random, 0, 4) }, () => pick(random, DESCRIPTORS))
  state.on = Object.fromEntries(on.map((one) => [one, transitionsOf(random, node, nodes)]))
  Object.assign(
    state,
    some(random, 0.12, 'always', () => alwaysOf(random, node, nodes)),
  )
  Object.assign(
    state,
    some(random, 0.35, 'after', () => afterOf(random, node, nodes)),
  )
  return state
}

function some(random: Random, probability: number, key: string, make: () => Source): Fields {
  return chance(random, probability) ? { [key]: make() } : {}
}

function outputOf(random: Random): Source {
  return chance(random, 0.5) ? { final: true } : code('({ context, event }) => [context.n, event.type]')
}

function afterOf(random: Random, node: Node, nodes: Node[]): Source {
  const delays = Array.from({ length: wholeBetween(random, 1, 2) }, () =>
    pick(random, [...DELAYS, ...DELAYS, 'never_set', 'slipping']),
  )
  return Object.fromEntries(delays.map((delay) => [delay, transitionsOf(random, node, nodes)]))
}

function transitionsOf(random: Random, node: Node, nodes: Node[]): Source {
  const count = chance(random, 0.3) ? wholeBetween(random, 2, 3) : 1
  const all = Array.from({ length: count }, () => transitionOf(random, node, nodes, 0.35))
  return count === 1 ? (all[0] as Source) : all
}

/** Nearly always with a guard, and mostly with something that changes what the guard sees: else it goes round for ever. */
function alwaysOf(random: Random, node: Node, nodes: Node[]): Source {
  return Array.from({ length: wholeBetween(random, 1, 2) }, () => {
    const { actions, ...transition } = transitionOf(random, node, nodes, 0.95)
    const rest = (actions as Source[] | undefined) ?? []
    return chance(random, 0.8)
      ? { ...transition, actions: [...rest, 'count'] }
      : { ...transition, actions: rest }
  })
}

function transitionOf(random: Random, node: Node, nodes: Node[], guarded: number): Fields {
  const name = node.path.join('.') || 'm'
  return {
    ...some(random, guarded, 'guard', () => guardOf(random, 0)),
    ...some(random, 0.75, 'target', () => targetOf(random, node, nodes)),
    ...some(random, 0.7, 'actions', () => actionsOf(random, nodes, `from ${name}`)),
    ...some(random, 0.35, 'reenter', () => true),
  }
}

/** Siblings, itself, what is inside, what is around, and anything else by its id; written in the shortest way. */
function targetOf(random: Random, node: Node, nodes: Node[]): string {
  const target = chance(random, 0.15) ? node : chance(random, 0.5) ? near(random, node) : pick(random, nodes)
  const key = target.path.at(-1) ?? ''
  if (target.parent && target.parent === node.parent && chance(random, 0.8)) return key
  const inside = target.path.length > node.path.length && node.path.every((one, i) => one === target.path[i])
  if (inside && chance(random, 0.8)) return `.${target.path.slice(node.path.length).join('.')}`
  return `#${target.id ?? idOf(target)}`
}

function near(random: Random, node: Node): Node {
  return pick(random, [...(node.parent?.children ?? []), ...node.children, node])
}

function idOf(node: Node): string {
  return node.id ?? ['m', ...node.path].join('.')
}

function guardOf(random: Random, depth: number): Source {
  const nested = () => textOf(guardOf(random, depth + 1))
  const kinds = ['name', 'name', 'params', 'params', 'computed', 'inline', 'and', 'or', 'not']
  switch (depth > 2 ? 'name' : pick(random, kinds)) {
    case 'params':
      return chance(random, 0.5)
        ? { type: 'below', params: { limit: wholeBetween(random, 2, 18) } }
        : { type: 'hears', params: { types: [pick(random, EVENTS), pick(random, EVENTS)] } }
    case 'computed':
      return {
        type: 'below',
        params: code('({ context, event }) => ({ limit: (context.n % 9) + event.type.length })'),
      }
    case 'inline':
      return code('({ context, event }) => (context.n + event.type.length) % 3 !== 0')
    case 'and':
      return code(`and([${nested()}, ${nested()}])`)
    case 'or':
      return code(`or([${nested()}, ${nested()}])`)
    case 'not':
      return code(`not(${nested()})`)
    default:
      return pick(random, ['even', 'third', 'evenThird', 'neither', 'slips', 'even', 'third'])
  }
}

/** The first mostly marks its place in the trace, so that the order of everything shows; without, nothing is assigned. */
function actionsOf(random: Random, nodes: Node[], tag: string): Source {
  const rest = Array.from({ length: wholeBetween(random, 0, 2) }, () => actionOf(random, nodes, tag))
  return chance(random, 0.75) ? [{ type: 'mark', params: { tag } }, ...rest] : rest
}

function actionOf(random: Random, nodes: Node[], tag: string): Source {
  const kinds = [
    () => 'count',
    () => 'count',
    () => 'whole',
    () => 'count',
    () => 'whole',
    () => (chance(random, 0.3) ? 'trip' : 'whole'),
    () => 'same',
    () => 'outside',
    () => 'not_implemented',
    () => ({ type: 'more', params: { by: wholeBetween(random, 1, 9) } }),
    () => ({
      type: 'more',
      params: code('({ context, event }) => ({ by: context.n % 4 + event.type.length })'),
    }),
    () => ({ type: 'tell', params: { tag } }),
    () => ({ type: 'tell', params: { tag } }),
    () => code(several(tag)),
    () => ({ type: 'again', params: { type: pick(random, EVENTS) } }),
    () => code(`raise({ type: ${JSON.stringify(pick(random, EVENTS))}, k: 1 })`),
    () => code(`cancel(${JSON.stringify(timerOf(random, nodes))})`),
    () => code("assign({ n: ({ context }) => context.n + 5, at: 'inline' })"),
    () => code("emit(({ context }) => ({ type: 'told', inline: context.n }))"),
    () => code("emit({ type: 'told', always: 'this' })"),
    () => code(`raise({ type: 'c' }, { id: ${JSON.stringify(timerOf(random, nodes))}, delay: 7 })`),
    () =>
      code("enqueueActions(({ enqueue, check }) => { if (check('third')) enqueue.raise({ type: 'b' }) })"),
  ]
  return pick(random, kinds)()
}

/** Everything that may be enqueued, in an order that context and event decide. */
function several(tag: string): string {
  return `enqueueActions(({ context, event, enqueue, check }) => {
    enqueue.assign({ n: context.n + 1 })
    if (check('even')) enqueue({ type: 'mark', params: { tag: '${tag}, even' } })
    if (check({ type: 'below', params: { limit: 12 } })) enqueue('count')
    enqueue.emit(({ context }) => ({ type: 'told', n: context.n, because: event.type }))
    if ((event.k ?? 0) > 2) enqueue.raise({ type: 'c' })
    enqueue.cancel('xstate.after.soon.m')
  })`
}

/** The id of a timer that some state may have set. */
export function timerOf(random: Random, nodes: Node[]): string {
  return `xstate.after.${pick(random, DELAYS)}.${idOf(pick(random, nodes))}`
}
