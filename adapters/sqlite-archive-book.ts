/** `archive.sqlite`: how far the archive has come. What it says can be found out again from log and archive, so it may be lost. */
import type { ArchiveBook } from '../events/archive-book.ts'
import { type Database, openDatabase } from './sqlite-open.ts'

export type SqliteArchiveBook = ArchiveBook & { close(): void }

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
  hour INTEGER NOT NULL,
  location TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (device_id, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX energy_by_location ON energy (location, hour, device_id) WHERE location IS NOT NULL;
CREATE INDEX energy_by_hour ON energy (hour, device_id);
`

export const ARCHIVE_MIGRATIONS: readonly string[] = [VERSION_1]

const MARK = 'SELECT position FROM marks WHERE name = ?'
const PUT_MARK =
  'INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position'

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
    close: database.close,
  }
}
