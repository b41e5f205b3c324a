import type { RetryPolicy } from '../../adapters/aws-retry.ts'

/** As many attempts as the real policy, without its waits; `waited` collects how long they would have been. */
export function quickRetries(of: Partial<RetryPolicy> = {}): RetryPolicy & { waited: number[] } {
  const waited: number[] = []
  const wait = async (ms: number) => void waited.push(ms)
  return { attempts: 8, first_ms: 50, most_ms: 2_000, random: () => 1, wait, ...of, waited }
}
