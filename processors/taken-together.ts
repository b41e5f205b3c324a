/**
 * Records that are taken a device after the other, and not as they come: what one leaves in the caches and among the young
 * objects is there for its device's next. Where a thousand devices take turns, a fold took half as long again without.
 */
import type { LogRecord } from '../events/record.ts'

/** What somebody is told of whose records wait. */
export type Waiting = { waiting: LogRecord[] | null }

export const MOST_RECORDS = 32_000
const MOST_BYTES = 16 * 1024 * 1024

/** `take` gets all that waits of one, in the order it came in. Call `end` behind the last. */
export function takenTogether<Of extends Waiting>(
  most: number,
  take: (of: Of, records: readonly LogRecord[]) => void,
) {
  let some: Of[] = []
  let records = 0
  let bytes = 0
  function takeAll(): void {
    for (const one of some) {
      const own = one.waiting ?? []
      one.waiting = null
      take(one, own)
    }
    some = []
    records = 0
    bytes = 0
  }
  return {
    add(of: Of, record: LogRecord): void {
      if (of.waiting) of.waiting.push(record)
      else {
        of.waiting = [record]
        some.push(of)
      }
      records++
      bytes += record.payload.byteLength
      if (records >= most || bytes >= MOST_BYTES) takeAll()
    },
    end: takeAll,
  }
}
