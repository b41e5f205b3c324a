/** The one file that runs xstate machines, and the authority on what they do. Everything else sees plain data. */
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type StateValue,
} from 'xstate'
import { edgesOf } from './chart-edges.ts'
import { type Step, timerName } from './step.ts'

type Action = { type: string; params?: unknown }
type Runner = {
  scope: AnyActorScope
  actions: Action[]
  /** Those of the step under way that lead somewhere. */
  edges: string[]
  snapshots: Map<string, AnyMachineSnapshot>
}

const runners = new WeakMap<AnyStateMachine, Runner>()

/** The machine's first state, with what entering it led to. */
export function startByXstate(machine: AnyStateMachine): Step {
  const runner = runnerOf(machine)
  begin(runner)
  const snapshot = machine.getInitialSnapshot(runner.scope, undefined)
  throwError(snapshot)
  return stepOf(snapshot, true, runner)
}

/** One event from a state given as plain data. Throws what the machine's own guards, actions and delays throw. */
export function stepByXstate(
  machine: AnyStateMachine,
  value: StateValue,
  context: Record<string, unknown>,
  event: { type: string },
): Step {
  const runner = runnerOf(machine)
  const before = restore(machine, runner, value, context)
  begin(runner)
  const after = machine.transition(before, event, runner.scope)
  throwError(after)
  // A state that only re-enters itself keeps its snapshot, but not its timers.
  return stepOf(after, after !== before || runner.actions.length > 0, runner)
}

function begin(runner: Runner): void {
  runner.actions.length = 0
  runner.edges.length = 0
}

/** `transition()` makes an actor system for every call; one inert scope a machine is a quarter of the cost. */
function runnerOf(machine: AnyStateMachine): Runner {
  const known = runners.get(machine)
  if (known) return known
  const actions: Action[] = []
  const edges: string[] = []
  const self = createActor(machine, {
    inspect: (told) => {
      if (told.type !== '@xstate.microstep') return
      for (const one of told._transitions) {
        const edge = edgesOf(machine).get(one)
        if (edge?.moves) edges.push(edge.id)
      }
    },
  })
  const scope = {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: () => undefined,
    defer: () => undefined,
    emit: () => undefined,
    stopChild: () => undefined,
    actionExecutor: (action: Action) => void actions.push(action),
  } as unknown as AnyActorScope
  const made: Runner = { scope, actions, edges, snapshots: new Map() }
  runners.set(machine, made)
  return made
}

/** Snapshots differ only in state value and context, so one of each value is resolved and given its context. */
function restore(
  machine: AnyStateMachine,
  runner: Runner,
  value: StateValue,
  context: Record<string, unknown>,
): AnyMachineSnapshot {
  const key = typeof value === 'string' ? value : JSON.stringify(value)
  let resolved = runner.snapshots.get(key)
  if (!resolved) {
    resolved = machine.resolveState({ value, context }) as AnyMachineSnapshot
    runner.snapshots.set(key, resolved)
  }
  return Object.assign(Object.create(Object.getPrototypeOf(resolved)), resolved, { context })
}

function stepOf(snapshot: AnyMachineSnapshot, changed: boolean, { actions, edges }: Runner): Step {
  const { value, context, output } = snapshot
  const status = snapshot.status === 'done' ? 'done' : 'active'
  const step: Step = {
    value,
    context,
    changed,
    status,
    output,
    emitted: [],
    timers: [],
    edges: edges.length > 0 ? [...edges] : null,
  }
  for (const action of actions) {
    const params = action.params as { event?: { type: string }; id?: string; delay?: number; sendId?: string }
    if (action.type === 'xstate.emit' && params.event) step.emitted.push(params.event)
    else if (action.type === 'xstate.cancel') step.timers.push({ cancel: timerOf(params.sendId) })
    else if (action.type === 'xstate.raise' && params.delay !== undefined)
      step.timers.push({ set: timerOf(params.id), delay_ms: params.delay })
  }
  return step
}

function timerOf(id = ''): string {
  const name = timerName(id)
  if (name === null) throw new Error(`a chart set the timer "${id}" by other means than a named \`after\``)
  return name
}

function throwError(snapshot: AnyMachineSnapshot): void {
  if (snapshot.status === 'error') throw snapshot.error
}
