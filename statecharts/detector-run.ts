/**
 * What the actions of an imported chart do. A message or a timer begins a group of rules; each rule that holds becomes
 * due, its edge is taken with its actions, and the next one is looked for; when none is left, the chart's timer is set
 * to the next of the model's. Every function gives a new context.
 */
import {
  type Detector,
  type DetectorContext,
  type DetectorEvent,
  type DetectorTimer,
  type Group,
  type Read,
  type Rule,
  readOf,
  valueAt,
} from './detector.ts'
import { evaluate, holds, plain, type Value } from './detector-values.ts'

/** The first message makes the instance: it enters the initial state, and then looks at the message there. */
export function create(detector: Detector, context: DetectorContext, event: DetectorEvent): DetectorContext {
  const key_value = detector.key && plain(valueAt(event.message, detector.key))
  const made = {
    ...told(context, event),
    key_value: key_value == null ? null : String(key_value),
    fresh: true,
  }
  return enter(detector, made, detector.initial)
}

export function hear(detector: Detector, context: DetectorContext, event: DetectorEvent): DetectorContext {
  return begin(detector, told(context, event), 'onInput')
}

function told(context: DetectorContext, { type: input, at, message }: DetectorEvent): DetectorContext {
  const inputs = { ...context.inputs, [input]: message }
  return { ...context, at, inputs, taken: [], trigger: { type: 'Message', input } }
}

/** A timer has come due: `timeout` of it is true once, and the state's rules are looked at. */
export function timeUp(
  detector: Detector,
  context: DetectorContext,
  at: number,
  timer: string,
): DetectorContext {
  const timers = withTimer(context, timer, { due_at: null, expired: true })
  return begin(detector, { ...context, at, timers, taken: [], trigger: { type: 'Timer', timer } }, 'onInput')
}

/** The edge of a rule has been taken. */
export function next(detector: Detector, context: DetectorContext): DetectorContext {
  return seek(detector, context)
}

/** A transition's own actions have been done; before it goes, its state's onExit is looked at. */
export function leave(detector: Detector, context: DetectorContext): DetectorContext {
  return begin(detector, { ...context, leaving: context.due }, 'onExit')
}

/** The name under which a transition is due once its state's onExit has been done. */
export function left(rule: string): string {
  return `${rule}, left`
}

export function enter(detector: Detector, context: DetectorContext, state: string): DetectorContext {
  return begin(detector, { ...context, state, armed: null, leaving: null }, 'onEnter')
}

function begin(detector: Detector, context: DetectorContext, name: Group): DetectorContext {
  const rules = rulesOf(detector, context, name)
  if (detector.evaluation === 'SERIAL')
    return seek(detector, { ...context, group: { name, index: -1, holding: null } })
  const seen = new Set<string>()
  const read = readOf(context, seen)
  const holding: boolean[] = []
  for (const rule of rules) {
    holding.push(holds(() => rule.holds(read)))
    // Of transitions the first one that holds is taken, and the others are not looked at.
    if (rule.next !== undefined && holding.at(-1)) break
  }
  return seek(detector, { ...withSeen(context, seen), group: { name, index: -1, holding } })
}

/** The next rule of the group that holds; where there is none, what follows the group. */
function seek(detector: Detector, context: DetectorContext): DetectorContext {
  const { group } = context
  if (!group) return context
  const rules = rulesOf(detector, context, group.name)
  const seen = new Set<string>()
  const read = readOf(context, seen)
  for (let index = group.index + 1; index < rules.length; index++) {
    const rule = rules[index] as Rule
    const holding = group.holding ? group.holding[index] : holds(() => rule.holds(read))
    if (!holding) continue
    const taken = [...context.taken, rule.rule]
    return { ...withSeen(context, seen), due: rule.rule, taken, group: { ...group, index } }
  }
  return finish(detector, withSeen(context, seen), group.name)
}

