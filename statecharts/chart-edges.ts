/** The edges of a machine under the names that everybody has for them: drawings, tests that walk them, and what counts them. */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { timerName } from './step.ts'

export type Trigger =
  | { kind: 'event'; event: string }
  | { kind: 'after'; delay: string | number }
  | { kind: 'always' }
  | { kind: 'done' }

export type ChartEdge = {
  /** `session / pilot.B / 2`: source, trigger, and which of those asked for it; unique, and the same as long as these are. */
  id: string
  /** Path of the state, '' for the whole machine. */
  source: string
  /** Null: nothing is left or entered. */
  target: string | null
  trigger: Trigger
  /** Place among those of its source and trigger, from 1, and how many these are. */
  nth: number
  of: number
  /**
   * It leads out of its state or into another, as an arrow does. One that does not is a line in its state's box; readings
   * of a state that goes on take such by the thousand, and nobody counts them.
   */
  moves: boolean
}

/** xstate's own definition of a transition, as far as an edge is made of it. */
export type EdgeDefinition = {
  source: AnyStateNode
  target?: readonly AnyStateNode[] | undefined
  guard?: unknown
  actions: readonly unknown[]
  reenter: boolean
  delay?: string | number
}

const known = new WeakMap<AnyStateMachine, ReadonlyMap<unknown, ChartEdge>>()

/** Every edge by the machine's own definition of it, in the order of the source. */
export function edgesOf(machine: AnyStateMachine): ReadonlyMap<unknown, ChartEdge> {
  const found =
    known.get(machine) ?? new Map(nodesOf(machine.root).flatMap((node) => edgesFrom(machine, node)))
  known.set(machine, found)
  return found
}

/** The state and every state in it. */
export function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(nodesOf)]
}

/** Keys from the outside in, joined by dots; '' is the whole machine. */
export function pathOf(node: AnyStateNode): string {
  return node.path.join('.')
}

/** `pilot.B`, `after silence`, `always`, `done`. */
export function triggerText(trigger: Trigger): string {
  if (trigger.kind === 'event') return trigger.event
  return trigger.kind === 'after' ? `after ${trigger.delay}` : trigger.kind
}

function edgesFrom(machine: AnyStateMachine, node: AnyStateNode): [EdgeDefinition, ChartEdge][] {
  const heard = [...(node.transitions as unknown as Map<string, EdgeDefinition[]>)]
  const named = heard.map(([type, all]) => ({ trigger: triggerOf(type, all, node), all }))
  const always = { trigger: { kind: 'always' } as const, all: (node.always ?? []) as EdgeDefinition[] }
  return [...named, always].flatMap(({ trigger, all }) =>
    all.map((one, n): [EdgeDefinition, ChartEdge] => [
      one,
      edgeOf(machine, one, trigger, [n + 1, all.length]),
    ]),
  )
}

function edgeOf(
  machine: AnyStateMachine,
  { source: node, target: targets }: EdgeDefinition,
  trigger: Trigger,
  [nth, of]: [number, number],
): ChartEdge {
  const source = pathOf(node)
  const name = `${source || machine.id} / ${triggerText(trigger)}`
  const target = targets?.[0] ? pathOf(targets[0]) : null
  const id = of === 1 ? name : `${name} / ${nth}`
  return { id, source, target, trigger, nth, of, moves: target !== null && target !== source }
}

/** A state's own timer and its own end have words; those of others are events like any other. */
function triggerOf(type: string, [first]: EdgeDefinition[], node: AnyStateNode): Trigger {
  const timer = timerName(type)
  if (timer !== null && first?.delay !== undefined) return { kind: 'after', delay: first.delay }
  return type === `xstate.done.state.${node.id}` ? { kind: 'done' } : { kind: 'event', event: type }
}
