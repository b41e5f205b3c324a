/**
 * Records that are taken a device after the other, and not as they come: what one leaves in the caches and among the young
 * objects is there for its device's next. Where a thousand devices take turns, a fold took half as long again without.
 */
import { isTold, type LogRecord } from '../events/record.ts'

/** What somebody is told of whose records wait. */
export type Waiting = { waiting: LogRecord[] | null }

export const MOST_RECORDS = 64_000
const MOST_BYTES = 24 * 1024 * 1024
/** What a record takes beside its payload, and one that makes its payload where somebody asks. */
const RECORD_BYTES = { plain: 400, told: 200 }

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
      bytes += heldBy(record)
      if (records >= most || bytes >= MOST_BYTES) takeAll()
    },
    end: takeAll,
  }
}

function heldBy(record: LogRecord): number {
  return isTold(record)
    ? RECORD_BYTES.told + record.held_bytes
    : RECORD_BYTES.plain + record.payload.byteLength
}
