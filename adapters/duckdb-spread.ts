/** Landed rows into files of one batch each. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { SHARED_FILES } from '../events/archive-places.ts'
import type { Spreading } from '../workflows/night-ports.ts'
import { LONG_BYTES, rowsHeld, SHARD } from './duckdb-columns.ts'
import { type Duck, parquetFiles, sqlText } from './duckdb-open.ts'
import { openedFiles } from './duckdb-places.ts'
import { shortTexts } from './duckdb-short-texts.ts'

/** Of each thread, of all batches; as DuckDB has it unless told. */
const HELD_ROWS = 524_288
/** So that a batch can be read by several threads. */
const GROUP_ROWS = 30_720
/** Of the memory: long texts that may be held, of all threads. */
const LONG_SHARE = 1 / 16

/** Columns that are empty throughout are left out on the way: each that is carried costs as much as one that is not. */
export async function spreadRows(duck: Duck, files: ArchiveFiles, of: Spreading): Promise<void> {
  const paths = await files.bring(of.sources, duck.scratch)
  const rows = await openedFiles(duck, paths)
  const most_long = duck.memory_mb * 1_000_000 * LONG_SHARE
  const isWide = of.long_bytes > most_long
  // A list of texts is written with each row group, whole.
  const { short } = await shortTexts(duck, rows, isWide ? [...of.empty, 'template'] : of.empty)
  await duck.run('SET preserve_insertion_order = false')
  // Long texts are counted file by file, and others by how long they are on average.
  const counted = isWide ? { rows: of.rows, bytes: of.bytes - of.long_bytes } : of
  const held = rowsHeld(counted, { memory_mb: duck.memory_mb / 16, most: HELD_ROWS })
  const row_group = rowsHeld(counted, { memory_mb: duck.memory_mb / 32, most: GROUP_ROWS })
  const groups = `ROW_GROUP_SIZE ${row_group}`
  await duck.run(`SET partitioned_write_flush_threshold = ${held}`)
  if (!isWide) return spreadSome(duck, files, of, { rows, short, groups, nth: '' })
  const cut = `${groups}, ROW_GROUP_SIZE_BYTES ${Math.floor(most_long / 4)}`
  for (const [nth, some] of (await fittingTogether(duck, paths, most_long)).entries())
    await spreadSome(duck, files, of, {
      rows: await openedFiles(duck, some),
      short,
      groups: cut,
      nth: `${nth}-`,
    })
}

type Some = { rows: string; short: string; groups: string; nth: string }

async function spreadSome(
  duck: Duck,
  files: ArchiveFiles,
  { batches, empty, staging }: Spreading,
  { rows, short, groups, nth }: Some,
): Promise<void> {
  const folder = join(duck.scratch, `${nth}spread`)
  const without = empty.length > 0 ? ` EXCLUDE (${empty.join(', ')})` : ''
  await duck.run(`
    COPY (SELECT *${short} FROM (SELECT *${without} REPLACE (identity::UUID AS identity),
      (${SHARD}) * ${batches} // ${SHARED_FILES} AS batch FROM ${rows}))
    TO ${sqlText(folder)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2, ${groups}, PARTITION_BY (batch))`)
  for (const part of await readdir(folder)) {
    const batch = part.slice('batch='.length)
    for (const file of await readdir(join(folder, part)))
      await files.putFile(`${staging}${batch}/${nth}${file}`, join(folder, part, file))
  }
}

/**
 * Files in lists of which each has at most so many bytes of long texts, or is one file: what is spread is held row by row
 * until there are enough of them, however long they are.
 */
async function fittingTogether(duck: Duck, paths: readonly string[], most: number): Promise<string[][]> {
  const told = await duck.rows<{ path: string; bytes: number }>(
    `SELECT in_file AS path, sum(${LONG_BYTES})::DOUBLE AS bytes FROM ${parquetFiles(paths, true)} GROUP BY path`,
  )
  const bytesOf = new Map(told.map(({ path, bytes }) => [path, bytes]))
  const lists: string[][] = []
  let left = 0
  for (const path of paths) {
    const bytes = bytesOf.get(path) ?? 0
    if (lists.length === 0 || bytes > left) {
      lists.push([])
      left = most
    }
    lists.at(-1)?.push(path)
    left -= bytes
  }
  return lists
}
