/**
 * The front of both runners: compiled tables where a machine can be compiled, xstate where it cannot. Nothing else knows
 * which of them runs; both give the same, and test/statecharts holds them to it.
 */
import type { AnyStateMachine, StateValue } from 'xstate'
import { compile } from './compile.ts'
import { type Compiled, Unsupported } from './compiled.ts'
import { startCompiled, stepCompiled } from './run-compiled.ts'
import { startByXstate, stepByXstate } from './run-machine.ts'
import type { Step } from './step.ts'

type Runner = { compiled: Compiled | null; refused: string | null; slow_steps: number }

const runners = new WeakMap<AnyStateMachine, Runner>()

/** The machine's first state, with what entering it led to. */
export function startMachine(machine: AnyStateMachine): Step {
  const runner = runnerOf(machine)
  try {
    if (runner.compiled) return startCompiled(runner.compiled)
  } catch (error) {
    refuse(runner, error)
  }
  runner.slow_steps++
  return startByXstate(machine)
}

/** One event from a state given as plain data. Throws what the machine's own guards, actions and delays throw. */
export function stepMachine(
  machine: AnyStateMachine,
  value: StateValue,
  context: Step['context'],
  event: { type: string },
): Step {
  const runner = runnerOf(machine)
  try {
    const step = runner.compiled && stepCompiled(runner.compiled, value, context, event)
    if (step) return step
  } catch (error) {
    refuse(runner, error)
  }
  runner.slow_steps++
  return stepByXstate(machine, value, context, event)
}

/**
 * What to count of a machine: how many steps were run by xstate, a tenth as fast, and why. `refused` is null where
 * the machine is compiled, and xstate was asked only about a state or an event that the tables do not hold.
 */
export function slowSteps(machine: AnyStateMachine): { slow_steps: number; refused: string | null } {
  const { slow_steps, refused } = runnerOf(machine)
  return { slow_steps, refused }
}

function runnerOf(machine: AnyStateMachine): Runner {
  const known = runners.get(machine)
  if (known) return known
  const made: Runner = { compiled: null, refused: null, slow_steps: 0 }
  try {
    made.compiled = compile(machine)
  } catch (error) {
    refuse(made, error)
  }
  runners.set(machine, made)
  return made
}

/** A step is pure: one that is found out half-way is run again by xstate, from its beginning. */
function refuse(runner: Runner, error: unknown): void {
  if (!(error instanceof Unsupported)) throw error
  runner.compiled = null
  runner.refused = error.message
}
