/** A data folder: its files, and the process's connections to them. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseLogPosition } from '../adapters/log-position.ts'
import { FolderUnusable, lockFolder } from '../adapters/sqlite-lock.ts'
import { type SqliteLog, sqliteLog } from '../adapters/sqlite-log.ts'
import { type SqliteReads, sqliteReads } from '../adapters/sqlite-reads.ts'
import { type SqliteStore, sqliteStore } from '../adapters/sqlite-store.ts'
import type { Logger } from '../events/ports.ts'
import { refuseFolder, StartRefused } from './start-refused.ts'

/** The name under which the consumer keeps its place in the log. */
export const CONSUMER = 'charts'

/** `log` has one writer, the front door; `hot` has one writer, the consumer: neither waits for the other. */
export function filesOf(data: string): { log: string; hot: string; book: string; archive: string } {
  return {
    log: join(data, 'log.sqlite'),
    hot: join(data, 'hot.sqlite'),
    book: join(data, 'archive.sqlite'),
    archive: join(data, 'archive'),
  }
}

export type Folder = {
  log: SqliteLog
  /** To ask only: the thread of the consumer writes. Opened here first, so that the schema is there for everyone. */
  store: SqliteStore
  reads: SqliteReads
  close(): void
}

/** Makes the folder where it is missing, and holds it. @throws StartRefused */
export function openFolder(data: string): Folder {
  const close: (() => void)[] = []
  function closeAll(): void {
    for (const step of close.splice(0).reverse()) step()
  }
  try {
    makeFolder(data)
    const lock = lockFolder(data)
    close.push(lock.release)
    const files = filesOf(data)
    const log = sqliteLog(files.log)
    close.push(log.close)
    const store = sqliteStore(files.hot)
    close.push(store.close)
    const reads = sqliteReads(files.hot)
    close.push(reads.close)
    checkPlace(log, files.hot, store.positionSync(CONSUMER))
    return { log, store, reads, close: closeAll }
  } catch (error) {
    closeAll()
    throw refuseFolder(error)
  }
}

/**
 * A log that ends before the place of its reader is another day's, or somebody has lost it: positions would be given a
 * second time, and what comes in under them would be acknowledged and never read. @throws StartRefused
 */
export function checkPlace(log: Pick<SqliteLog, 'tailSync'>, file: string, place: string): void {
  const tail = log.tailSync()
  if (parseLogPosition(place) <= parseLogPosition(tail)) return
  throw new StartRefused(
    `log.sqlite ends at record ${parseLogPosition(tail)}, but ${file} has read up to ${parseLogPosition(place)}: ` +
      'put back the log.sqlite that belongs to it, or begin in another folder with what the archive holds ' +
      '(npm run replay -- repair --archive)',
  )
}

/** A store that begins anew over a log whose beginning is archived comes to less than there was, and to no lie. */
export async function warnOfForgotten({ log, store }: Folder, logger: Logger): Promise<void> {
  if (store.positionSync(CONSUMER) !== '') return
  const [first] = await log.read('', 1)
  const begins = parseLogPosition(first?.position ?? '')
  if (begins <= 1) return
  logger.warn('the store is new, and what came before the log is in the archive alone', {
    log_begins_at: begins,
    brought_back_by: 'npm run replay -- repair --archive DIR --data DIR, while this is stopped',
  })
}

/** Step by step: where a folder cannot be made under one that is there (/proc), Node's own recursion never ends. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new FolderUnusable(`the data folder cannot be made: ${(error as Error).message}`, { cause: error })
  }
}
