/** A log read as a replay reads it, page by page. */
import type { EventLog } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { ReplaySource } from '../processors/replay-source.ts'

const PAGE = 2_000

/** Behind `after` and up to `until`, two positions; `until` is in it. */
export function logRecords(
  log: Pick<EventLog, 'read'>,
  { after = '', until }: { after?: string; until: string },
): ReplaySource {
  return {
    batches: async function* (skip) {
      let position = after
      while (position < until) {
        const read: LogRecord[] = await log.read(position, PAGE)
        const last = read.at(-1)
        if (!last) return
        position = last.position
        const records = read.filter((record) => record.position <= until && !skip?.(record.topic))
        yield { records, name: 'log', position }
      }
    },
  }
}
