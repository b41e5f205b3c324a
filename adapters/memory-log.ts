/** The log's twin in memory, for tests and simulations. */
import { type EventLog, StoreFull } from '../events/ports.ts'
import type { LogRecord, NewRecord } from '../events/record.ts'
import { parseLogPosition, positionText } from './log-position.ts'
import { assertLimit } from './port-checks.ts'

/** `room` says how many records still fit; an append of more is refused whole, as a full disk does. */
export function memoryLog(options: { room?: () => number } = {}): EventLog {
  const log: LogRecord[] = []
  return {
    append: async (records) => {
      if (records.length > (options.room?.() ?? Number.POSITIVE_INFINITY))
        throw new StoreFull('the log is full')
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
