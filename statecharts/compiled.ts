/** The tables that a machine is compiled into, and what is under way while one event is run on them. */
import type { StateValue } from 'xstate'
import type { Step } from './step.ts'

/** What the compiled runner cannot run, by name and place. */
export class Unsupported extends Error {
  override name = 'Unsupported'
}

export type Heard = { type: string }

/** What guards and actions are given. One that reaches for the actor system is found out, and its machine refused. */
export class Args {
  context: Step['context']
  event: Heard

  constructor(context: Step['context'], event: Heard) {
    this.context = context
    this.event = event
  }
  get self(): never {
    throw new Unsupported('an action that uses `self`')
  }
  get system(): never {
    throw new Unsupported('an action that uses `system`')
  }
  get spawn(): never {
    throw new Unsupported('an action that uses `spawn`')
  }
}

export type Guard = (args: Args) => unknown
export type Op = (run: Run) => void

/** One transition as seen from one leaf: what is left, done and entered is one list, and where it ends is known. */
export type Edge = {
  /** Id of the state that has the transition. */
  source: string
  guard: Guard | null
  /** As xstate says it when the guard throws; null for an inline one. */
  guard_name: string | null
  ops: readonly Op[]
  to: Leaf
}

/** A state without states in it; for a machine without parallel states that is the whole configuration. */
export type Leaf = {
  value: StateValue
  /** By exact event: every transition to be asked, in order. Every event that the machine names is in it. */
  edges: Map<string, readonly Edge[]>
  /** The same for an event that the machine does not name. */
  unnamed(type: string): readonly Edge[]
  always: readonly Edge[]
  /** Every exit action from here up to the root: what is run when the machine is done. */
  exits: readonly Op[]
  /** A final state of the root. */
  final: boolean
}

/** States by their keys, as a state value names them. A leaf is one too, without states in it. */
export type Place = { inside: Map<string, Place>; leaf: Leaf }

export type Compiled = {
  root: Place
  /** Leaves by the values that runs return, which come back one event later. */
  byValue: Map<StateValue, Leaf>
  firstContext(): Step['context']
  /** Entering the first leaf from nowhere. */
  first: { ops: readonly Op[]; to: Leaf }
  /** Whether `always` is looked at again after an `always` that changed something, or nothing. */
  looksAgain(touched: boolean): boolean
  maxIterations: number
}

/** One event on its way: its own, and gone with it. */
export type Run = {
  leaf: Leaf
  args: Args
  /** Raised events and done events that have not been heard yet. */
  queue: Heard[]
  emitted: Step['emitted']
  timers: Step['timers']
  edges: Step['edges']
  /** In this microstep something was assigned, the leaf is another, or the machine is done. */
  touched: boolean
  /** In any microstep something was touched, or an action ran. */
  changed: boolean
  done: boolean
  output: unknown
}
