/** The ordered log of the embedded home: one file, appended by the front door, read by the consumer. */
import type { EventLog } from '../events/ports.ts'
import type { LogRecord, NewRecord, RecordSource } from '../events/record.ts'
import { parseLogPosition, positionText } from './log-position.ts'
import { assertLimit } from './port-checks.ts'
import { openDatabase } from './sqlite-open.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'

export type SqliteLog = EventLog & {
  /** As `append`, durable when it returns. @throws StoreFull, and then nothing of `records` is kept. */
  appendSync(records: NewRecord[]): void
  /**
   * Removes the oldest records, at most `limit`: those up to `position` that were received before `before` (epoch ms).
   * The newest stays, so that the log never forgets how far it has come. Returns how many went.
   */
  prune(position: string, before: number, limit: number): number
  close(): void
}

/** AUTOINCREMENT: a position is never given twice, not even when the newest records have been archived and removed. */
const MIGRATIONS = [
  `CREATE TABLE log (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    topic TEXT NOT NULL,
    verdict TEXT NOT NULL,
    payload BLOB NOT NULL
  ) STRICT`,
]

const APPEND = 'INSERT INTO log (received_at, source, topic, verdict, payload) VALUES (?, ?, ?, ?, ?)'
const READ = 'SELECT * FROM log WHERE position > ? ORDER BY position LIMIT ?'
const OLDEST = 'SELECT position, received_at FROM log WHERE position <= ? ORDER BY position LIMIT ?'
const PRUNE = 'DELETE FROM log WHERE position <= ?'
const TAIL = 'SELECT max(position) AS position FROM log'

type LogRow = {
  position: number
  received_at: number
  source: RecordSource
  topic: string
  verdict: string
  payload: Uint8Array
}

/** Opens the log in the file `path`; `readonly` for all but the one that appends. @throws DatabaseRefused */
export function sqliteLog(path: string, options: { readonly?: boolean } = {}): SqliteLog {
  const database = openDatabase(path, { migrations: MIGRATIONS, ...options })

  function appendSync(records: NewRecord[]): void {
    if (records.length === 0) return
    database.transaction(() => {
      for (const { received_at, source, topic, verdict, payload } of records)
        database.run(APPEND, [received_at, source, toColumn(topic), toColumn(verdict), payload])
    })
  }

  function prune(position: string, before: number, limit: number): number {
    const newest = database.get<{ position: number | null }>(TAIL)?.position ?? 0
    const most = Math.min(parseLogPosition(position), newest - 1)
    const oldest = database.all<Pick<LogRow, 'position' | 'received_at'>>(OLDEST, [most, limit])
    const kept = oldest.findIndex(({ received_at }) => received_at >= before)
    const going = kept < 0 ? oldest : oldest.slice(0, kept)
    const last = going.at(-1)
    if (last) database.transaction(() => database.run(PRUNE, [last.position]))
    return going.length
  }

  return {
    appendSync,
    prune,
    append: async (records) => appendSync(records),
    read: async (after, limit) => {
      assertLimit(limit)
      return database.all<LogRow>(READ, [parseLogPosition(after), limit]).map(recordOf)
    },
    tail: async () => {
      const position = database.get<{ position: number | null }>(TAIL)?.position ?? null
      return position === null ? '' : positionText(position)
    },
    close: database.close,
  }
}

function recordOf(row: LogRow): LogRecord {
  return {
    position: positionText(row.position),
    received_at: row.received_at,
    source: row.source,
    topic: fromColumn(row.topic),
    payload: row.payload,
    verdict: fromColumn(row.verdict),
  }
}
