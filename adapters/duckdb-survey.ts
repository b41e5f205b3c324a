/** What has landed, and whether it can be read. */
import type { ArchiveFiles } from '../events/archive.ts'
import type { RowSums, Survey } from '../workflows/night-ports.ts'
import { addSums } from '../workflows/staging.ts'
import { LONG_BYTES, ROWS_AND_SUM, SHARD, STORED_COLUMNS, TEXT_BYTES } from './duckdb-columns.ts'
import { type Duck, sameFiles } from './duckdb-open.ts'
import { placedFiles } from './duckdb-places.ts'

export async function surveyRows(duck: Duck, files: ArchiveFiles, names: readonly string[]): Promise<Survey> {
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

const NOTHING: Survey = { rows: 0, days: [], sums: [], empty: [], damaged: [] }

/** Reads every value of every file, so that one that is broken anywhere is found before work is built on it. */
async function lookAt(duck: Duck, paths: string[]): Promise<Omit<Survey, 'damaged'>> {
  // Files that landed before the last column came are read the long way.
  return look(duck, sameFiles(paths)).catch(() => look(duck, placedFiles(paths)))
}

async function look(duck: Duck, landed: string): Promise<Omit<Survey, 'damaged'>> {
  const values = STORED_COLUMNS.map((name) => `count(${name}) AS values_${name}`)
  const found = await duck.rows<DayOfShard>(`
    SELECT event_time::DATE::VARCHAR AS day, ${SHARD} AS shard, count(DISTINCT device_id) AS devices, ${ROWS_AND_SUM},
      sum(${TEXT_BYTES})::DOUBLE AS bytes, sum(${LONG_BYTES})::DOUBLE AS long_bytes, ${values.join(', ')}
    FROM ${landed} GROUP BY day, shard ORDER BY day, shard`)
  const days = [...Map.groupBy(found, ({ day }) => day)].map(([day, own]) => ({
    day,
    rows: total(own, 'rows'),
    devices: total(own, 'devices'),
  }))
  const shards = [...Map.groupBy(found, ({ shard }) => shard)].sort(([a], [b]) => a - b)
  const sums = shards.map(([shard, own]) => ({
    shard,
    ...addSums(own),
    bytes: total(own, 'bytes'),
    long_bytes: total(own, 'long_bytes'),
  }))
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
  bytes: number
  long_bytes: number
  [values: `values_${string}`]: number
}

function total(
  rows: readonly DayOfShard[],
  column: 'rows' | 'devices' | 'bytes' | 'long_bytes' | `values_${string}`,
): number {
  return rows.reduce((sum, row) => sum + (row[column] ?? 0), 0)
}

async function readThrough(duck: Duck, path: string): Promise<string | null> {
  try {
    await look(duck, placedFiles([path]))
    return null
  } catch (error) {
    return (error as Error).message.replaceAll(path, 'the file').slice(0, 500)
  }
}
