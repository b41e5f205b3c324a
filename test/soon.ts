/** Waiting in tests and measurements: for what will come, and long enough for a machine that is busy with other things. */
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 60_000
const BETWEEN_MS = 20

/** Resolves once `check` no longer throws; rejects with what it last threw. */
export async function soon<T>(check: () => T | Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > until) throw error
      await sleep(BETWEEN_MS)
    }
  }
}
