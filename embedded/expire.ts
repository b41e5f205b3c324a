/** The sweep that removes what is older than its time to live: nothing leaves the hot store that the archive does not have. */
import { confirmedRows } from '../adapters/duckdb-confirm.ts'
import type { DuckOptions } from '../adapters/duckdb-open.ts'
import { type ExpiredRow, sqliteExpiring } from '../adapters/sqlite-expire.ts'
import type { ArchiveFiles } from '../events/archive.ts'
import type { Logger } from '../events/ports.ts'

const PAGE = 20_000

export type Expired = { removed: number; kept: number }

/** Rows that the archive does not have are kept, and said. */
export async function expireRows(of: {
  hot: string
  files: ArchiveFiles
  now: number
  logger: Logger
  duck?: DuckOptions
}): Promise<Expired> {
  const store = sqliteExpiring(of.hot)
  const now_s = Math.floor(of.now / 1000)
  const figures: Expired = { removed: 0, kept: 0 }
  try {
    let after = 0
    for (;;) {
      const rows = store.expired(now_s, after, PAGE)
      const last = rows.at(-1)
      if (!last) break
      after = last.rowid
      const confirmed = await confirmedRows(rows, of.files, of.duck)
      store.remove(confirmed.map(({ rowid }: ExpiredRow) => rowid))
      figures.removed += confirmed.length
      figures.kept += rows.length - confirmed.length
    }
    if (figures.kept === 0) figures.removed += store.removeDerived(now_s)
    else
      of.logger.error('rows whose time is over are not in the archive, and are kept', { rows: figures.kept })
    return figures
  } finally {
    store.close()
  }
}
