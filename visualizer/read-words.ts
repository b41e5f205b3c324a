/** Guards, actions and delays as they stand in a machine → what they are called and what they do. Nothing is run. */
import type { Chart } from '../statecharts/chart.ts'
import { combinedGuard } from '../statecharts/compile-guards.ts'
import { timerName } from '../statecharts/step.ts'
import type { GraphAction, GraphGuard, Implementation } from './graph.ts'

export type Machine = Chart['machine']
type Fields = Record<string, unknown>
type Named = { type: string; params?: unknown }
/** What xstate's `assign`, `emit`, `raise` and `cancel` return: a function with what it was given. */
type Built = {
  type?: string
  assignment?: unknown
  event?: unknown
  collect?: unknown
  id?: unknown
  delay?: unknown
  sendId?: unknown
}

export function readGuard(machine: Machine, guard: unknown): GraphGuard | null {
  if (guard === undefined || guard === null) return null
  const combined = combinedGuard(guard)
  if (combined) {
    const parts = combined.guards.map((one) => readGuard(machine, one))
    const texts = parts.map((part) => part?.text ?? '')
    const text = combined.kind === 'not' ? `not ${texts[0]}` : `(${texts.join(` ${combined.kind} `)})`
    const names = [...new Set(parts.flatMap((part) => part?.names ?? []))]
    return { name: text, params: null, inline: parts.some((part) => part?.inline), text, names }
  }
  if (typeof guard === 'function')
    return { name: 'function', params: null, inline: true, text: codeOf(guard), names: [] }
  const name = nameOf(guard)
  const params = paramsOf(guard)
  const text = params ? `${name} ${JSON.stringify(params)}` : name
  return { name, params, inline: false, text, names: [name] }
}

/** Without the raise and the cancel that an `after` puts among a state's own actions. */
export function readActions(machine: Machine, actions: readonly unknown[]): GraphAction[] {
  return actions.filter((action) => afterTimer(action) === null).map((action) => readAction(machine, action))
}

function readAction(machine: Machine, action: unknown): GraphAction {
  const inline = typeof action === 'function'
  const found = inline ? action : machine.implementations.actions[nameOf(action)]
  const built = (found ?? {}) as Built
  const kind = found ? kindOf(built) : 'missing'
  const params = inline ? null : paramsOf(action)
  return {
    name: inline ? `(${kind})` : nameOf(action),
    params,
    kind,
    event: kind === 'emit' || kind === 'raise' ? eventOf(built.event) : null,
    delay: kind === 'raise' ? ((built.delay as string | number | undefined) ?? null) : null,
    inline,
  }
}

/** Delays of the timers that these entry actions of a state set. */
export function readTimers(entry: readonly unknown[]): (string | number)[] {
  return entry
    .filter((action) => afterTimer(action) !== null)
    .map((action) => (action as Built).delay as string)
}

function afterTimer(action: unknown): string | null {
  if (typeof action !== 'function') return null
  const { type, id, sendId } = action as Built
  if (type !== 'xstate.raise' && type !== 'xstate.cancel') return null
  const of = type === 'xstate.raise' ? id : sendId
  return typeof of === 'string' ? timerName(of) : null
}

export function readImplementations(all: Fields | undefined): Record<string, Implementation> {
  return Object.fromEntries(Object.entries(all ?? {}).map(([name, one]) => [name, readImplementation(one)]))
}

function readImplementation(one: unknown): Implementation {
  const value_ms = typeof one === 'number' ? one : null
  if (typeof one !== 'function') return { kind: typeof one, code: String(one), value_ms, sets: [] }
  const built = one as unknown as Built
  const { assignment } = built
  const inside = assignment ?? built.event ?? built.collect ?? one
  const sets =
    assignment === undefined ? [] : typeof assignment === 'object' ? Object.keys(assignment as Fields) : null
  return { kind: kindOf(built), code: codeOf(inside), value_ms, sets }
}

function kindOf({ type }: Built): string {
  return typeof type === 'string' && type.startsWith('xstate.') ? type.slice('xstate.'.length) : 'function'
}

/** By its text, where it is computed: `emit(() => ({ type: 'session_start', … }))`. */
function eventOf(event: unknown): string | null {
  if (typeof event === 'string') return event
  if (typeof event === 'object' && event !== null) return (event as Named).type ?? null
  return /\btype:\s*(['"`])([\w.-]+)\1/.exec(String(event))?.[2] ?? null
}

/** Text without what formatters and type strippers change. */
function codeOf(one: unknown): string {
  const text = typeof one === 'object' && one !== null ? fieldsCode(one as Fields) : String(one)
  return text.replace(/\s+/g, '').replace(/,(?=[)\]}])/g, '')
}

function fieldsCode(fields: Fields): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `${name}: ${typeof value === 'function' ? String(value) : JSON.stringify(value)}`,
  )
  return `{ ${parts.join(', ')} }`
}

function nameOf(named: unknown): string {
  return typeof named === 'string' ? named : (named as Named).type
}

function paramsOf(named: unknown): Fields | null {
  const params = typeof named === 'object' && named !== null ? (named as Named).params : undefined
  if (params === undefined) return null
  return typeof params === 'function' ? { computed: codeOf(params) } : (params as Fields)
}
