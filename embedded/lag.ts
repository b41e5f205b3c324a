/** How far the consumer is behind the front door: in records, and in how long the oldest of them has been waiting. */

export type LagMeter = {
  appended(records: number): void
  /** Everything up to the nth record of the log has been processed. */
  processedTo(nth: number): void
  records(): number
  /** 0 when nothing waits. Of the backlog found at start only the time since then is known. */
  seconds(): number
  /** A place in the log: everything that has been appended so far. */
  mark(): number
  hasProcessed(mark: number): boolean
}

/** Appends within this time count as one, so that the meter's memory follows the lag's seconds, not its records. */
const GRAIN_MS = 100

/** `monotonic_ms` never goes back; `at_start` says how many records the log had taken, and how many were processed. */
export function createLagMeter(
  monotonic_ms: () => number,
  at_start: { appended: number; processed: number },
): LagMeter {
  let { appended, processed } = at_start
  /** Stretches of the log not yet processed: where each ends, and when its first record came. */
  const stretches = appended > processed ? [{ end: appended, since: monotonic_ms() }] : []

  return {
    appended: (records) => {
      appended += records
      const now = monotonic_ms()
      const last = stretches.at(-1)
      if (last && now - last.since < GRAIN_MS) last.end = appended
      else stretches.push({ end: appended, since: now })
    },
    processedTo: (nth) => {
      processed = nth
      const open = stretches.findIndex(({ end }) => end > processed)
      stretches.splice(0, open < 0 ? stretches.length : open)
    },
    records: () => Math.max(0, appended - processed),
    seconds: () => {
      const [oldest] = stretches
      return oldest && appended > processed ? (monotonic_ms() - oldest.since) / 1_000 : 0
    },
    mark: () => appended,
    hasProcessed: (mark) => processed >= mark,
  }
}
