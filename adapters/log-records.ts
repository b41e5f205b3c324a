/** A log read as a replay reads it, page by page. */
import type { ReplaySource } from '../processors/replay-source.ts'
import type { SqliteLog } from './sqlite-log.ts'

const PAGE = 2_000

/** Behind `after` and up to `until`, two positions; `until` is in it. */
export function logRecords(
  log: Pick<SqliteLog, 'scan'>,
  { after = '', until }: { after?: string; until: string },
): ReplaySource {
  return {
    batches: async function* (skip) {
      let position = after
      const isWanted = skip ? (topic: string) => !skip(topic) : null
      while (position < until) {
        const page = log.scan(position, PAGE, isWanted)
        if (!page) return
        position = page.position
        yield { records: page.records.filter((record) => record.position <= until), name: 'log', position }
      }
    },
  }
}
