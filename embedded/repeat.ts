/** The process's own timetable. */
import type { Logger } from '../events/ports.ts'
import { describeTrouble, isOwnBug } from './own-bug.ts'

export type Repeating = {
  /** Resolves when the run under way, if any, has ended. */
  stop(): Promise<void>
}

/**
 * Runs `task` every so often, never twice at a time; a run that is due while one is under way is left out.
 * What fails is logged under `name` and comes round again; our own bug goes to `onFatal`.
 */
export function repeat(of: {
  name: string
  every_ms: number
  task: () => Promise<unknown>
  logger: Logger
  onFatal: (error: Error) => void
}): Repeating {
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    try {
      await of.task()
    } catch (error) {
      if (isOwnBug(error)) {
        of.logger.error(`a bug stopped the ${of.name}`, describeTrouble(error))
        of.onFatal(error)
      } else of.logger.warn(`the ${of.name} failed, it comes round again`, describeTrouble(error))
    }
    running = null
  }

  const timer = setInterval(() => {
    running ??= run()
  }, of.every_ms)
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}
