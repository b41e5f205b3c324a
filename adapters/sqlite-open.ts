/** Opening a SQLite file: its pragmas, its migrations, cached statements, and transactions that leave nothing half done. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { StoreFull } from '../events/ports.ts'

export type Value = SQLInputValue

export type Database = {
  run(sql: string, values?: Value[]): void
  get<Row>(sql: string, values?: Value[]): Row | undefined
  all<Row>(sql: string, values?: Value[]): Row[]
  /** Each row as its columns in order, which takes half as long. */
  tuples<Row extends readonly unknown[]>(sql: string, values?: Value[]): Row[]
  /** A function for our SQL to call, with the values it is given. */
  define(name: string, of: (...values: Value[]) => Value): void
  /** All of `work` or nothing; a full disk comes out as `StoreFull`. */
  transaction<T>(work: () => T): T
  close(): void
}

export type OpenOptions = {
  /** Step n brings version n - 1 to version n. A step that has shipped is never edited: add one. */
  migrations: readonly string[]
  readonly?: boolean
  cache_kib?: number
  /** Pages in the WAL before a commit writes them back to the file. */
  wal_pages?: number
}

/** A file that cannot be opened: made by a newer version, not yet migrated for a reader, no database, no place for one. */
export class DatabaseRefused extends Error {}

const BUSY_TIMEOUT_MS = 5_000
/** What is left of a WAL that once grew large. */
const WAL_FILE_LIMIT_BYTES = 64 * 1024 * 1024

/** Opens `path` and brings it to the newest version. @throws DatabaseRefused where that cannot be, with a line for a person. */
export function openDatabase(path: string, options: OpenOptions): Database {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { readOnly: options.readonly ?? false, timeout: BUSY_TIMEOUT_MS })
    checkVersion(connection, path, options)
    setPragmas(connection, path, options)
    const database = wrap(connection)
    migrate(connection, database, options.migrations)
    return database
  } catch (error) {
    connection?.close()
    if (!isFaultOfPlace(error)) throw error
    throw new DatabaseRefused(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

function checkVersion(connection: DatabaseSync, path: string, options: OpenOptions): void {
  const known = options.migrations.length
  const version = versionOf(connection)
  if (version > known)
    throw new DatabaseRefused(
      `${path} has schema version ${version}, and this Pilotline knows up to ${known}: use the newer Pilotline that wrote it`,
    )
  if (options.readonly && version < known)
    throw new DatabaseRefused(
      `${path} has schema version ${version} of ${known}: its writer must open it first`,
    )
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.user_version)
}

function setPragmas(connection: DatabaseSync, path: string, options: OpenOptions): void {
  connection.exec(`PRAGMA cache_size = ${-(options.cache_kib ?? 16_384)}`)
  if (options.readonly) return
  const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  // A network share cannot keep a WAL; what it would keep instead lets readers and the writer block each other.
  if (mode !== 'wal') throw new DatabaseRefused(`${path}: this folder cannot hold a database in WAL mode`)
  connection.exec('PRAGMA synchronous = FULL')
  connection.exec(`PRAGMA wal_autocheckpoint = ${options.wal_pages ?? 1_000}`)
  connection.exec(`PRAGMA journal_size_limit = ${WAL_FILE_LIMIT_BYTES}`)
}

function migrate(connection: DatabaseSync, database: Database, migrations: readonly string[]): void {
  const version = versionOf(connection)
  migrations.slice(version).forEach((step, index) => {
    database.transaction(() => {
      connection.exec(step)
      connection.exec(`PRAGMA user_version = ${version + index + 1}`)
    })
  })
}

function wrap(connection: DatabaseSync): Database {
  const prepared = new Map<string, StatementSync>()
  const tupled = new Map<string, StatementSync>()
  const statement = (sql: string, among = prepared): StatementSync => {
    const known = among.get(sql)
    if (known) return known
    const fresh = connection.prepare(sql)
    if (among === tupled) fresh.setReturnArrays(true)
    among.set(sql, fresh)
    return fresh
  }
  return {
    run: (sql, values = []) => void statement(sql).run(...values),
    get: <Row>(sql: string, values: Value[] = []) => statement(sql).get(...values) as Row | undefined,
    all: <Row>(sql: string, values: Value[] = []) => statement(sql).all(...values) as Row[],
    tuples: <Row extends readonly unknown[]>(sql: string, values: Value[] = []) =>
      statement(sql, tupled).all(...values) as unknown as Row[],
    define: (name, of) => connection.function(name, { directOnly: true }, of),
    transaction: (work) => inTransaction(connection, work),
    close: () => {
      if (connection.isOpen) connection.close()
    },
  }
}

function inTransaction<T>(connection: DatabaseSync, work: () => T): T {
  try {
    connection.exec('BEGIN IMMEDIATE')
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have rolled back by itself.
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw isFull(error) ? new StoreFull('the disk is full', { cause: error }) : error
  }
}

/** Primary result codes of SQLite: https://sqlite.org/rescode.html */
const SQLITE = { perm: 3, busy: 5, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 }
/** No room for the WAL's index. */
const SQLITE_IOERR_SHMSIZE = 4874

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
}

function isFull(error: unknown): boolean {
  const code = codeOf(error)
  return (code & 0xff) === SQLITE.full || code === SQLITE_IOERR_SHMSIZE
}

/** The disk, the folder or the file is at fault, not our SQL. */
export function isFaultOfPlace(error: unknown): boolean {
  return error instanceof StoreFull || Object.values(SQLITE).includes(codeOf(error) & 0xff)
}