function finish(detector: Detector, context: DetectorContext, group: Group): DetectorContext {
  if (group === 'onExit' && context.leaving !== null)
    return { ...context, group: null, due: left(context.leaving) }
  if (group === 'onEnter' && context.fresh) return begin(detector, { ...context, fresh: false }, 'onInput')
  return { ...context, group: null, due: null }
}

function rulesOf(detector: Detector, context: DetectorContext, group: Group): readonly Rule[] {
  return detector.states[context.state ?? '']?.[group] ?? []
}

function withSeen(context: DetectorContext, seen: Set<string>): DetectorContext {
  if (seen.size === 0) return context
  const timers = { ...context.timers }
  for (const name of seen) timers[name] = { ...(timers[name] as DetectorTimer), expired: false }
  return { ...context, timers }
}

function evaluated<T>(context: DetectorContext, expression: (read: Read) => T): [T, DetectorContext] {
  const seen = new Set<string>()
  const value = expression(readOf(context, seen))
  return [value, withSeen(context, seen)]
}

/** A variable cannot be unset: a value that is undefined, null or invalid leaves it as it was. */
export function setVariable(
  context: DetectorContext,
  name: string,
  expression: (read: Read) => Value,
): DetectorContext {
  const [value, after] = evaluated(context, (read) => evaluate(() => expression(read)))
  return value == null ? after : { ...after, variables: { ...after.variables, [name]: value } }
}

/** Seconds are rounded down. One that is no number, or less than a second, sets nothing. */
export function setTimer(
  context: DetectorContext,
  name: string,
  expression: (read: Read) => Value,
): DetectorContext {
  const [value, after] = evaluated(context, (read) => evaluate(() => expression(read)))
  const duration_s = Math.floor(Number(plain(value ?? null) ?? Number.NaN))
  if (!(duration_s >= 1) || duration_s > Number.MAX_SAFE_INTEGER / 1000) return after
  const due_at = after.at + duration_s * 1000
  return { ...after, timers: { ...after.timers, [name]: { duration_s, due_at, expired: false } } }
}

/** From now on, as long as it was set for; a timer that was never set, or was cleared, stays so. */
export function resetTimer(context: DetectorContext, name: string): DetectorContext {
  const timer = context.timers[name]
  if (!timer) return context
  const due_at = context.at + timer.duration_s * 1000
  return { ...context, timers: withTimer(context, name, { due_at, expired: false }) }
}

export function clearTimer(context: DetectorContext, name: string): DetectorContext {
  const { [name]: _, ...timers } = context.timers
  return { ...context, timers }
}

function withTimer(context: DetectorContext, name: string, change: Partial<DetectorTimer>) {
  return {
    ...context.timers,
    [name]: { duration_s: 0, due_at: null, expired: false, ...context.timers[name], ...change },
  }
}

/** The chart's timer is set to the model's next one. */
export function arm(context: DetectorContext): DetectorContext {
  return { ...context, armed: nextTimer(context) }
}

/** Whether this timer is the next one, and the chart's timer is not set to it yet. */
export function mustWaitFor(context: DetectorContext, timer: string): boolean {
  const first = context.due === null ? nextTimer(context) : null
  return first?.timer === timer && (context.armed?.timer !== timer || context.armed.due_at !== first.due_at)
}

/** Whether no timer runs any more, and the chart's timer is still set. */
export function mustRest(context: DetectorContext): boolean {
  return context.due === null && context.armed !== null && nextTimer(context) === null
}

/** How long from now until the timer that the chart waits for comes due. */
export function waitFor(context: DetectorContext, timer: string, at: number): number {
  return Math.max(0, (context.timers[timer]?.due_at ?? at) - at)
}

/** By due time, then by name. */
function nextTimer({ timers }: DetectorContext): { timer: string; due_at: number } | null {
  let first: { timer: string; due_at: number } | null = null
  for (const timer of Object.keys(timers).sort()) {
    const due_at = timers[timer]?.due_at ?? null
    if (due_at !== null && (!first || due_at < first.due_at)) first = { timer, due_at }
  }
  return first
}
