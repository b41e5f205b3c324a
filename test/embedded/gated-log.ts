import type { EventLog, Logger } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'

export type GatedLog = Pick<EventLog, 'append'> & {
  /** What each append that was let through wrote. */
  commits: NewRecord[][]
  /** Appends that have begun and wait at the gate. */
  waiting(): number
  shut(): void
  open(): void
  /** Appends fail with this from now on; null lets them through again. */
  fail(error: Error | null): void
}

/** A log whose commits happen when the test says so. */
export function createGatedLog(): GatedLog {
  const commits: NewRecord[][] = []
  let gate: PromiseWithResolvers<void> | null = null
  let failure: Error | null = null
  let waiting = 0
  return {
    commits,
    append: async (records) => {
      if (gate) {
        waiting++
        await gate.promise
        waiting--
      }
      if (failure) throw failure
      commits.push([...records])
    },
    waiting: () => waiting,
    shut: () => {
      gate ??= Promise.withResolvers<void>()
    },
    open: () => {
      gate?.resolve()
      gate = null
    },
    fail: (error) => {
      failure = error
    },
  }
}

export type LogLine = { level: keyof Logger; message: string; fields: Record<string, unknown> }

/** A logger that keeps what it was told. */
export function createKeptLogger(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = []
  const keep =
    (level: keyof Logger) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, message, fields })
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') }
}
