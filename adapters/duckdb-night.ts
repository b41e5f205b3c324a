/** The night's heavy work in DuckDB: one call at a time, each with a DuckDB of its own that goes with it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import { SHARED_FILES } from '../events/archive-places.ts'
import type { NightEngine, RowSums, ShardSums, Spreading, Survey } from '../workflows/night-ports.ts'
import { addSums } from '../workflows/staging.ts'
import { ROWS_AND_SUM, SHARD, STORED_COLUMNS } from './duckdb-columns.ts'
import { compactRows } from './duckdb-compact.ts'
import { gatherRows, layoutsInMonths, verifyMonthRows } from './duckdb-gather.ts'
import { type Duck, type DuckOptions, openDuck, sameFiles, sqlText } from './duckdb-open.ts'
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
    spread: (of) => alone((duck) => spread(duck, files, of)),
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
  const whole = await look(duck, paths).catch(() => null)
  if (whole) return { ...whole, damaged: [] }
  // Something among them cannot be read: each is tried by itself.
  const damaged: Survey['damaged'] = []
  const sound: string[] = []
  for (const [n, path] of paths.entries()) {
    const error = await readThrough(duck, path)
    if (error === null) sound.push(path)
    else damaged.push({ name: names[n] as string, error })
  }
  return { ...(sound.length > 0 ? await look(duck, sound) : NOTHING), damaged }
}

const NOTHING: Survey = { rows: 0, days: [], sums: [], empty: [], damaged: [] }

/** Reads every value of every file, so that one that is broken anywhere is found before work is built on it. */
async function look(duck: Duck, paths: string[]): Promise<Omit<Survey, 'damaged'>> {
  const values = STORED_COLUMNS.map((name) => `count(${name}) AS values_${name}`)
  const found = await duck.rows<DayOfShard>(`
    SELECT event_time::DATE::VARCHAR AS day, ${SHARD} AS shard, count(DISTINCT device_id) AS devices, ${ROWS_AND_SUM},
      ${values.join(', ')}
    FROM ${sameFiles(paths)} GROUP BY day, shard ORDER BY day, shard`)
  const days = [...Map.groupBy(found, ({ day }) => day)].map(([day, own]) => ({
    day,
    rows: total(own, 'rows'),
    devices: total(own, 'devices'),
  }))
  const shards = [...Map.groupBy(found, ({ shard }) => shard)].sort(([a], [b]) => a - b)
  const sums: ShardSums[] = shards.map(([shard, own]) => ({ shard, ...addSums(own) }))
  return {
    rows: total(found, 'rows'),
    days,
    sums,
    empty: STORED_COLUMNS.filter((name) => total(found, `values_${name}`) === 0),
  }
}

type DayOfShard = RowSums & {
  day: string
  shard: number
  devices: number
  [values: `values_${string}`]: number
}

function total(rows: readonly DayOfShard[], column: 'rows' | 'devices' | `values_${string}`): number {
  return rows.reduce((sum, row) => sum + (row[column] ?? 0), 0)
}

async function readThrough(duck: Duck, path: string): Promise<string | null> {
  try {
    await look(duck, [path])
    return null
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'the file').slice(0, 500)
  }
}

/** Columns that are empty throughout are left out on the way: each that is carried costs as much as one that is not. */
async function spread(duck: Duck, files: ArchiveFiles, of: Spreading): Promise<void> {
  const paths = await files.bring(of.sources, duck.scratch)
  const folder = join(duck.scratch, 'spread')
  const without = of.empty.length > 0 ? ` EXCLUDE (${of.empty.join(', ')})` : ''
  const { short } = await shortTexts(duck, sameFiles(paths), { left: of.empty, many: true })
  await duck.run('SET preserve_insertion_order = false')
  await duck.run(`
    COPY (SELECT *${short} FROM (SELECT *${without} REPLACE (identity::UUID AS identity),
      (${SHARD}) * ${of.batches} // ${SHARED_FILES} AS batch FROM ${sameFiles(paths)}))
    TO ${sqlText(folder)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2, ROW_GROUP_SIZE 30720, PARTITION_BY (batch))`)
  for (const part of await readdir(folder)) {
    const batch = part.slice('batch='.length)
    for (const file of await readdir(join(folder, part)))
      await files.putFile(`${of.staging}${batch}/${file}`, join(folder, part, file))
  }
}
