/** Small files of a month's days into one file of the month: made in the staging folder, and held against what it was made of. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import type { DayLayout } from '../events/archive-places.ts'
import { readPlace } from '../events/archive-places.ts'
import { hashOf } from '../events/hash.ts'
import { type Gathered, type Gathering, NotVerified, type RowSums } from '../workflows/night-ports.ts'
import {
  LONG_BYTES,
  MOST_GROUP_ROWS,
  NO_ROWS,
  parquetOptions,
  ROW_HASH,
  ROW_ORDER,
  rowsAndSum,
  STORED_SELECT,
} from './duckdb-columns.ts'
import { type Duck, parquetFiles, sqlText } from './duckdb-open.ts'
import { PLACE, placedWhereOlder } from './duckdb-places.ts'
import { shortTexts } from './duckdb-short-texts.ts'
import { isWide, WIDE_KEYS, writeWideRows } from './duckdb-wide-rows.ts'

export async function gatherRows(duck: Duck, files: ArchiveFiles, of: Gathering): Promise<Gathered> {
  const paths = await openMonth(duck, files, of)
  const [figures] = await duck.rows<MonthFigures>(`
    SELECT count(*) AS rows, sum(bytes)::DOUBLE AS long_bytes,
      (SELECT count(*) FROM days SEMI JOIN kept USING (${PLACE})) AS copies
    FROM (SELECT ${LONG_BYTES} AS bytes FROM days UNION ALL SELECT ${LONG_BYTES} FROM kept)`)
  const { rows = 0, copies = 0, long_bytes = 0 } = figures ?? {}
  const [days] = await duck.rows<{ n: number }>('SELECT count(*) AS n FROM days')
  // What a night that was killed has left: all of it has its place.
  if (days?.n === copies) return { staged: null, rows: rows - copies, bytes: 0, copies }
  const path = join(duck.scratch, 'month.parquet')
  const taken = await Promise.all(paths.map(async (one) => takenMark(await readFile(one))))
  const more = `, KV_METADATA {${TAKEN}: ${sqlText(taken.join(' '))}}`
  await writeMonth(duck, { rows, copies, long_bytes }, { path, more })
  const { size } = await stat(path)
  const staged = `${of.staging}month.parquet`
  await files.putFile(staged, path)
  return { staged, rows: rows - copies, bytes: size, copies }
}

type MonthFigures = { rows: number; copies: number; long_bytes: number }

async function writeMonth(
  duck: Duck,
  { copies, long_bytes }: MonthFigures,
  to: { path: string; more: string },
): Promise<void> {
  const all = (columns: string) =>
    `(SELECT * FROM (SELECT ${columns} FROM days)${copies > 0 ? ` ANTI JOIN kept USING (${PLACE})` : ''}
    UNION ALL SELECT ${columns} FROM kept)`
  if (isWide(duck, long_bytes)) {
    const rows = (within: string) => `FROM ${all('*')} WHERE ${within}`
    await writeWideRows(duck, { keys: `FROM ${all(WIDE_KEYS)}`, rows }, to)
    return
  }
  const { short, whole } = await shortTexts(duck, all('*'))
  await duck.run(`
    COPY (SELECT *${whole} FROM (SELECT *${short} FROM ${all('*')} ORDER BY ${ROW_ORDER.join(', ')}))
    TO ${sqlText(to.path)} ${parquetOptions(MOST_GROUP_ROWS, to.more)}`)
}

/** In the footer of a month's file: what the files were whose rows it took in last, which may still be there. */
export const TAKEN = 'taken'

/** What a file is told by, whatever it is called: a later file of the same name is another one. */
export function takenMark(content: Uint8Array): string {
  return hashOf([Buffer.from(content).toString('base64')]).slice(0, 32)
}

/** What came out against what went in. @throws NotVerified, and then nothing of the days may go */
export async function verifyMonthRows(
  duck: Duck,
  files: ArchiveFiles,
  of: Gathering,
  made: Gathered,
): Promise<void> {
  await openMonth(duck, files, of)
  const [path = ''] = await files.bring([made.staged ?? of.name], duck.scratch)
  await duck.run(`CREATE VIEW made AS SELECT ${STORED_SELECT}, part FROM ${parquetFiles([path])}`)
  const [misplaced] = await duck.rows<{ n: number }>(
    'SELECT count(*) AS n FROM placed WHERE event_time::DATE <> day',
  )
  if (misplaced?.n !== 0) throw new NotVerified(`${misplaced?.n} rows are not of the day they lie in`)
  const [twice] = await duck.rows<{ n: number }>(
    `SELECT count(*) - count(DISTINCT (${PLACE})) AS n FROM made`,
  )
  if (twice?.n !== 0) throw new NotVerified(`${twice?.n} records are there twice`)
  const wanted = await sumOf(
    duck,
    `SELECT * FROM ${told('days')} ANTI JOIN kept USING (${PLACE}) UNION ALL FROM ${told('kept')}`,
  )
  const out = await sumOf(duck, `FROM ${told('made')}`)
  if (out.rows !== made.rows) throw new NotVerified(`${made.rows} rows were made, and ${out.rows} are there`)
  if (out.rows !== wanted.rows || out.sum !== wanted.sum)
    throw new NotVerified(`of ${out.rows} rows some are not as they went in`)
  if (made.copies > 0) await verifyCopies(duck)
}

