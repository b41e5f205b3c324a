/** An imported detector model at work: what its chart remembers, and what its expressions may ask of that. */
import type { Value } from './detector-values.ts'

/** An event of the model: an edge of its chart, taken when it is due. */
export type Rule = {
  /** Unique in the model: `State.onEnter.event`, `State.onInput.event`, `State.onExit.event`. */
  rule: string
  event: string
  holds(read: Read): Value
  /** The state that it leads to; a rule without one stays. */
  next?: string
}

export type Group = 'onEnter' | 'onInput' | 'onExit'

/** The model without its actions, which are the chart's. */
export type Detector = {
  model: string
  /** Where in a message the instance is named; null for a model with one instance. */
  key: readonly string[] | null
  /** BATCH: a group's conditions are all looked at before any of its actions. SERIAL: one after the other. */
  evaluation: 'BATCH' | 'SERIAL'
  initial: string
  states: Record<string, Record<Group, readonly Rule[]>>
  /** What the model says about itself that no chart runs by: its description, its role, its tags. */
  about: Record<string, unknown>
}

/** An input of the model, or a timer of it (then there is no message). */
export type DetectorEvent = { type: string; at: number; message?: unknown }

export type DetectorTimer = {
  duration_s: number
  /** null: it has come due, or runs no more. */
  due_at: number | null
  /** It has come due and no `timeout` has seen it. */
  expired: boolean
}

export type Trigger = { type: 'Message'; input: string } | { type: 'Timer'; timer: string }

export type DetectorContext = {
  /** The state of the model that it is in; null before the first message. */
  state: string | null
  at: number
  trigger: Trigger | null
  key_value: string | null
  /** The last message of each input, whole. */
  inputs: Record<string, unknown>
  variables: Record<string, Value>
  timers: Record<string, DetectorTimer>
  /** The chart's own timer: the next of `timers` when it was armed. */
  armed: { timer: string; due_at: number } | null
  /** The rule whose edge is taken next; null when all is done. */
  due: string | null
  /** How far the group under way has come. `holding` is what BATCH has found at its beginning. */
  group: { name: Group; index: number; holding: boolean[] | null } | null
  /** The transition that waits for its state's onExit. */
  leaving: string | null
  /** The rules that the last message or timer made hold, in the order in which they were taken. */
  taken: string[]
  /** Just made: the first message is looked at by onInput too. */
  fresh: boolean
}

/** What expressions ask. */
export type Read = {
  variable(name: string): Value
  input(name: string, ...path: (string | number)[]): Value
  /** True once for each time that the timer comes due. */
  timeout(timer: Value): boolean
  currentInput(input: Value): boolean
  triggerType(type: Value): boolean
}

export function newDetectorContext(): DetectorContext {
  return {
    state: null,
    at: 0,
    trigger: null,
    key_value: null,
    inputs: {},
    variables: {},
    timers: {},
    armed: null,
    due: null,
    group: null,
    leaving: null,
    taken: [],
    fresh: false,
  }
}

/** Reads of a context. The timers whose coming due has been seen are put into `seen`, and are seen once. */
export function readOf(context: DetectorContext, seen: Set<string>): Read {
  const { trigger } = context
  return {
    variable: (name) => (Object.hasOwn(context.variables, name) ? context.variables[name] : undefined),
    input: (name, ...path) => valueAt(context.inputs, [name, ...path]),
    timeout: (timer) => {
      const name = String(timer)
      if (!context.timers[name]?.expired || seen.has(name)) return false
      seen.add(name)
      return true
    },
    currentInput: (input) => trigger?.type === 'Message' && trigger.input === input,
    triggerType: (type) => String(type).toLowerCase() === trigger?.type.toLowerCase(),
  }
}

export function valueAt(from: unknown, path: readonly (string | number)[]): Value {
  let value = from
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value as Value
}
