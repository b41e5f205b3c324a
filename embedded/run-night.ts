/** A night in this process: the state machine that AWS runs, over one data folder. */
import { readFileSync } from 'node:fs'
import { StateMachine } from 'aws-local-stepfunctions'
import { idempotentSteps, type NightTasks } from '../adapters/idempotent-steps.ts'
import type { SqlitePersistence } from '../adapters/sqlite-idempotency.ts'
import type { Finished } from '../workflows/finish-night.ts'
import type { NightStep } from '../workflows/night-tasks.ts'

/** What there is to show: a step begins, or a batch of so many is done. */
export type NightProgress = { step: NightStep; batches: number; done: number }

export type RunNight = {
  run: string
  day: string
  tasks: NightTasks
  /** Remembers what a step of this run has answered. */
  persistence: SqlitePersistence
  onProgress?: (progress: NightProgress) => void
  /** Waits before retries, ms, for tests; as the definition has them unless told. */
  retry_ms?: number
}

/** The night did not end well; the message says why in a line. */
export class NightFailed extends Error {}

const DEFINITION = new URL('../workflows/nightly.asl.json', import.meta.url)
/** Here each task is a function of this process; a definition names functions of AWS all the same. */
const NOT_CALLED = 'arn:aws:lambda:eu-central-1:000000000000:function:$1'
/** What a step may take; for a step of a run that nobody will ever ask for again it says nothing. */
const STEP_LIMIT_MS = 24 * 3_600_000

/** @throws NightFailed */
export async function runNight(of: RunNight): Promise<Finished> {
  const definition = JSON.parse(readFileSync(DEFINITION, 'utf8').replace(/\$\{(\w+)\}/g, NOT_CALLED))
  const step = idempotentSteps(of)
  let batches = 0
  let done = 0
  const handlers = Object.keys(of.tasks).map((name) => {
    const handler = async (input: object) => {
      of.onProgress?.({ step: name as NightStep, batches, done })
      const answer = await step(of.run, { step: name as NightStep, input }, () => STEP_LIMIT_MS)
      if (name === 'Plan') batches = (answer as { batches: unknown[] }).batches.length
      if (name === 'PlanMonths') [batches, done] = [(answer as { files: unknown[] }).files.length, 0]
      if (name === 'Publish' || name === 'PublishMonth')
        of.onProgress?.({ step: name, batches, done: ++done })
      return answer
    }
    return [name, handler]
  })
  const machine = new StateMachine(definition)
  const waits = of.retry_ms
  const execution = machine.run(
    { run: of.run, day: of.day },
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        ...(waits === undefined
          ? {}
          : {
              retryIntervalOverrides: Object.fromEntries(
                Object.keys(of.tasks).map((name) => [name, [waits, waits, waits]]),
              ),
            }),
      },
    },
  )
  try {
    return ((await execution.result) as unknown as { finished: Finished }).finished
  } catch (error) {
    throw new NightFailed(describe(error), { cause: error })
  }
}

/** The step's own words, without those of whoever passed them on. */
function describe(error: unknown): string {
  const { message, cause } = error as Error
  if (cause instanceof Error) return describe(cause)
  return (typeof cause === 'string' ? cause : message).replace(
    /^Execution has failed with the following error: /,
    '',
  )
}
