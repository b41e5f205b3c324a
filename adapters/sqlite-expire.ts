/** Rows of the hot store whose time is over, found and removed a few at a time, so that its writer never waits long. */
import type { ArchivedBy } from './duckdb-confirm.ts'
import { openDatabase } from './sqlite-open.ts'
import { HOT_MIGRATIONS } from './sqlite-schema.ts'
import { fromColumn } from './sqlite-text.ts'

/** `rowid` is the store's own. */
export type ExpiredRow = ArchivedBy & { rowid: number }

export type ExpiringStore = {
  /** Rows of what was said and configured, behind `after`, in the store's own order. */
  expired(now_s: number, after: number, limit: number): ExpiredRow[]
  remove(rowids: readonly number[]): void
  /** What follows from other rows: decisions, identities, checkpoints. Resolves with how many went. */
  removeDerived(now_s: number): number
  close(): void
}

const EXPIRED = `SELECT rowid, device_id, ts, reported_timestamp, received_at FROM events
  WHERE ttl < ? AND origin <> 'chart' AND rowid > ? ORDER BY rowid LIMIT ?`
const REMOVE = 'DELETE FROM events WHERE rowid = ?'
const AT_ONCE = 500

/** Derived rows by their tables; each statement removes a few. */
const DERIVED = [
  `DELETE FROM events WHERE rowid IN
    (SELECT rowid FROM events WHERE ttl < ? AND origin = 'chart' LIMIT ${AT_ONCE})`,
  `DELETE FROM identities WHERE (device_id, identity) IN
    (SELECT device_id, identity FROM identities WHERE ttl < ? LIMIT ${AT_ONCE})`,
  // Not a device's newest that holds: however long it is silent, what comes then is folded from there.
  `DELETE FROM checkpoints WHERE rowid IN
    (SELECT old.rowid FROM checkpoints AS old WHERE ttl < ? AND (retracted IS 1 OR EXISTS
      (SELECT 1 FROM checkpoints AS newer WHERE newer.device_id = old.device_id AND newer.retracted IS NOT 1
        AND (newer.ts, newer.ord) > (old.ts, old.ord))) LIMIT ${AT_ONCE})`,
  `DELETE FROM summaries WHERE rowid IN (SELECT rowid FROM summaries WHERE ttl < ? LIMIT ${AT_ONCE})`,
]

/** Beside the consumer, which keeps its own connection. @throws DatabaseRefused */
export function sqliteExpiring(path: string): ExpiringStore {
  const database = openDatabase(path, { migrations: HOT_MIGRATIONS, wal_pages: 10_000 })
  return {
    expired: (now_s, after, limit) =>
      database
        .all<ExpiredRow>(EXPIRED, [now_s, after, limit])
        .map((row) => ({ ...row, device_id: fromColumn(row.device_id) })),
    remove: (rowids) => {
      for (let from = 0; from < rowids.length; from += AT_ONCE)
        database.transaction(() => {
          for (const rowid of rowids.slice(from, from + AT_ONCE)) database.run(REMOVE, [rowid])
        })
    },
    removeDerived: (now_s) => {
      let removed = 0
      for (const sql of DERIVED) {
        for (let gone = AT_ONCE; gone === AT_ONCE; removed += gone) {
          gone = database.transaction(() => {
            database.run(sql, [now_s])
            return database.get<{ n: number }>('SELECT changes() AS n')?.n ?? 0
          })
        }
      }
      return removed
    },
    close: database.close,
  }
}
