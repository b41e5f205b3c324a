/** The archive's own reader of the log: lets records gather, puts them into landing files, moves its mark. */
import type { ArchiveBook } from '../events/archive-book.ts'
import type { EventLog, Logger } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { describeTrouble, isOwnBug } from './own-bug.ts'

export type ArchiveLoopParts = {
  log: Pick<EventLog, 'read'>
  book: ArchiveBook
  /** Durable when it resolves. */
  archive: (records: LogRecord[]) => Promise<unknown>
  /** Waits so long; ends sooner when the loop is told to stop. */
  pause: (wait_ms: number) => Promise<void>
  /** How long records may wait for others. */
  gather_ms: number
  onArchived: (position: string) => void
  logger: Logger
}

/** A file's worth: some megabytes, and less than a second of writing. */
const MOST_RECORDS = 10_000
/** Payloads of one file. */
const MOST_BYTES = 8 * 1024 * 1024
const BACKOFF_FIRST_MS = 1_000
const BACKOFF_MOST_MS = 60_000

/**
 * Runs until `stop`. What fails is tried again from the mark, however long it takes: the log keeps it. A batch that was
 * under way when the process ended lands again. Our own bug is thrown.
 */
export async function runArchive(parts: ArchiveLoopParts, stop: AbortSignal): Promise<void> {
  const { book, logger } = parts
  let failures = 0
  while (!stop.aborted) {
    try {
      const full = await archiveOnce(parts)
      if (failures > 0) logger.info('the archive is well again')
      failures = 0
      if (!full) await parts.pause(parts.gather_ms)
    } catch (error) {
      if (isOwnBug(error)) throw error
      failures++
      const { error: name, reason } = describeTrouble(error)
      logger.warn('archiving failed, it is tried again', {
        after: await book.mark('archived').catch(() => '?'),
        failures,
        error: name,
        reason,
      })
      await parts.pause(Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1)))
    }
  }
}

/** One file's worth; true where more may be waiting. */
export async function archiveOnce({ log, book, archive, onArchived }: ArchiveLoopParts): Promise<boolean> {
  const records = withinBytes(await log.read(await book.mark('archived'), MOST_RECORDS))
  const last = records.at(-1)
  if (!last) return false
  await archive(records)
  await book.putMark('archived', last.position)
  onArchived(last.position)
  return records.length >= MOST_RECORDS / 2
}

function withinBytes(records: LogRecord[]): LogRecord[] {
  let bytes = 0
  const end = records.findIndex(({ payload }) => {
    bytes += payload.byteLength
    return bytes > MOST_BYTES
  })
  return end < 0 ? records : records.slice(0, Math.max(1, end))
}
