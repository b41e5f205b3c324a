/** The log's twin in memory, for tests and simulations. */
import { StoreFull, type TriableLog } from '../events/ports.ts'
import type { LogRecord, NewRecord } from '../events/record.ts'
import { parseLogPosition, positionText } from './log-position.ts'
import { assertLimit } from './port-checks.ts'

/** `room` says how many records still fit; an append of more is refused whole, as a full disk does. */
export function memoryLog(options: { room?: () => number } = {}): TriableLog {
  const log: LogRecord[] = []
  function assertRoom(records: number): void {
    if (records > (options.room?.() ?? Number.POSITIVE_INFINITY)) throw new StoreFull('the log is full')
  }
  return {
    tryRoom: async () => assertRoom(1),
    append: async (records) => {
      assertRoom(records.length)
      for (const record of records) log.push({ ...copyOf(record), position: positionText(log.length + 1) })
    },
    read: async (after, limit) => {
      assertLimit(limit)
      const start = parseLogPosition(after)
      return log
        .slice(start, start + limit)
        .map((record) => ({ ...copyOf(record), position: record.position }))
    },
    tail: async () => log.at(-1)?.position ?? '',
  }
}

function copyOf(record: NewRecord): NewRecord {
  const { received_at, source, topic, payload, verdict } = record
  return { received_at, source, topic, payload: Uint8Array.from(payload), verdict }
}
