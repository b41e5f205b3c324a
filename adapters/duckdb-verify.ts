/** What came out against what went in, before anything of what went in may go. */
import type { ArchiveFiles } from '../events/archive.ts'
import { type Compacted, type Compaction, NotVerified } from '../workflows/night-ports.ts'
import { ROW_HASH } from './duckdb-columns.ts'
import { loadHeldIdentities, openHeld, openLanded, placeRows } from './duckdb-compact.ts'
import { type Duck, parquetFiles } from './duckdb-open.ts'

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
  await openLanded(duck, files, of)
  const parts = await placeRows(duck, files, of)
  await openHeld(duck, files, parts)
  await openMade(duck, files, made)
  const rewritten = made.partitions.map(({ name }) => parts.findIndex((part) => part.name === name))
  await duck.run(
    `CREATE TEMP VIEW rewritten AS SELECT * FROM held WHERE part IN (${[...rewritten, -1].join(', ')})`,
  )
  const out = await sums(duck, 'made')
  const landed = await sums(duck, 'landed')
  const held = await sums(duck, 'rewritten')
  if (out.rows !== made.rows) throw new NotVerified(`${made.rows} rows were made, and ${out.rows} are there`)
  // Without copies it is a matter of two sums.
  if (out.rows === landed.rows + held.rows && out.sum === landed.sum + held.sum) return
  await verifyWithCopies(duck, out, held)
}

async function openMade(duck: Duck, files: ArchiveFiles, made: Compacted): Promise<void> {
  const paths = await files.bring(
    made.partitions.map(({ staged }) => staged),
    duck.scratch,
  )
  const none = 'SELECT * FROM held WHERE false'
  await duck.run(
    `CREATE TEMP VIEW made AS ${paths.length > 0 ? `SELECT * FROM ${parquetFiles(paths)}` : none}`,
  )
}

type Sums = { rows: number; sum: bigint }

async function sums(duck: Duck, of: string): Promise<Sums> {
  const [row] = await duck.rows<{ rows: number; sum: string }>(
    `SELECT count(*) AS rows, coalesce(sum(${ROW_HASH}::HUGEINT), 0)::VARCHAR AS sum FROM ${of}`,
  )
  return { rows: row?.rows ?? 0, sum: BigInt(row?.sum ?? 0) }
}

async function verifyWithCopies(duck: Duck, out: Sums, held: Sums): Promise<void> {
  const [twice] = await duck.rows<{ n: number }>(
    'SELECT count(*) - count(DISTINCT (log_segment, log_offset)) AS n FROM made',
  )
  if (twice?.n !== 0) throw new NotVerified(`${twice?.n} records are there twice`)
  const added = await sums(
    duck,
    `(SELECT * FROM landed SEMI JOIN made USING (log_segment, log_offset)
    ANTI JOIN rewritten USING (log_segment, log_offset)
    QUALIFY row_number() OVER (PARTITION BY log_segment, log_offset) = 1)`,
  )
  if (out.rows !== added.rows + held.rows || out.sum !== added.sum + held.sum)
    throw new NotVerified(`of ${out.rows} rows some are not as they went in`)
  await duck.run(`
    CREATE TEMP TABLE there AS SELECT log_segment, log_offset FROM made
    UNION ALL SELECT log_segment, log_offset FROM held`)
  await loadHeldIdentities(duck)
  const lost = await duck.rows<{ log_segment: string; log_offset: number }>(`
    SELECT log_segment, log_offset FROM landed ANTI JOIN there USING (log_segment, log_offset)
    WHERE identity NOT IN (SELECT identity FROM held_identities)
    AND identity NOT IN (SELECT identity FROM landed SEMI JOIN there USING (log_segment, log_offset)) LIMIT 3`)
  if (lost.length > 0) throw new NotVerified(`records would be lost: ${JSON.stringify(lost)}`)
}
