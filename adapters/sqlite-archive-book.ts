/** `archive.sqlite`: how far the archive has come. What it says can be found out again from log and archive, so it may be lost. */
import type { ArchiveBook } from '../events/archive-book.ts'
import type { EnergyBook, EnergyHour } from '../events/energy-hours.ts'
import { type Database, openDatabase } from './sqlite-open.ts'
import { toColumn } from './sqlite-text.ts'

export type SqliteArchiveBook = ArchiveBook & { energy: EnergyBook; close(): void }

const VERSION_1 = `
CREATE TABLE marks (name TEXT NOT NULL PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  id TEXT NOT NULL PRIMARY KEY,
  status TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  in_progress_until INTEGER,
  response TEXT,
  payload_hash TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE energy (
  device_id TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  location TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (device_id, starts_at)
) STRICT;
CREATE INDEX energy_by_location ON energy (location, starts_at, device_id) WHERE location IS NOT NULL;
CREATE INDEX energy_by_end ON energy (ends_at);
`

export const ARCHIVE_MIGRATIONS: readonly string[] = [VERSION_1]

const MARK = 'SELECT position FROM marks WHERE name = ?'
const PUT_MARK =
  'INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position'

const OF_DEVICE =
  'SELECT body FROM energy WHERE device_id = ? AND starts_at >= ? AND starts_at < ? ORDER BY starts_at'
const OF_LOCATION = `SELECT body FROM energy WHERE location = ? AND starts_at >= ? AND starts_at < ?
  ORDER BY device_id, starts_at`
const CLEAR = 'DELETE FROM energy WHERE ends_at > ? AND ends_at <= ?'
/** Hours on their way: of this connection alone, and on disk, for they may be more than fit in memory. */
const MAKE = `CREATE TEMP TABLE IF NOT EXISTS made (
  device_id TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, location TEXT, body TEXT NOT NULL
) STRICT`
const PUT_MADE = 'INSERT INTO temp.made VALUES (?, ?, ?, ?, ?)'
const CLEAR_MADE = 'DELETE FROM temp.made'
const TAKE_MADE = `INSERT INTO energy SELECT * FROM temp.made WHERE true ON CONFLICT (device_id, starts_at) DO UPDATE
  SET ends_at = excluded.ends_at, location = excluded.location, body = excluded.body`

/** @throws DatabaseRefused */
export function openArchiveDatabase(path: string): Database {
  return openDatabase(path, { migrations: ARCHIVE_MIGRATIONS })
}

/** @throws DatabaseRefused */
export function sqliteArchiveBook(path: string): SqliteArchiveBook {
  const database = openArchiveDatabase(path)
  return {
    mark: async (name) => database.get<{ position: string }>(MARK, [name])?.position ?? '',
    putMark: async (name, position) => database.transaction(() => database.run(PUT_MARK, [name, position])),
    energy: energyBook(database),
    close: database.close,
  }
}

function energyBook(database: Database): EnergyBook {
  return {
    hours: async ({ by, from, to }) => {
      const [sql, name] = 'device_id' in by ? [OF_DEVICE, by.device_id] : [OF_LOCATION, by.location]
      return database
        .all<{ body: string }>(sql, [toColumn(name), from, to])
        .map(({ body }) => JSON.parse(body) as EnergyHour)
    },
    aggregatedUntil: async () =>
      Number(database.get<{ position: string }>(MARK, ['aggregated'])?.position ?? 0),
    replace: async (windows) => {
      database.run(MAKE)
      // What a night has left that ended before it was done.
      database.run(CLEAR_MADE)
      return {
        put: async (hours) =>
          database.transaction(() => {
            for (const hour of hours) {
              const { device_id, starts_at, ends_at, location } = hour
              const place = location === null ? null : toColumn(location)
              database.run(PUT_MADE, [toColumn(device_id), starts_at, ends_at, place, JSON.stringify(hour)])
            }
          }),
        done: async (until) =>
          database.transaction(() => {
            for (const { from, to } of windows) database.run(CLEAR, [from, to])
            database.run(TAKE_MADE)
            database.run(CLEAR_MADE)
            const before = Number(database.get<{ position: string }>(MARK, ['aggregated'])?.position ?? 0)
            database.run(PUT_MARK, ['aggregated', String(Math.max(before, until))])
          }),
      }
    },
  }
}
