/** One process per data folder. The lock is the operating system's, so it ends with the process, however that ends. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another process, or another part of this one, uses the folder. */
export class FolderInUse extends Error {}
/** The folder cannot be made or written. */
export class FolderUnusable extends Error {}

export type FolderLock = { release(): void }

/** Result codes of SQLite: https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5

/**
 * Makes `folder` where it is missing and holds it until `release` or the end of the process. The lock is a transaction on
 * `lock.sqlite` that never commits; nothing else may open that file, since closing any handle of it would free the lock.
 * @throws FolderInUse, FolderUnusable
 */
export function lockFolder(folder: string): FolderLock {
  const unusable = (error: unknown) =>
    new FolderUnusable(`the data folder ${folder} cannot be used: ${(error as Error).message}`, {
      cause: error,
    })
  let connection: DatabaseSync
  try {
    mkdirSync(folder, { recursive: true })
    connection = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 })
  } catch (error) {
    throw unusable(error)
  }
  try {
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection.close()
    if (((error as { errcode?: number }).errcode ?? 0) === SQLITE_BUSY)
      throw new FolderInUse(`the data folder ${folder} is in use by another process`, { cause: error })
    throw unusable(error)
  }
  return {
    release: () => {
      if (connection.isOpen) connection.close()
    },
  }
}
