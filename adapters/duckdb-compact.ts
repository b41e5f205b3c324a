/**
 * Rows of landing files into the files where they stay: each record once, by device and time. What is there already is
 * kept, and rewritten only where something is added to it.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArchivedRecord, type ArchiveFiles, recordOfRow } from '../events/archive.ts'
import { MONTH_KINDS, monthFolder, monthOf, readMonthFile } from '../events/archive-months.ts'
import { HASHES, PARTITION_FILE, type Place, placeFolder, SHARED_FILES } from '../events/archive-places.ts'
import { archiveRow } from '../processors/archive-row.ts'
import { openRecord } from '../processors/decode-record.ts'
import type { Compacted, Compaction, StagedPartition } from '../workflows/night-ports.ts'
import { filesOfDevices } from './archive-files.ts'
import { PARQUET_OPTIONS, RECORD_SELECT, ROW_ORDER, STORED_SELECT } from './duckdb-columns.ts'
import { type Duck, type DuckLane, parquetFiles, sqlText } from './duckdb-open.ts'
import { PLACE, placed, placedWhereOlder } from './duckdb-places.ts'
import { type ShortTexts, shortTexts } from './duckdb-short-texts.ts'

/** A file to be: where it lies, and whether it is there. */
export type Part = { name: string; day: string; existed: boolean }

export async function compactRows(duck: Duck, files: ArchiveFiles, of: Compaction): Promise<Compacted> {
  if (of.sources.length === 0) return { partitions: [], rows: 0, copies: 0 }
  await openLanded(duck, files, of)
  const parts = await placeRows(duck, files, of)
  await openHeld(duck, files, parts)
  const copies = await dropCopies(duck, parts.length)
  const touched = copies > 0 ? await partsOf(duck, 'fresh') : parts.map((_, part) => part)
  const rows = `(SELECT ${STORED_SELECT} FROM fresh UNION ALL SELECT ${STORED_SELECT} FROM held)`
  // One more look at many small files would cost more than it spares.
  const texts = of.landed.rows / of.sources.length > SMALL_FILE ? await shortTexts(duck, rows) : null
  const source = touched.length > 1 ? await sortParts(duck, touched, texts) : sortedPart(texts)
  const partitions: StagedPartition[] = []
  // Each lane works with its own thread from here on: several threads at one small file wait for each other most of the time.
  await duck.run('SET threads = 1')
  await Promise.all(
    duck.lanes.map(async (lane) => {
      for (let part = touched.shift(); part !== undefined; part = touched.shift())
        partitions.push(await writePart(lane, files, of, { ...(parts[part] as Part), part, source }))
    }),
  )
  partitions.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { partitions, rows: partitions.reduce((sum, { rows }) => sum + rows, 0), copies }
}

/** Rows of a file. */
const SMALL_FILE = 2_000

async function partsOf(duck: Duck, rows: string): Promise<number[]> {
  const found = await duck.rows<{ part: number }>(`SELECT DISTINCT part FROM ${rows} ORDER BY part`)
  return found.map(({ part }) => part)
}

/**
 * `landed`: every row of the sources, told apart by file and place in it, and never held in memory. `keys`: of each row
 * what says where it goes and whether it is a copy, which is.
 */
export async function openLanded(duck: Duck, files: ArchiveFiles, { sources }: Compaction): Promise<void> {
  const paths = await files.bring(sources, duck.scratch)
  const landed = (older: boolean) => `SELECT * FROM read_parquet([${paths.map(sqlText).join(', ')}],
    hive_partitioning = false, filename = 'in_file', file_row_number = true, union_by_name = ${older})`
  await duck.run('SET preserve_insertion_order = false')
  // Files that landed before the last column came are read the long way.
  await loadKeys(duck, landed(false)).catch(() => loadKeys(duck, `FROM ${placed(landed(true))}`))
  await duck.run('SET preserve_insertion_order = true')
}

async function loadKeys(duck: Duck, landed: string): Promise<void> {
  await duck.run(`CREATE OR REPLACE VIEW landed AS ${landed}`)
  await duck.run(`
    CREATE TABLE keys AS SELECT in_file, file_row_number, ${PLACE}, received_at, identity, device_id,
      device_hash, device_type IS NOT DISTINCT FROM 'station' AS station, event_time::DATE AS day, reported_timestamp
    FROM landed`)
}

