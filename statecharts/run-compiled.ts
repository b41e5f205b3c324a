/** One event on compiled tables: an interpreter of one configuration that does what xstate's macrostep does. */
import type { StateValue } from 'xstate'
import { isReserved } from './compile.ts'
import {
  Args,
  type Compiled,
  type Edge,
  type Heard,
  type Leaf,
  type Place,
  type Run,
  Unsupported,
} from './compiled.ts'
import type { Step } from './step.ts'

/** The first state, with what entering it led to. Throws what actions throw, and Unsupported where one is found out. */
export function startCompiled(compiled: Compiled): Step {
  const { first } = compiled
  const init = { type: 'xstate.init', input: undefined }
  const run = newRun(first.to, compiled.firstContext(), init)
  for (const op of first.ops) op(run)
  if (run.done) leave(run)
  settle(compiled, run)
  run.changed = true
  return stepOf(run)
}

/**
 * One event from a state given as plain data. Throws what guards, actions and delays throw, and Unsupported where one is
 * found out. Null for a value or an event that xstate should judge: a state it does not know, an event it reserves.
 */
export function stepCompiled(
  compiled: Compiled,
  value: StateValue,
  context: Step['context'],
  event: Heard,
): Step | null {
  const leaf = compiled.byValue.get(value) ?? leafAt(compiled.root, value)
  if (!leaf) return null
  let edges = leaf.edges.get(event.type)
  if (!edges) {
    if (isReserved(event.type)) return null
    edges = leaf.unnamed(event.type)
  }
  const run = newRun(leaf, context, event)
  const edge = heardBy(edges, run)
  if (edge) take(run, edge)
  settle(compiled, run)
  return stepOf(run)
}

/** The leaf that a value names; a compound state stands for its first. */
function leafAt(place: Place, value: StateValue): Leaf | null {
  if (typeof value === 'string') return place.inside.get(value)?.leaf ?? null
  const [key, ...others] = Object.keys(value)
  if (key === undefined) return place.leaf
  const inside = place.inside.get(key)
  const inner = value[key]
  return inside && inner !== undefined && others.length === 0 ? leafAt(inside, inner) : null
}

function newRun(leaf: Leaf, context: Step['context'], event: Heard): Run {
  return {
    leaf,
    args: new Args(context, event),
    queue: [],
    emitted: [],
    timers: [],
    edges: null,
    touched: false,
    changed: false,
    done: leaf.final,
    output: undefined,
  }
}

/** The first whose guard agrees. */
function heardBy(edges: readonly Edge[], run: Run): Edge | null {
  for (const edge of edges) if (edge.guard === null || agrees(edge, run)) return edge
  return null
}

function agrees(edge: Edge, run: Run): boolean {
  try {
    return Boolean(edge.guard?.(run.args))
  } catch (error) {
    if (error instanceof Unsupported) throw error
    throw new Error(guardFell(edge, run.args.event.type, error as Error))
  }
}

function eventless(run: Run): Edge | null {
  for (const edge of run.leaf.always) if (edge.guard === null || edge.guard(run.args)) return edge
  return null
}

/** A microstep. */
function take(run: Run, { ops, to }: Edge): void {
  run.touched = false
  for (const op of ops) op(run)
  if (to !== run.leaf) {
    run.leaf = to
    run.touched = true
  }
  if (run.done) leave(run)
  if (run.touched) run.changed = true
}

/** A machine that is done leaves every state it is in, and stays there. */
function leave(run: Run): void {
  for (const op of run.leaf.exits) op(run)
}

/** Until nothing is left to be heard: first what needs no event, then what was raised, one at a time. */
function settle(compiled: Compiled, run: Run): void {
  let heard = 0
  let looks = true
  for (let iterations = 1; !run.done; iterations++) {
    if (iterations > compiled.maxIterations) throw endless(compiled.maxIterations)
    const silent = looks ? eventless(run) : null
    if (silent) {
      take(run, silent)
      looks = compiled.looksAgain(run.touched)
      continue
    }
    const event = run.queue[heard++]
    if (event === undefined) return
    run.args = new Args(run.args.context, event)
    const edge = heardBy(run.leaf.edges.get(event.type) ?? run.leaf.unnamed(event.type), run)
    if (edge) take(run, edge)
    looks = true
  }
}

function stepOf({ leaf, args, changed, done, output, emitted, timers, edges }: Run): Step {
  const status = done ? 'done' : 'active'
  return { value: leaf.value, context: args.context, changed, status, output, emitted, timers, edges }
}

/** In xstate's words. */
function guardFell({ guard_name, source }: Edge, type: string, { message }: Error): string {
  const named = guard_name ? `'${guard_name}' ` : ''
  return `Unable to evaluate guard ${named}in transition for event '${type}' in state node '${source}':\n${message}`
}

/** In xstate's words. */
function endless(most: number): Error {
  return new Error(
    `Infinite loop detected: the machine has processed more than ${most} microsteps without reaching a stable state. This usually happens when there's a cycle of transitions (e.g., eventless transitions or raised events causing state A -> B -> C -> A).`,
  )
}
