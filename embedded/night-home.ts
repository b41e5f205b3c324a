/** The night over a data folder: its ports, and one night at a time. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { duckdbAudit } from '../adapters/duckdb-audit.ts'
import { duckdbMarks } from '../adapters/duckdb-marks.ts'
import { duckdbNight } from '../adapters/duckdb-night.ts'
import type { DuckOptions } from '../adapters/duckdb-open.ts'
import { duckdbPublish } from '../adapters/duckdb-publish.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { sqliteArchiveBook } from '../adapters/sqlite-archive-book.ts'
import { SqlitePersistence } from '../adapters/sqlite-idempotency.ts'
import { lockFolder } from '../adapters/sqlite-lock.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { sqliteReads } from '../adapters/sqlite-reads.ts'
import type { ArchiveFiles } from '../events/archive.ts'
import type { Logger } from '../events/ports.ts'
import type { Finished } from '../workflows/finish-night.ts'
import { nightTasks } from '../workflows/night-tasks.ts'
import { checkDay } from '../workflows/plan-night.ts'
import { filesOf } from './folder.ts'
import { type NightProgress, runNight } from './run-night.ts'

export type NightHomeOptions = {
  data: string
  day: string
  logger: Logger
  /** Epoch ms. */
  now?: () => number
  onProgress?: (progress: NightProgress) => void
  duck?: DuckOptions
  retry_ms?: number
  batch_rows?: number
  /** Stands between the night and its files, for tests. */
  between?: (files: ArchiveFiles) => ArchiveFiles
}

/**
 * Runs the night of a day that is over.
 * @throws BadNight, FolderInUse (another night is at work), NightFailed
 */
export async function nightOf(options: NightHomeOptions): Promise<Finished> {
  const { data, day, logger, now = Date.now, between = (files) => files, onProgress, retry_ms } = options
  checkDay(day, now())
  const paths = filesOf(data)
  mkdirSync(paths.archive, { recursive: true })
  const lock = lockFolder(join(data, 'night'))
  const close: (() => void)[] = [lock.release]
  try {
    const log = sqliteLog(paths.log, { readonly: true })
    close.push(log.close)
    const reads = sqliteReads(paths.hot)
    close.push(reads.close)
    const book = sqliteArchiveBook(paths.book)
    close.push(book.close)
    const persistence = new SqlitePersistence(paths.book, now)
    close.push(() => persistence.close())
    const files = between(folderArchive(paths.archive))
    // On the archive's own disk: what is made there is moved, not copied.
    const duck = { scratch_in: join(data, 'night'), ...options.duck }
    const tasks = nightTasks({
      files,
      engine: duckdbNight(files, duck, { side_by_side: true }),
      audit: duckdbAudit(files, duck),
      reads,
      source: duckdbMarks(files, duck),
      energy: book.energy,
      publish: duckdbPublish(files, duck),
      log,
      book,
      now,
      metrics: { count() {}, gauge() {} },
      logger,
      ...(options.batch_rows !== undefined && { batch_rows: options.batch_rows }),
    })
    const run = `${day}-${now()}`
    return await runNight({
      run,
      day,
      tasks,
      persistence,
      ...(onProgress && { onProgress }),
      ...(retry_ms === undefined ? {} : { retry_ms }),
    })
  } finally {
    for (const step of close.reverse()) step()
  }
}
