import type { Logger, TriableLog } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'

export type GatedLog = Pick<TriableLog, 'append' | 'tryRoom'> & {
  /** What each append that was let through wrote. */
  commits: NewRecord[][]
  /** Bytes of each try, of those that failed too. */
  tries: number[]
  /** Appends and tries that have begun and wait at the gate. */
  waiting(): number
  shut(): void
  open(): void
  /** Appends fail with this from now on; null lets them through again. */
  fail(error: Error | null): void
}

/** A log whose commits happen when the test says so. */
export function createGatedLog(): GatedLog {
  const commits: NewRecord[][] = []
  const tries: number[] = []
  let gate: PromiseWithResolvers<void> | null = null
  let failure: Error | null = null
  let waiting = 0
  async function pass(): Promise<void> {
    if (gate) {
      waiting++
      await gate.promise
      waiting--
    }
    if (failure) throw failure
  }
  return {
    commits,
    tries,
    append: async (records) => {
      await pass()
      commits.push([...records])
    },
    tryRoom: async (bytes) => {
      tries.push(bytes)
      await pass()
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
