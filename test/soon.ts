/** Waiting in tests: for what will come, and long enough for a machine that is busy with other things. */
import { vi } from 'vitest'

const PATIENCE_MS = 60_000

/** Resolves once `check` no longer throws; rejects with what it last threw. */
export function soon<T>(check: () => T | Promise<T>, options: { timeout?: number; interval?: number } = {}) {
  return vi.waitFor(check, { interval: 20, ...options, timeout: PATIENCE_MS })
}
