/** One event run by xstate and from the tables: what each says, in full, and whether it is the same. */
import { isDeepStrictEqual } from 'node:util'
import type { AnyStateMachine, StateValue } from 'xstate'
import type { Compiled } from '../../statecharts/compiled.ts'
import { startCompiled, stepCompiled } from '../../statecharts/run-compiled.ts'
import { startByXstate, stepByXstate } from '../../statecharts/run-machine.ts'
import type { Step } from '../../statecharts/step.ts'

export type Said = { step: Step } | { error: string }
/** `compiled` is null where the tables leave the event to xstate. */
export type Both = { xstate: Said; compiled: Said | null }

export function startBoth(machine: AnyStateMachine, compiled: Compiled): Both {
  return { xstate: said(() => startByXstate(machine)), compiled: said(() => startCompiled(compiled)) }
}

export function stepBoth(
  machine: AnyStateMachine,
  compiled: Compiled,
  value: StateValue,
  context: Step['context'],
  event: { type: string },
): Both {
  return {
    xstate: said(() => stepByXstate(machine, value, context, event)),
    compiled: saidIfAny(() => stepCompiled(compiled, value, context, event)),
  }
}

/** In everything: also in the order of a context's fields, which is what a store keeps. */
export function agree({ xstate, compiled }: Both): boolean {
  if (compiled === null) return true
  if (!isDeepStrictEqual(xstate, compiled)) return false
  return JSON.stringify(xstate) === JSON.stringify(compiled)
}

function said(run: () => Step): Said {
  try {
    return { step: run() }
  } catch (error) {
    return { error: String(error) }
  }
}

function saidIfAny(run: () => Step | null): Said | null {
  let nothing = false
  const all = said(() => {
    const step = run()
    nothing = step === null
    return step as Step
  })
  return nothing ? null : all
}