/** Rows that were there already must be there as they are, and not only under the same place in the log. */
async function verifyCopies(duck: Duck): Promise<void> {
  const known = `FROM ${told('days')} SEMI JOIN kept USING (${PLACE})`
  const again = `FROM ${told('kept')} SEMI JOIN days USING (${PLACE})`
  const [one, other] = [await sumOf(duck, known), await sumOf(duck, again)]
  if (one.rows !== other.rows || one.sum !== other.sum)
    throw new NotVerified(`of ${one.rows} rows that are there already some are there otherwise`)
}

/** Each row by its hash, before rows are joined: a join may hold what it is given. */
function told(rows: string): string {
  return `(SELECT part, ${PLACE}, ${ROW_HASH} AS row_hash FROM ${rows})`
}

async function sumOf(duck: Duck, rows: string): Promise<RowSums> {
  const [sums] = await duck.rows<RowSums>(`
    SELECT sum(rows)::BIGINT AS rows, sum(hash(part, sum)::HUGEINT)::VARCHAR AS sum FROM
      (SELECT part, ${rowsAndSum('row_hash')} FROM (${rows}) GROUP BY part)`)
  return { rows: sums?.rows ?? 0, sum: sums?.sum ?? '0' }
}

/** `days`: rows of the days' files, `placed` the same with the day they lie in; `kept`: those of the month's file. */
async function openMonth(duck: Duck, files: ArchiveFiles, of: Gathering): Promise<string[]> {
  const paths = await files.bring(of.sources, duck.scratch)
  const values = of.sources.map((name, n) => {
    const place = readPlace(name)
    if (!place) throw new RangeError(`${name} is no file of a day`)
    return `(${sqlText(paths[n] as string)}, ${sqlText(place.part)}, DATE ${sqlText(place.day)})`
  })
  await duck.run('CREATE TABLE places (path VARCHAR, part VARCHAR, day DATE)')
  await duck.run(`INSERT INTO places VALUES ${values.join(', ')}`)
  // Files of an older version may lack columns.
  const rows = (of: readonly string[], found: string) =>
    placedWhereOlder(duck, of, `SELECT ${NO_ROWS} UNION ALL BY NAME ${found}`)
  const read = `SELECT f.* EXCLUDE (filename), p.part, p.day FROM read_parquet([${paths.map(sqlText).join(', ')}],
    union_by_name = true, hive_partitioning = false, filename = true) f JOIN places p ON p.path = f.filename`
  await duck.run(`CREATE VIEW placed AS SELECT ${STORED_SELECT}, part, day FROM ${await rows(paths, read)}`)
  await duck.run('CREATE VIEW days AS SELECT * EXCLUDE (day) FROM placed')
  const kept = of.existed ? await files.bring([of.name], duck.scratch) : []
  const old = kept.length > 0 ? `SELECT * FROM ${parquetFiles(kept)}` : 'SELECT * FROM placed WHERE false'
  await duck.run(`CREATE VIEW kept AS SELECT ${STORED_SELECT}, part FROM ${await rows(kept, old)}`)
  return paths
}

/** How the days lay whose rows are in files of their months. */
export async function layoutsInMonths(
  duck: Duck,
  files: ArchiveFiles,
  names: readonly string[],
): Promise<Record<string, DayLayout>> {
  if (names.length === 0) return {}
  const paths = await files.bring(names, duck.scratch)
  const days = await duck.rows<{ day: string; is_shared: boolean }>(`
    SELECT event_time::DATE::VARCHAR AS day, bool_or(regexp_matches(part, '^shared=\\d')) AS is_shared
    FROM ${parquetFiles(paths)} WHERE part <> 'shared=unplaced' GROUP BY day`)
  return Object.fromEntries(days.map(({ day, is_shared }) => [day, is_shared ? 'shared' : 'own']))
}
