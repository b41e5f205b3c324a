/** Metrics kept in the process: the figures of the live line, the log's summary and `/health`. */
import type { Metrics } from '../events/ports.ts'

export type Counters = Metrics & {
  counts(): Record<string, number>
  gauges(): Record<string, number>
  /** What one counter stands at, 0 when nobody has counted it. */
  total(name: string): number
}

export function createCounters(): Counters {
  const counts = new Map<string, number>()
  const gauges = new Map<string, number>()
  return {
    count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    gauge: (name, value) => void gauges.set(name, value),
    counts: () => Object.fromEntries(counts),
    gauges: () => Object.fromEntries(gauges),
    total: (name) => counts.get(name) ?? 0,
  }
}
