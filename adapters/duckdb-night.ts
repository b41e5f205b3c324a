/** The night's heavy work in DuckDB: one call at a time, each with a DuckDB of its own that goes with it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { HASHES, SHARED_FILES } from '../events/archive-places.ts'
import type { NightEngine, ShardSums, Survey } from '../workflows/night-ports.ts'
import { ROWS_AND_SUM } from './duckdb-columns.ts'
import { compactRows } from './duckdb-compact.ts'
import { gatherRows, layoutsInMonths, verifyMonthRows } from './duckdb-gather.ts'
import { type Duck, type DuckOptions, openDuck, sameFiles, sqlText } from './duckdb-open.ts'
import { openedFiles, placedFiles } from './duckdb-places.ts'
import { shortTexts } from './duckdb-short-texts.ts'
import { verifyRows } from './duckdb-verify.ts'
import { createGate } from './gate.ts'

export function duckdbNight(files: ArchiveFiles, options: DuckOptions = {}): NightEngine {
  const gate = createGate(1)
  const alone = <T>(work: (duck: Duck) => Promise<T>): Promise<T> =>
    gate(async () => {
      const duck = await openDuck(options)
      try {
        return await work(duck)
      } finally {
        await duck.close()
      }
    })
  return {
    survey: (names) => alone((duck) => survey(duck, files, names)),
    spread: (names, batches, staging) => alone((duck) => spread(duck, files, { names, batches, staging })),
    compact: (of) => alone((duck) => compactRows(duck, files, of)),
    verify: (of, made) => alone((duck) => verifyRows(duck, files, of, made)),
    layouts: (months) => alone((duck) => layoutsInMonths(duck, files, months)),
    gather: (of) => alone((duck) => gatherRows(duck, files, of)),
    verifyMonth: (of, made) => alone((duck) => verifyMonthRows(duck, files, of, made)),
  }
}

async function survey(duck: Duck, files: ArchiveFiles, names: readonly string[]): Promise<Survey> {
  if (names.length === 0) return NOTHING
  const paths = await files.bring(names, duck.scratch)
  const whole = await lookAt(duck, paths).catch(() => null)
  if (whole) return { ...whole, damaged: [] }
  // Something among them cannot be read: each is tried by itself.
  const damaged: Survey['damaged'] = []
  const sound: string[] = []
  for (const [n, path] of paths.entries()) {
    const error = await readThrough(duck, path)
    if (error === null) sound.push(path)
    else damaged.push({ name: names[n] as string, error })
  }
  return { ...(sound.length > 0 ? await lookAt(duck, sound) : NOTHING), damaged }
}

const NOTHING: Survey = { rows: 0, days: [], sums: [], damaged: [] }

/** Reads every value of every file, so that one that is broken anywhere is found before work is built on it. */
async function lookAt(duck: Duck, paths: string[]): Promise<Omit<Survey, 'damaged'>> {
  // Files that landed before the last column came are read the long way.
  return look(duck, sameFiles(paths)).catch(() => look(duck, placedFiles(paths)))
}

async function look(duck: Duck, landed: string): Promise<Omit<Survey, 'damaged'>> {
  const sums = await duck.rows<ShardSums>(`
    SELECT device_hash * ${SHARED_FILES} // ${HASHES} AS shard, ${ROWS_AND_SUM}
    FROM ${landed} GROUP BY shard ORDER BY shard`)
  const days = await duck.rows<{ day: string; rows: number; devices: number }>(`
    SELECT event_time::DATE::VARCHAR AS day, count(*) AS rows, count(DISTINCT device_id) AS devices
    FROM ${landed} GROUP BY day ORDER BY day`)
  return { rows: days.reduce((sum, day) => sum + day.rows, 0), days, sums }
}

async function readThrough(duck: Duck, path: string): Promise<string | null> {
  try {
    await look(duck, placedFiles([path]))
    return null
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'the file').slice(0, 500)
  }
}

async function spread(
  duck: Duck,
  files: ArchiveFiles,
  of: { names: readonly string[]; batches: number; staging: string },
): Promise<void> {
  const paths = await files.bring(of.names, duck.scratch)
  const folder = join(duck.scratch, 'spread')
  const rows = await openedFiles(duck, paths)
  const { short } = await shortTexts(duck, rows, true)
  await duck.run('SET preserve_insertion_order = false')
  await duck.run(`
    COPY (SELECT * REPLACE (${short}), device_hash * ${of.batches} // ${HASHES} AS batch FROM ${rows})
    TO ${sqlText(folder)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2, ROW_GROUP_SIZE 30720, PARTITION_BY (batch))`)
  for (const part of await readdir(folder)) {
    const batch = part.slice('batch='.length)
    for (const file of await readdir(join(folder, part)))
      await files.putFile(`${of.staging}${batch}/${file}`, join(folder, part, file))
  }
}
