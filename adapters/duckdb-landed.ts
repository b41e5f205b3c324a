/** What a compaction works on: rows that have landed, where they are to lie, and what lies there already. */
import type { ArchiveFiles } from '../events/archive.ts'
import { MONTH_KINDS, monthFolder, monthOf, readMonthFile } from '../events/archive-months.ts'
import { PARTITION_FILE, type Place, placeFolder } from '../events/archive-places.ts'
import type { Compaction } from '../workflows/night-ports.ts'
import { filesOfDevices } from './archive-files.ts'
import { noRows, SHARED_FILE } from './duckdb-columns.ts'
import { type Duck, parquetFiles, sqlText } from './duckdb-open.ts'
import { PLACE, PLACE_COLUMNS, placed, placedWhereOlder } from './duckdb-places.ts'

/** A file to be: where it lies, and whether it is there. */
export type Part = { name: string; day: string; existed: boolean }

export function hasSmallFiles({ landed, sources }: Compaction): boolean {
  return landed.rows / sources.length < SMALL_FILE
}

/** Rows of a file. */
const SMALL_FILE = 2_000

/**
 * `landed`: every row of the sources, told apart by file and place in it, and never held in memory; columns that were not
 * carried here are empty. `keys`: of each row what says where it goes and whether it is a copy. Many small files are
 * looked at once for it; of large ones each question reads the few columns that it asks for.
 */
export async function openLanded(duck: Duck, files: ArchiveFiles, of: Compaction): Promise<string[]> {
  const paths = await files.bring(of.sources, duck.scratch)
  const landed = (older: boolean) => `SELECT * REPLACE (identity::UUID AS identity)
    FROM read_parquet([${paths.map(sqlText).join(', ')}], hive_partitioning = false, filename = 'in_file',
      file_row_number = true, union_by_name = ${older})`
  await duck.run('SET preserve_insertion_order = false')
  // Files that landed before the last column came are read the long way.
  await openKeys(duck, of, landed(false)).catch(() => openKeys(duck, of, `FROM ${placed(landed(true))}`))
  await duck.run('SET preserve_insertion_order = true')
  return paths
}

/** Rejects where a file lacks the last column. */
async function openKeys(duck: Duck, of: Compaction, landed: string): Promise<void> {
  const small = hasSmallFiles(of)
  await duck.run(`CREATE OR REPLACE VIEW landed AS SELECT ${NOTHING_CARRIED} UNION ALL BY NAME ${landed}`)
  if (!small) await duck.rows('SELECT count(log_tick) FROM landed')
  await duck.run(`
    CREATE OR REPLACE ${small ? 'TABLE' : 'VIEW'} keys AS SELECT in_file, file_row_number, ${PLACE}, received_at, identity,
      device_id, device_hash, device_type IS NOT DISTINCT FROM 'station' AS station, event_time::DATE AS day,
      reported_timestamp
    FROM landed`)
}

/** Of every column but places, which are carried always. */
const NOTHING_CARRIED = noRows(PLACE_COLUMNS)

/** `places`: which part the rows of a device and day belong to. */
export async function placeRows(duck: Duck, files: ArchiveFiles, { layouts }: Compaction): Promise<Part[]> {
  const shared = Object.keys(layouts).filter((day) => layouts[day] === 'shared')
  const days = shared.map((day) => `DATE ${sqlText(day)}`)
  await duck.run(`
    CREATE TABLE places AS SELECT *, dense_rank() OVER (ORDER BY day, station, device_id IS NULL, shard, own) - 1 AS part
    FROM (
      SELECT *, CASE WHEN is_shared AND NOT station THEN ${SHARED_FILE} ELSE 0 END AS shard,
        CASE WHEN is_shared OR station THEN NULL ELSE device_id END AS own
      FROM (SELECT DISTINCT day, device_id, device_hash, station, day IN (${days.join(', ') || 'NULL'}) AS is_shared FROM keys))`)
  const parts = await duck.rows<Place & { day: string }>(`
    SELECT any_value(day)::VARCHAR AS day, min(device_id) AS device_id, min(device_hash) AS device_hash,
      CASE WHEN bool_or(station) THEN 'station' END AS device_type FROM places GROUP BY part ORDER BY part`)
  const named = parts.map(({ day, ...place }) => {
    const name = `${placeFolder(day, layouts[day] ?? 'own', place)}/${PARTITION_FILE}`
    return { name, day, existed: false }
  })
  await markExisting(files, named)
  return named
}

async function markExisting(files: ArchiveFiles, parts: Part[]): Promise<void> {
  const folders = new Set(parts.map(({ name }) => name.split('/').slice(0, 3).join('/')))
  const there = new Set<string>()
  for (const folder of folders) for (const { name } of await files.list(`${folder}/`)) there.add(name)
  for (const part of parts) part.existed = there.has(part.name)
}

/**
 * `held`: rows of parts that are there already; and of months that are put together the rows of the same devices and days,
 * without a part: they stay where they are. Resolves with whether there are none.
 */
export async function openHeld(duck: Duck, files: ArchiveFiles, parts: readonly Part[]): Promise<boolean> {
  const held: string[] = []
  const existing = parts.flatMap((part, nth) => (part.existed ? [{ ...part, nth }] : []))
  const paths = await files.bring(
    existing.map(({ name }) => name),
    duck.scratch,
  )
  if (paths.length > 0) {
    const values = paths.map((path, n) => `(${sqlText(path)}, ${existing[n]?.nth})`)
    await duck.run('CREATE TABLE held_files (path VARCHAR, part INTEGER)')
    await duck.run(`INSERT INTO held_files VALUES ${values.join(', ')}`)
    held.push(`
      SELECT h.* EXCLUDE (filename), f.part FROM read_parquet([${paths.map(sqlText).join(', ')}],
        union_by_name = true, hive_partitioning = false, filename = true) h
      JOIN held_files f ON f.path = h.filename`)
  }
  const months = await monthsOf(duck, files, parts)
  if (months.length > 0)
    held.push(`
      SELECT m.* EXCLUDE (part), NULL::INTEGER AS part FROM ${parquetFiles(months)} m
      JOIN (SELECT DISTINCT day, device_id FROM places) p
      ON p.day = m.event_time::DATE AND p.device_id IS NOT DISTINCT FROM m.device_id`)
  // Columns are matched by name: older files may lack some.
  const none = 'SELECT *, 0 AS part FROM landed WHERE false'
  const rows = await placedWhereOlder(
    duck,
    [...paths, ...months],
    [none, ...held].join(' UNION ALL BY NAME '),
  )
  await duck.run(`CREATE VIEW held AS FROM ${rows}`)
  return held.length === 0
}

/** Paths of the files of months that can have rows of devices that are to be placed. */
async function monthsOf(duck: Duck, files: ArchiveFiles, parts: readonly Part[]): Promise<string[]> {
  const months = new Set(parts.map(({ day }) => monthOf(day)))
  const names: string[] = []
  for (const month of months)
    for (const kind of MONTH_KINDS)
      for (const { name } of await files.list(monthFolder(kind, month)))
        if (readMonthFile(name)) names.push(name)
  if (names.length === 0) return []
  const devices = await duck.rows<{ device_id: string | null }>('SELECT DISTINCT device_id FROM places')
  const ids = devices.map(({ device_id }) => device_id)
  return files.bring(filesOfDevices(names, ids), duck.scratch)
}
