/** The ordered log of the embedded home: one file, appended by the front door, read by the consumer. */
import type { TriableLog } from '../events/ports.ts'
import type { LogRecord, NewRecord, RecordSource } from '../events/record.ts'
import { parseLogPosition, positionText } from './log-position.ts'
import { assertLimit } from './port-checks.ts'
import { openDatabase } from './sqlite-open.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'

export type SqliteLog = TriableLog & {
  /** As `append`, durable when it returns. @throws StoreFull, and then nothing of `records` is kept. */
  appendSync(records: NewRecord[]): void
  /** As `tail`. */
  tailSync(): string
  /**
   * Removes the oldest records, at most `limit`: those up to `position` that were received before `before` (epoch ms).
   * The newest stays, so that the log never forgets how far it has come. Returns how many went.
   */
  prune(position: string, before: number, limit: number): number
  /**
   * The next `limit` records behind `after`, less those whose topic is not wanted, which cost next to nothing; `position` is
   * that of the last of them all. Null at the end. `isWanted` null: all of them.
   */
  scan(
    after: string,
    limit: number,
    isWanted: ((topic: string) => boolean) | null,
  ): { records: LogRecord[]; position: string } | null
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

const INSERTED = 'received_at, source, topic, verdict, payload'
const APPEND = `INSERT INTO log (${INSERTED}) VALUES (?, ?, ?, ?, ?)`
/** Gone in the transaction that brings it, whose pages are written all the same; below 0 it takes no position from a record. */
const TRIAL = -1
const TRY = `INSERT INTO log (position, ${INSERTED}) VALUES (${TRIAL}, 0, '', '', '', zeroblob(?))`
const UNDO = `DELETE FROM log WHERE position = ${TRIAL}`
const COLUMNS = `position, ${INSERTED}`
const READ = `SELECT ${COLUMNS} FROM log WHERE position > ? ORDER BY position LIMIT ?`
const SCAN = `SELECT ${COLUMNS} FROM log WHERE position > ? AND position <= ? AND wanted(topic) ORDER BY position`
const END_OF_PAGE =
  'SELECT max(position) FROM (SELECT position FROM log WHERE position > ? ORDER BY position LIMIT ?)'
const OLDEST = 'SELECT position, received_at FROM log WHERE position <= ? ORDER BY position LIMIT ?'
const PRUNE = 'DELETE FROM log WHERE position <= ?'
const TAIL = 'SELECT max(position) AS position FROM log'

type LogRow = [
  position: number,
  received_at: number,
  source: RecordSource,
  topic: string,
  verdict: string,
  payload: Uint8Array,
]

/** Opens the log in the file `path`; `readonly` for all but the one that appends. @throws DatabaseRefused */
export function sqliteLog(path: string, options: { readonly?: boolean } = {}): SqliteLog {
  const database = openDatabase(path, { migrations: MIGRATIONS, ...options })

  function appendSync(records: NewRecord[]): void {
    if (records.length === 0) return
    database.transaction(() => {
      for (const { received_at, source, topic, verdict, payload } of records)
        database.run(APPEND, [received_at, source, toColumn(topic), toColumn(verdict), blobOf(payload)])
    })
  }

  function tailSync(): string {
    const position = database.get<{ position: number | null }>(TAIL)?.position ?? null
    return position === null ? '' : positionText(position)
  }

  let wanted = (_topic: string) => true
  database.define('wanted', (topic) => (wanted(fromColumn(topic as string)) ? 1 : 0))

  function scan(after: string, limit: number, isWanted: ((topic: string) => boolean) | null) {
    assertLimit(limit)
    if (!isWanted) {
      const records = database.tuples<LogRow>(READ, [parseLogPosition(after), limit]).map(recordOf)
      const last = records.at(-1)
      return last ? { records, position: last.position } : null
    }
    const from = parseLogPosition(after)
    const [[last] = [null]] = database.tuples<[number | null]>(END_OF_PAGE, [from, limit])
    if (last === null) return null
    wanted = isWanted
    return {
      records: database.tuples<LogRow>(SCAN, [from, last]).map(recordOf),
      position: positionText(last),
    }
  }

  function prune(position: string, before: number, limit: number): number {
    const newest = database.get<{ position: number | null }>(TAIL)?.position ?? 0
    const most = Math.min(parseLogPosition(position), newest - 1)
    const oldest = database.all<{ position: number; received_at: number }>(OLDEST, [most, limit])
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
    tryRoom: async (bytes) =>
      database.transaction(() => {
        database.run(TRY, [bytes])
        database.run(UNDO)
      }),
    read: async (after, limit) => {
      assertLimit(limit)
      return database.tuples<LogRow>(READ, [parseLogPosition(after), limit]).map(recordOf)
    },
    scan,
    tail: async () => tailSync(),
    tailSync,
    close: database.close,
  }
}

const NOTHING = Buffer.alloc(0)

/** node:sqlite takes bytes that are none, and nowhere in memory, for NULL: so TextEncoder gives them. */
function blobOf(payload: Uint8Array): Uint8Array {
  return payload.byteLength === 0 ? NOTHING : payload
}

function recordOf([position, received_at, source, topic, verdict, payload]: LogRow): LogRecord {
  return {
    position: positionText(position),
    received_at,
    source,
    topic: fromColumn(topic),
    payload,
    verdict: fromColumn(verdict),
  }
}
