/** What came out against what went in, before anything of what went in may go. */
import type { ArchiveFiles } from '../events/archive.ts'
import type { LogPlace } from '../events/archive-position.ts'
import { type Compacted, type Compaction, NotVerified, type RowSums } from '../workflows/night-ports.ts'
import { addSums } from '../workflows/staging.ts'
import { ROW_HASH, ROWS_AND_SUM, rowsAndSum } from './duckdb-columns.ts'
import { loadHeldIdentities } from './duckdb-copies.ts'
import { openHeld, openLanded, placeRows } from './duckdb-landed.ts'
import { type Duck, parquetFiles, sameFiles } from './duckdb-open.ts'
import { PLACE, placedWhereOlder } from './duckdb-places.ts'

/**
 * Three things must hold: no record is in what was made twice; what was made are rows that went in, unchanged; and
 * every row that went in is in what was made, or in what stays as it was, or is a copy of one that is.
 */
export async function verifyRows(
  duck: Duck,
  files: ArchiveFiles,
  of: Compaction,
  made: Compacted,
): Promise<void> {
  if (of.sources.length === 0) return
  const bring = (names: string[]) => files.bring(names, duck.scratch)
  const staged = await bring(made.partitions.map((partition) => partition.staged))
  const out = await sums(duck, staged, sameFiles)
  const existing = made.partitions.filter(({ existed }) => existed)
  // These may be of an older version, with other columns.
  const held = await sums(duck, await bring(existing.map(({ name }) => name)), (paths) =>
    placedWhereOlder(duck, paths),
  )
  if (out.rows !== made.rows) throw new NotVerified(`${made.rows} rows were made, and ${out.rows} are there`)
  // Without copies it is a matter of two sums: what landed was summed up when the night was planned.
  const wanted = addSums([of.landed, held])
  if (out.rows === wanted.rows && out.sum === wanted.sum) return
  await verifyWithCopies(duck, files, of, made, { out, held })
}

type Opening = (paths: readonly string[]) => string | Promise<string>

async function sums(duck: Duck, paths: readonly string[], opened: Opening): Promise<RowSums> {
  return paths.length === 0 ? addSums([]) : sumOf(duck, await opened(paths))
}

async function sumOf(duck: Duck, rows: string): Promise<RowSums> {
  const [row] = await duck.rows<RowSums>(`SELECT ${ROWS_AND_SUM} FROM ${rows}`)
  return addSums(row ? [row] : [])
}

async function openMade(duck: Duck, files: ArchiveFiles, made: Compacted): Promise<void> {
  const paths = await files.bring(
    made.partitions.map(({ staged }) => staged),
    duck.scratch,
  )
  const none = 'SELECT * FROM held WHERE false'
  await duck.run(`CREATE VIEW made AS ${paths.length > 0 ? `SELECT * FROM ${parquetFiles(paths)}` : none}`)
}

/** What stands in for what: row by row. */
async function verifyWithCopies(
  duck: Duck,
  files: ArchiveFiles,
  of: Compaction,
  made: Compacted,
  { out, held }: { out: RowSums; held: RowSums },
): Promise<void> {
  await openLanded(duck, files, of)
  const parts = await placeRows(duck, files, of)
  await openHeld(duck, files, parts)
  await openMade(duck, files, made)
  const rewritten = made.partitions.map(({ name }) => parts.findIndex((part) => part.name === name))
  await duck.run(
    `CREATE VIEW rewritten AS SELECT * FROM held WHERE part IN (${[...rewritten, -1].join(', ')})`,
  )
  const [twice] = await duck.rows<{ n: number }>(
    `SELECT count(*) - count(DISTINCT (${PLACE})) AS n FROM made`,
  )
  if (twice?.n !== 0) throw new NotVerified(`${twice?.n} records are there twice`)
  // By their hashes from the start: what is joined and divided may be held.
  const [added] = await duck.rows<RowSums>(`
    SELECT ${rowsAndSum('row_hash')} FROM (
      SELECT * FROM (SELECT ${PLACE}, ${ROW_HASH} AS row_hash FROM landed) SEMI JOIN made USING (${PLACE})
      ANTI JOIN rewritten USING (${PLACE})
      QUALIFY row_number() OVER (PARTITION BY ${PLACE}) = 1)`)
  const wanted = addSums(added ? [added, held] : [held])
  if (out.rows !== wanted.rows || out.sum !== wanted.sum)
    throw new NotVerified(`of ${out.rows} rows some are not as they went in`)
  await duck.run(`
    CREATE TABLE there AS SELECT ${PLACE} FROM made
    UNION ALL SELECT ${PLACE} FROM held`)
  await loadHeldIdentities(duck, `(SELECT * FROM keys ANTI JOIN there USING (${PLACE}))`)
  const lost = await duck.rows<LogPlace>(`
    SELECT ${PLACE} FROM landed ANTI JOIN there USING (${PLACE})
    WHERE identity NOT IN (SELECT identity FROM held_identities)
    AND identity NOT IN (SELECT identity FROM landed SEMI JOIN there USING (${PLACE})) LIMIT 3`)
  if (lost.length > 0) throw new NotVerified(`records would be lost: ${JSON.stringify(lost)}`)
}
