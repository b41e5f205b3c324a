/** The log behind the archive: a record goes when a night has found it in the archive, the charts have read it, and a week has passed. */
import type { SqliteLog } from '../adapters/sqlite-log.ts'
import type { ArchiveBook } from '../events/archive-book.ts'
import type { HotStore } from '../events/ports.ts'
import { CONSUMER } from './folder.ts'

/** So that a person who looks into something finds last week's records where they came in. */
export const LOG_KEPT_MS = 7 * 86_400_000

/** Removed at a time: some milliseconds in which nobody can publish. */
const AT_ONCE = 1_000

/** Resolves with how many records went: at most one stretch, so that the front door is never held up for long. */
export async function pruneLog(
  {
    log,
    book,
    store,
  }: { log: Pick<SqliteLog, 'prune'>; book: ArchiveBook; store: Pick<HotStore, 'position'> },
  now: number,
): Promise<number> {
  const [confirmed, processed] = await Promise.all([book.mark('confirmed'), store.position(CONSUMER)])
  const until = confirmed < processed ? confirmed : processed
  return log.prune(until, now - LOG_KEPT_MS, AT_ONCE)
}
