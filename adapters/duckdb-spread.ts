/** Landed rows into files of one batch each. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { SHARED_FILES } from '../events/archive-places.ts'
import type { Spreading } from '../workflows/night-ports.ts'
import { rowsHeld, SHARD } from './duckdb-columns.ts'
import { type Duck, sqlText } from './duckdb-open.ts'
import { openedFiles } from './duckdb-places.ts'
import { shortTexts } from './duckdb-short-texts.ts'

/** Of each thread, of all batches; as DuckDB has it unless told. */
const HELD_ROWS = 524_288
/** So that a batch can be read by several threads. */
const GROUP_ROWS = 30_720

/** Columns that are empty throughout are left out on the way: each that is carried costs as much as one that is not. */
export async function spreadRows(duck: Duck, files: ArchiveFiles, of: Spreading): Promise<void> {
  const paths = await files.bring(of.sources, duck.scratch)
  const folder = join(duck.scratch, 'spread')
  const rows = await openedFiles(duck, paths)
  const without = of.empty.length > 0 ? ` EXCLUDE (${of.empty.join(', ')})` : ''
  const { short } = await shortTexts(duck, rows, of.empty)
  await duck.run('SET preserve_insertion_order = false')
  const held = rowsHeld(of, { memory_mb: duck.memory_mb / 16, most: HELD_ROWS })
  const row_group = rowsHeld(of, { memory_mb: duck.memory_mb / 32, most: GROUP_ROWS })
  await duck.run(`SET partitioned_write_flush_threshold = ${held}`)
  await duck.run(`
    COPY (SELECT *${short} FROM (SELECT *${without} REPLACE (identity::UUID AS identity),
      (${SHARD}) * ${of.batches} // ${SHARED_FILES} AS batch FROM ${rows}))
    TO ${sqlText(folder)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2, ROW_GROUP_SIZE ${row_group},
      PARTITION_BY (batch))`)
  for (const part of await readdir(folder)) {
    const batch = part.slice('batch='.length)
    for (const file of await readdir(join(folder, part)))
      await files.putFile(`${of.staging}${batch}/${file}`, join(folder, part, file))
  }
}
