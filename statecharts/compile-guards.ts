/** A guard as it stands in a machine (a name, a name with parameters, `and`, `or`, `not`) → a function. */
import { type AnyStateMachine, and, not, or } from 'xstate'
import { type Args, type Guard, Unsupported } from './compiled.ts'

type Named = { type: string; params?: unknown }
type Check = (...all: unknown[]) => unknown
type Implementation = ((args: Args, params: unknown) => unknown) & { check?: Check; guards?: unknown[] }
type Params = (args: Args) => unknown

/** xstate marks what its combinators return with a function of their own; these are those. */
const AND = checkOf(and([]))
const OR = checkOf(or([]))
const NOT = checkOf(not(() => true))

/** Throws Unsupported for `stateIn` and what else asks for more than context and event. */
export function compileGuard(machine: AnyStateMachine, guard: unknown, place: string): Guard {
  const implementation = implementationOf(machine, guard)
  if (implementation === undefined) return notImplemented(nameOf(guard))
  if (typeof implementation !== 'function') return compileGuard(machine, implementation, place)
  const written = implementation as Implementation
  if (written.check) return compileCombined(machine, written, place)
  const params = paramsOf(guard)
  return params ? (args) => written(args, params(args)) : (args) => written(args, undefined)
}

/** The parameters of a named guard or action; null where it can have none. */
export function paramsOf(named: unknown): Params | null {
  if (typeof named !== 'object' || named === null || !('params' in named)) return null
  const { params } = named
  if (typeof params !== 'function') return () => params
  return ({ context, event }) => params({ context, event })
}

/** The name that an implementation is looked up by. */
export function nameOf(named: unknown): string {
  return typeof named === 'string' ? named : (named as Named).type
}

/** What `and`, `or` and `not` were given; null for any other guard. */
export function combinedGuard(guard: unknown): { kind: 'and' | 'or' | 'not'; guards: unknown[] } | null {
  if (typeof guard !== 'function') return null
  const { check, guards = [] } = guard as Implementation
  if (check === undefined) return null
  const kind = check === AND ? 'and' : check === OR ? 'or' : check === NOT ? 'not' : null
  return kind && { kind, guards }
}

function compileCombined(machine: AnyStateMachine, combined: Implementation, place: string): Guard {
  const guards = (combined.guards ?? []).map((guard) => compileGuard(machine, guard, place))
  switch (combinedGuard(combined)?.kind) {
    case 'and':
      return (args) => guards.every((guard) => guard(args))
    case 'or':
      return (args) => guards.some((guard) => guard(args))
    case 'not':
      return (args) => !guards[0]?.(args)
    default:
      throw new Unsupported(`guard ${combined.name} of ${place}`)
  }
}

function implementationOf(machine: AnyStateMachine, guard: unknown): unknown {
  return typeof guard === 'function' ? guard : machine.implementations.guards[nameOf(guard)]
}

/** Missing ones fall over only when they are asked, as in xstate. */
function notImplemented(name: string): Guard {
  return () => {
    throw new Error(`Guard '${name}' is not implemented.'.`)
  }
}

function checkOf(guard: unknown): Check | undefined {
  return (guard as Implementation).check
}
