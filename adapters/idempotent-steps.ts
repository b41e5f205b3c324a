/** Steps of a night that answer what they answered before: Powertools' idempotency over whatever a home keeps it in. */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence'
import type { NightStep } from '../workflows/night-tasks.ts'

export type NightTasks = Record<NightStep, (input: never) => Promise<object>>
export type StepCall = { step: NightStep; input: object }

/** As long as a night may take, its retries included. */
const REMEMBERED_S = 12 * 3_600

/**
 * A step by run, name and input. One that is under way is not begun a second time before `remaining_ms` of its first
 * beginning are over: whoever began it is gone by then.
 */
export function idempotentSteps(of: {
  tasks: NightTasks
  persistence: BasePersistenceLayer
}): (run: string, call: StepCall, remaining_ms: () => number) => Promise<object> {
  const config = new IdempotencyConfig({ expiresAfterSeconds: REMEMBERED_S })
  const perform = ({ step, input }: StepCall): Promise<object> => of.tasks[step](input as never)
  return (run, call, remaining_ms) => {
    config.registerLambdaContext({ getRemainingTimeInMillis: remaining_ms } as Parameters<
      IdempotencyConfig['registerLambdaContext']
    >[0])
    const options = { persistenceStore: of.persistence, config, keyPrefix: run }
    const once = makeIdempotent(perform as never, options) as unknown as typeof perform
    return once(call)
  }
}