/** `places`: which part the rows of a device and day belong to. */
export async function placeRows(duck: Duck, files: ArchiveFiles, { layouts }: Compaction): Promise<Part[]> {
  const shared = Object.keys(layouts).filter((day) => layouts[day] === 'shared')
  const days = shared.map((day) => `DATE ${sqlText(day)}`)
  await duck.run(`
    CREATE TABLE places AS SELECT *, dense_rank() OVER (ORDER BY day, station, device_id IS NULL, shard, own) - 1 AS part
    FROM (
      SELECT *, CASE WHEN is_shared AND NOT station THEN device_hash * ${SHARED_FILES} // ${HASHES} ELSE 0 END AS shard,
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
 * without a part: they stay where they are.
 */
export async function openHeld(duck: Duck, files: ArchiveFiles, parts: readonly Part[]): Promise<void> {
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

/** `fresh`: landed rows that are no copies, each with its part. Resolves with how many copies there were. */
async function dropCopies(duck: Duck, parts: number): Promise<number> {
  await duck.run('CREATE TABLE dropped (in_file VARCHAR, file_row_number BIGINT)')
  const [figures] = await duck.rows<{ repeated: number; held: number }>(`
    SELECT count(*) - least(count(DISTINCT identity), count(DISTINCT hash(${PLACE}))) AS repeated,
      (SELECT count(*) FROM held) AS held FROM keys`)
  if ((figures?.repeated ?? 0) > 0) {
    await duck.run(dropAllBut(PLACE, 'in_file, file_row_number'))
    // Of two copies the one that came first counts.
    await duck.run(dropAllBut('identity', `received_at, ${PLACE}`))
  }
  if ((figures?.held ?? 0) > 0) await dropHeld(duck)
  const [dropped] = await duck.rows<{ n: number }>('SELECT count(*) AS n FROM dropped')
  const copies = dropped?.n ?? 0
  const undropped =
    copies > 0 ? '(SELECT * FROM landed ANTI JOIN dropped USING (in_file, file_row_number))' : 'landed'
  const placed = `
    SELECT l.*, p.part FROM ${undropped} l JOIN places p ON p.day = l.event_time::DATE
      AND p.device_id IS NOT DISTINCT FROM l.device_id AND p.station = (l.device_type IS NOT DISTINCT FROM 'station')`
  await duck.run(`CREATE VIEW fresh AS ${parts > 1 ? placed : `SELECT *, 0 AS part FROM ${undropped}`}`)
  return copies
}

/** Landed rows that are no copies as far as is known. */
const UNDROPPED = '(SELECT * FROM keys ANTI JOIN dropped USING (in_file, file_row_number))'

function dropAllBut(one_of: string, first_by: string): string {
  return `
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    QUALIFY row_number() OVER (PARTITION BY ${one_of} ORDER BY ${first_by}) > 1`
}

/** Landed rows that an earlier night has put in their place: by position, or as copies of what is there. */
async function dropHeld(duck: Duck): Promise<void> {
  await duck.run(`
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    SEMI JOIN held USING (${PLACE})`)
  await loadHeldIdentities(duck)
  await duck.run(`
    INSERT INTO dropped SELECT in_file, file_row_number FROM ${UNDROPPED}
    WHERE identity IN (SELECT identity FROM held_identities)`)
}

export type HeldRow = ArchivedRecord

/** `held_identities`: made again of those held rows that a landed one could be a copy of. */
export async function loadHeldIdentities(duck: Duck): Promise<void> {
  const candidates = await duck.rows<HeldRow>(`
    SELECT ${RECORD_SELECT} FROM held h SEMI JOIN keys l ON l.device_id = h.device_id AND l.reported_timestamp = h.reported_timestamp`)
  await duck.run('CREATE OR REPLACE TABLE held_identities (identity VARCHAR)')
  const identities = candidates.map((row) => sqlText(identityOfHeld(row)))
  for (let from = 0; from < identities.length; from += 5_000) {
    const values = identities.slice(from, from + 5_000).map((identity) => `(${identity})`)
    await duck.run(`INSERT INTO held_identities VALUES ${values.join(', ')}`)
  }
}

export function identityOfHeld(row: HeldRow): string {
  return archiveRow(openRecord(recordOfRow(row)), () => row.device_id).identity
}

/** Rows of a part in their order, as SQL. */
type PartSource = (part: number) => string

/** Straight from what there is: for one part nothing has to be kept in between. */
function sortedPart(texts: ShortTexts | null): PartSource {
  return (part) => `
    SELECT *${replaced(texts?.whole)} FROM (SELECT *${replaced(texts?.short)} FROM (
      SELECT ${STORED_SELECT} FROM fresh WHERE part = ${part}
      UNION ALL SELECT ${STORED_SELECT} FROM held WHERE part = ${part}) ORDER BY ${ROW_ORDER})`
}

/** All parts sorted at once, and each then read off: some five times as fast as sorting each by itself. */
async function sortParts(
  duck: Duck,
  touched: readonly number[],
  texts: ShortTexts | null,
): Promise<PartSource> {
  await duck.run(`
    CREATE TABLE sorted AS SELECT *${replaced(texts?.short)} FROM (
      SELECT ${STORED_SELECT}, part FROM fresh
      UNION ALL SELECT ${STORED_SELECT}, part FROM held WHERE part IN (${touched.join(', ')}))
    ORDER BY part, ${ROW_ORDER}`)
  return (part) => `SELECT * EXCLUDE (part)${replaced(texts?.whole)} FROM sorted WHERE part = ${part}`
}

function replaced(columns: string | undefined): string {
  return columns === undefined ? '' : ` REPLACE (${columns})`
}

async function writePart(
  duck: DuckLane,
  files: ArchiveFiles,
  { staging }: Compaction,
  { name, day, existed, part, source }: Part & { part: number; source: PartSource },
): Promise<StagedPartition> {
  const path = join(duck.scratch, `part-${part}.parquet`)
  const [copied] = await duck.rows<{ Count: number }>(
    `COPY (${source(part)}) TO ${sqlText(path)} ${PARQUET_OPTIONS}`,
  )
  const { size } = await stat(path)
  const staged = `${staging}${part}.parquet`
  await files.putFile(staged, path)
  return { name, staged, day, rows: copied?.Count ?? 0, bytes: size, existed }
}
