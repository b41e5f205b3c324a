/** The contracts, on SQLite in real files. */
import { DatabaseSync } from 'node:sqlite'
import { vi } from 'vitest'
import { type SqliteLog, sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { eventLogContract } from './event-log-contract.ts'
import { hotStoreContract } from './hot-store-contract.ts'
import { readStoreContract } from './read-store-contract.ts'
import { temporaryFolder } from './temporary-folder.ts'

eventLogContract('sqlite', async () => {
  const folder = await temporaryFolder()
  const file = folder.file('log.sqlite')
  let { log, connection } = openWatched(file)
  return {
    get log() {
      return log
    },
    reopen: async () => {
      log.close()
      ;({ log, connection } = openWatched(file))
      return log
    },
    // A limit below what the file has is what it has: from here on SQLite finds the disk full.
    fill: async () => connection.exec('PRAGMA max_page_count = 1'),
    mend: async () => connection.exec('PRAGMA max_page_count = 1000000'),
    dispose: async () => {
      log.close()
      await folder.remove()
    },
  }
})

hotStoreContract('sqlite', async () => {
  const folder = await temporaryFolder()
  const file = folder.file('hot.sqlite')
  let store = sqliteStore(file)
  return {
    get store() {
      return store
    },
    dump: async () => store.dump(),
    breakAt: async (table) =>
      fromOutside(
        file,
        `CREATE TRIGGER crash BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'crash'); END`,
      ),
    mend: async () => fromOutside(file, 'DROP TRIGGER crash'),
    reopen: async () => {
      store.close()
      store = sqliteStore(file)
      return store
    },
    dispose: async () => {
      store.close()
      await folder.remove()
    },
  }
})

readStoreContract('sqlite', async () => {
  const folder = await temporaryFolder()
  const file = folder.file('hot.sqlite')
  const store = sqliteStore(file)
  const reads = sqliteReads(file)
  return {
    store,
    reads,
    dispose: async () => {
      reads.close()
      store.close()
      await folder.remove()
    },
  }
})

/** The log together with the connection that it made. */
function openWatched(file: string): { log: SqliteLog; connection: DatabaseSync } {
  const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare')
  const log = sqliteLog(file)
  const connection = prepare.mock.contexts[0] as DatabaseSync
  prepare.mockRestore()
  return { log, connection }
}

function fromOutside(file: string, sql: string): void {
  const connection = new DatabaseSync(file)
  connection.exec(sql)
  connection.close()
}
