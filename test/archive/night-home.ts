/** A data folder with a log, its archive, and nights over it. */
import { cp } from 'node:fs/promises'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { folderArchive } from '../../adapters/folder-archive.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { type SqliteArchiveBook, sqliteArchiveBook } from '../../adapters/sqlite-archive-book.ts'
import { type SqliteLog, sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import { type NightHomeOptions, nightOf } from '../../embedded/night-home.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { archiveBatch } from '../../processors/archive-batch.ts'
import type { Finished, Manifest } from '../../workflows/finish-night.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { createKeptLogger } from '../embedded/gated-log.ts'

export type NightHome = {
  data: string
  files: ArchiveFiles
  log: SqliteLog
  hot: ReturnType<typeof sqliteStore>
  book: SqliteArchiveBook
  logger: ReturnType<typeof createKeptLogger>
  take(records: LogRecord[]): Promise<LogRecord[]>
  land(records: LogRecord[]): Promise<void>
  archived(): Promise<LogRecord[]>
  names(prefix?: string): Promise<string[]>
  night(day: string, more?: Partial<NightHomeOptions>): Promise<Finished>
  close(): Promise<void>
}

/** `like`: begins as a home stands that nobody is writing to. */
export async function createNightHome({ like }: { like?: NightHome } = {}): Promise<NightHome> {
  const folder = await temporaryFolder()
  if (like) await cp(like.data, folder.path, { recursive: true })
  const paths = filesOf(folder.path)
  const log = sqliteLog(paths.log)
  const hot = sqliteStore(paths.hot)
  const book = sqliteArchiveBook(paths.book)
  const files = folderArchive(paths.archive)
  const logger = createKeptLogger()
  const metrics = { count() {}, gauge() {} }

  /** Puts records on the log, at positions that follow, and into a landing file. */
  async function take(records: LogRecord[]): Promise<LogRecord[]> {
    const before = await log.tail()
    await log.append(records)
    const taken = await log.read(before, records.length)
    await land(taken)
    return taken
  }

  async function land(records: LogRecord[]): Promise<void> {
    await archiveBatch(records, { files, write: writeLanding, store: memoryStore(), metrics, logger })
    await book.putMark('archived', records.at(-1)?.position ?? '')
  }

  async function archived(): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    for await (const record of duckdbArchiveSource(files).records({ from: 0, to: 9e12 })) records.push(record)
    return records
  }

  return {
    data: folder.path,
    files,
    log,
    hot,
    book,
    logger,
    take,
    land,
    archived,
    names: async (prefix = '') => (await files.list(prefix)).map(({ name }) => name),
    night: (day: string, more: Partial<NightHomeOptions> = {}) =>
      nightOf({ data: folder.path, day, logger, retry_ms: 0, ...more }),
    close: async () => {
      log.close()
      hot.close()
      book.close()
      await folder.remove()
    },
  }
}

export async function manifestIn({ files }: Pick<NightHome, 'files'>, day: string): Promise<Manifest> {
  const content = await files.get(`manifests/${day}.json`)
  return JSON.parse(new TextDecoder().decode(content ?? new Uint8Array()))
}
