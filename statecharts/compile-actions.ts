/** An action as it stands in a machine → a function that does its work on the run under way. */
import type { AnyStateMachine } from 'xstate'
import { compileGuard, nameOf, paramsOf } from './compile-guards.ts'
import type { Rules } from './compile-rules.ts'
import { Args, type Heard, type Op, Unsupported } from './compiled.ts'
import { contextMerger } from './merge-context.ts'
import { timerName } from './step.ts'

/** What an expression in an action is given, beside the context and the event. */
type Expression<T> = T | ((args: Args, params: unknown) => T)
type Fields = Record<string, unknown>
type Assignment = Record<string, Expression<unknown>> | ((args: Args, params: unknown) => Fields)
type Built = {
  type: string
  assignment: Assignment
  event: Expression<Heard>
  id?: string
  delay?: Expression<unknown>
  sendId: unknown
  collect: (args: object, params: unknown) => void
}
type Params = (args: Args) => unknown

/** Of one machine, under one set of rules. */
export type ActionCompiler = (action: unknown, place: string) => Op

/** Throws Unsupported for actions that reach for actors, and for delays other than those of `after`. */
export function actionCompiler(machine: AnyStateMachine, rules: Rules): ActionCompiler {
  const known = new Map<unknown, Op>()
  return (action, place) => {
    const op = known.get(action) ?? compileAction({ machine, rules, place }, action)
    known.set(action, op)
    return op
  }
}

type Where = { machine: AnyStateMachine; rules: Rules; place: string }

const none = () => undefined

function compileAction(where: Where, action: unknown): Op {
  const inline = typeof action === 'function'
  const found = inline ? action : where.machine.implementations.actions[nameOf(action)]
  const params = (inline ? null : paramsOf(action)) ?? none
  if (!found || !('resolve' in found)) return tellNobody(params)
  const built = found as unknown as Built
  switch (built.type) {
    case 'xstate.assign':
      return assigning(built.assignment, params)
    case 'xstate.emit':
      return emitting(built.event, params)
    case 'xstate.raise':
      return raising(where, built, params)
    case 'xstate.cancel':
      return cancelling(where, built.sendId)
    case 'xstate.enqueueActions':
      return enqueueing(where, built.collect, params)
    default:
      throw new Unsupported(`action ${built.type} of ${where.place}`)
  }
}

/** A plain function is for an interpreter to run; charts have none, but xstate reports it, and so it counts. */
function tellNobody(params: Params): Op {
  return (run) => {
    params(run.args)
    run.changed = true
  }
}

function assigning(assignment: Assignment, params: Params): Op {
  const merge = contextMerger()
  const update = typeof assignment === 'function' ? assignment : fieldByField(assignment)
  return (run) => {
    const { args } = run
    run.args = new Args(merge(args.context, update(args, params(args))), args.event)
    run.touched = true
  }
}

function fieldByField(assignment: Record<string, Expression<unknown>>) {
  const fields = Object.entries(assignment)
  return (args: Args, params: unknown): Fields => {
    const update: Fields = {}
    for (const [name, value] of fields) update[name] = resultOf(value, args, params)
    return update
  }
}

function emitting(event: Expression<Heard>, params: Params): Op {
  return (run) => {
    const emitted = resultOf(event, run.args, params(run.args))
    if (emitted) run.emitted.push(emitted)
    run.changed = true
  }
}

/** `after` is a raise with a delay, an id and an event of that id; no other delay has a name in a chart's state. */
function raising({ machine, rules, place }: Where, { event, id, delay }: Built, params: Params): Op {
  if (typeof event === 'string') throw new Unsupported(`raise of a string in ${place}`)
  if (delay === undefined)
    return (run) => {
      rules.raise(run.queue, resultOf(event, run.args, params(run.args)))
      run.changed = true
    }
  const set = timerName(id ?? '')
  if (set === null) throw new Unsupported(`delayed raise outside \`after\` in ${place}`)
  const length = typeof delay === 'string' ? machine.implementations.delays[delay] : delay
  return (run) => {
    const given = params(run.args)
    const raised = resultOf(event, run.args, given)
    const delay_ms = resultOf(length as Expression<unknown>, run.args, given)
    // A delay without a length is none: xstate raises its event at once.
    if (typeof delay_ms !== 'number') rules.raise(run.queue, raised)
    if (delay_ms !== undefined) run.timers.push({ set, delay_ms: delay_ms as number })
    run.changed = true
  }
}

function cancelling({ place }: Where, sendId: unknown): Op {
  const cancel = typeof sendId === 'string' ? timerName(sendId) : null
  if (cancel === null) throw new Unsupported(`cancel of other than an \`after\` in ${place}`)
  return (run) => {
    run.timers.push({ cancel })
    run.changed = true
  }
}

/** What is enqueued is compiled when it comes, and run once all of it is known. */
function enqueueing(where: Where, collect: Built['collect'], params: Params): Op {
  return (run) => {
    const ops: Op[] = []
    const { args } = run
    const add = (op: Op) => void ops.push(op)
    const refuse = (what: string) => () => {
      throw new Unsupported(`action ${what} of ${where.place}`)
    }
    const enqueue = Object.assign((action: unknown) => add(compileAction(where, action)), {
      assign: (assignment: Assignment) => add(assigning(assignment, none)),
      raise: (event: Built['event'], options?: Pick<Built, 'id' | 'delay'>) =>
        add(raising(where, { ...options, event } as Built, none)),
      emit: (event: Built['event']) => add(emitting(event, none)),
      cancel: (sendId: unknown) => add(cancelling(where, sendId)),
      sendTo: refuse('enqueue.sendTo'),
      sendParent: refuse('enqueue.sendParent'),
      spawnChild: refuse('enqueue.spawnChild'),
      stopChild: refuse('enqueue.stopChild'),
    })
    const check = (guard: unknown) => compileGuard(where.machine, guard, where.place)(args)
    const given = Object.assign(new Args(args.context, args.event), { enqueue, check })
    collect(given, params(args))
    for (const op of ops) op(run)
  }
}

function resultOf<T>(expression: Expression<T>, args: Args, params: unknown): T {
  return typeof expression === 'function'
    ? (expression as (args: Args, params: unknown) => T)(args, params)
    : expression
}
