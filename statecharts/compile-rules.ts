/**
 * Where SCXML, as xstate 5 reads it, leaves a choice: who is asked first, what is left and entered, in which order.
 * Each is a function of a table that a test can put a wrong one into; the compiler calls them, not the runner.
 */
import type { AnyStateNode } from 'xstate'
import type { Heard } from './compiled.ts'

/** A transition with at most one target: what is left of xstate's definition without parallel states. */
export type Transition = { source: AnyStateNode; target: AnyStateNode | null; reenter: boolean }

/** A state that is entered; by default when nothing deeper was asked for, so that its initial actions run. */
export type Entered = { node: AnyStateNode; by_default: boolean }

export type Rules = {
  askingOrder: typeof askingOrder
  candidates: typeof candidates
  exited: typeof exited
  entered: typeof entered
  exitActions: typeof exitActions
  raise: typeof raise
  announceDone: typeof raise
  looksAgain: typeof looksAgain
}

export const RULES: Rules = {
  askingOrder,
  candidates,
  exited,
  entered,
  exitActions,
  raise,
  announceDone: raise,
  looksAgain,
}

/** The leaf before its ancestors. */
export function askingOrder(leaf: AnyStateNode): AnyStateNode[] {
  return leaf.parent ? [leaf, ...askingOrder(leaf.parent)] : [leaf]
}

/** Of one state: the descriptors that an event matches, the exact one before wildcards, long ones before short ones. */
export function candidates(node: AnyStateNode, type: string): string[] {
  const wild = [...node.transitions.keys()].filter((one) => one !== type && matches(one, type))
  wild.sort((a, b) => b.length - a.length)
  return node.transitions.has(type) ? [type, ...wild] : wild
}

/** `*` is anything; `pilot.*` is `pilot` and whatever begins with `pilot.`. */
function matches(descriptor: string, type: string): boolean {
  if (descriptor === '*') return true
  if (!descriptor.endsWith('.*')) return false
  const prefix = descriptor.slice(0, -2)
  if (prefix.split('.').includes('*')) return false
  return type === prefix || type.startsWith(`${prefix}.`)
}

/** What a transition leaves, out of a leaf and its ancestors: everything within its domain, the deepest first. */
export function exited(leaf: AnyStateNode, transition: Transition): AnyStateNode[] {
  if (!transition.target) return []
  const domain = domainOf(transition)
  return askingOrder(leaf).filter((node) => isWithin(node, domain))
}

/** What it enters, the outermost first. */
export function entered(transition: Transition): Entered[] {
  const { source, target, reenter } = transition
  if (!target) return []
  const domain = domainOf(transition)
  const above = ancestors(target).filter((node) => isWithin(node, domain))
  const all = above.reverse().map((node) => ({ node, by_default: false }))
  if (target !== source || source !== domain || reenter) all.push({ node: target, by_default: true })
  for (let node = firstInside(target); node; node = firstInside(node)) all.push({ node, by_default: true })
  return all
}

export function firstInside(node: AnyStateNode): AnyStateNode | null {
  return node.type === 'compound' ? (node.initial.target[0] as AnyStateNode) : null
}

export function exitActions(node: AnyStateNode): AnyStateNode['exit'] {
  return node.exit
}

export function raise(queue: Heard[], event: Heard): void {
  queue.push(event)
}

/** An `always` that leaves everything as it was would be taken for ever. */
export function looksAgain(touched: boolean): boolean {
  return touched
}

/** The innermost state that a transition does not leave. Null: it leaves the root too, and enters it again. */
function domainOf({ source, target, reenter }: Transition): AnyStateNode | null {
  if (target && !reenter && (target === source || isWithin(target, source))) return source
  const common = target && ancestors(target).find((node) => isWithin(source, node))
  return common ?? (reenter ? null : source.machine.root)
}

/** Properly within; everything is within nothing. */
function isWithin(node: AnyStateNode, outer: AnyStateNode | null): boolean {
  return outer === null || ancestors(node).includes(outer)
}

/** The nearest first. */
function ancestors(node: AnyStateNode): AnyStateNode[] {
  return node.parent ? askingOrder(node.parent) : []
}
