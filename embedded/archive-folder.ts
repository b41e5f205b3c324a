/** What a data folder keeps of its archive: the folder of the files, and the book that says how far they go. */
import { mkdirSync } from 'node:fs'
import { type SqliteArchiveBook, sqliteArchiveBook } from '../adapters/sqlite-archive-book.ts'
import { FolderUnusable } from '../adapters/sqlite-lock.ts'
import type { SqliteLog } from '../adapters/sqlite-log.ts'
import { checkPlace, filesOf } from './folder.ts'
import { refuseFolder } from './start-refused.ts'

/** Rejects with StartRefused, and then nothing is left open. */
export async function openArchive(
  data: string,
  log: Pick<SqliteLog, 'tailSync'>,
): Promise<SqliteArchiveBook> {
  const { archive, book: file } = filesOf(data)
  let book: SqliteArchiveBook | undefined
  try {
    makeFolder(archive)
    book = sqliteArchiveBook(file)
    checkPlace(log, file, await book.mark('archived'))
    return book
  } catch (error) {
    book?.close()
    throw refuseFolder(error)
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw new FolderUnusable(`the folder of the archive cannot be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
