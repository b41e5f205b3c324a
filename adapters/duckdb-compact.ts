/**
 * Rows of landing files into the files where they stay: each record once, by device and time. What is there already is
 * kept, and rewritten only where something is added to it.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import type { Compacted, Compaction, StagedPartition } from '../workflows/night-ports.ts'
import {
  MOST_GROUP_ROWS,
  parquetOptions,
  ROW_ORDER,
  rowsHeld,
  STORED_COLUMNS,
  STORED_SELECT,
  storedSelect,
} from './duckdb-columns.ts'
import { dropCopies } from './duckdb-copies.ts'
import { hasSmallFiles, openHeld, openLanded, type Part, placeRows } from './duckdb-landed.ts'
import { type Duck, type DuckLane, sqlText } from './duckdb-open.ts'
import { shortTexts } from './duckdb-short-texts.ts'
import { steadyColumns } from './duckdb-steady.ts'
import { setWideApart, writeWidePart } from './duckdb-wide-parts.ts'

export async function compactRows(duck: Duck, files: ArchiveFiles, of: Compaction): Promise<Compacted> {
  if (of.sources.length === 0) return { partitions: [], rows: 0, copies: 0 }
  const paths = await openLanded(duck, files, of)
  const parts = await placeRows(duck, files, of)
  const nothing_held = await openHeld(duck, files, parts)
  const copies = await dropCopies(duck, parts.length)
  const touched = copies > 0 ? await partsOf(duck, 'fresh') : parts.map((_, part) => part)
  const { wide, rest } = await setWideApart(duck, touched, { bytes: of.bytes, nothing_held })
  const partitions =
    rest.length > 0
      ? await writeParts(duck, files, of, { parts, rest, paths: nothing_held ? paths : null })
      : []
  if (wide.length > 0) await duck.run('DROP TABLE IF EXISTS sorted')
  for (const part of wide) {
    const rows = await writeWidePart(duck, part, pathOf(duck, part))
    partitions.push(await stagePart(duck, files, of, { ...(parts[part] as Part), part, rows }))
  }
  partitions.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { partitions, rows: partitions.reduce((sum, { rows }) => sum + rows, 0), copies }
}

type Writing = { parts: readonly Part[]; rest: number[]; paths: readonly string[] | null }

/** Those of the parts that fit in memory together. */
async function writeParts(
  duck: Duck,
  files: ArchiveFiles,
  of: Compaction,
  { parts, rest, paths }: Writing,
): Promise<StagedPartition[]> {
  // One more look at many small files would cost more than it spares.
  const columns = hasSmallFiles(of) ? ALL : await columnsToSort(duck, paths)
  const source = rest.length > 1 ? await sortParts(duck, rest, columns) : sortedPart(columns)
  const partitions: StagedPartition[] = []
  // Each lane works with its own thread from here on: several threads at one small file wait for each other most of the time.
  await duck.run('SET threads = 1')
  const left = [...rest]
  await Promise.all(
    duck.lanes.map(async (lane) => {
      for (let part = left.shift(); part !== undefined; part = left.shift())
        partitions.push(await writePart(lane, files, of, { ...(parts[part] as Part), part, source }))
    }),
  )
  return partitions
}

async function partsOf(duck: Duck, rows: string): Promise<number[]> {
  const found = await duck.rows<{ part: number }>(`SELECT DISTINCT part FROM ${rows} ORDER BY part`)
  return found.map(({ part }) => part)
}

/** Rows of a part in their order, as SQL. */
type PartSource = (part: number) => string

/** What is sorted, in its short form, and what is written of it. */
type SortColumns = { carried: string; short: string; order: string; written: string }

const ALL: SortColumns = {
  carried: STORED_SELECT,
  short: '',
  order: ROW_ORDER.join(', '),
  written: STORED_COLUMNS.join(', '),
}

/** A sort costs what it carries: texts go as numbers, and what is the same in all rows of the files does not go at all. */
async function columnsToSort(duck: Duck, paths: readonly string[] | null): Promise<SortColumns> {
  const steady = paths ? await steadyColumns(duck, paths) : new Map<string, string>()
  const carried = storedSelect(STORED_COLUMNS.filter((name) => !steady.has(name)))
  const rows = `(SELECT ${STORED_SELECT} FROM fresh UNION ALL SELECT ${STORED_SELECT} FROM held)`
  const { short, long } = await shortTexts(duck, rows, [...steady.keys()])
  const written = STORED_COLUMNS.map((name) => {
    const value = steady.get(name) ?? (long.includes(name) ? `${name}::VARCHAR` : name)
    return value === name ? name : `${value} AS ${name}`
  })
  const order = ROW_ORDER.filter((name) => !steady.has(name)).join(', ')
  return { carried, short, order, written: written.join(', ') }
}

/** Straight from what there is: for one part nothing has to be kept in between. */
function sortedPart({ carried, short, order, written }: SortColumns): PartSource {
  return (part) => `
    SELECT ${written} FROM (SELECT *${short} FROM (
      SELECT ${carried} FROM fresh WHERE part = ${part}
      UNION ALL SELECT ${carried} FROM held WHERE part = ${part}) ORDER BY ${order})`
}

/** All parts sorted at once, and each then read off: some five times as fast as sorting each by itself. */
async function sortParts(
  duck: Duck,
  touched: readonly number[],
  { carried, short, order, written }: SortColumns,
): Promise<PartSource> {
  await duck.run(`
    CREATE TABLE sorted AS SELECT *${short} FROM (
      SELECT ${carried}, part FROM fresh
      UNION ALL SELECT ${carried}, part FROM held WHERE part IN (${touched.join(', ')}))
    ORDER BY part, ${order}`)
  return (part) => `SELECT ${written} FROM sorted WHERE part = ${part}`
}

async function writePart(
  duck: DuckLane,
  files: ArchiveFiles,
  of: Compaction,
  { source, ...part }: Part & { part: number; source: PartSource },
): Promise<StagedPartition> {
  const most_held = { memory_mb: duck.memory_mb / 8, most: MOST_GROUP_ROWS }
  const row_group = rowsHeld({ rows: of.landed.rows, bytes: of.bytes }, most_held)
  const [copied] = await duck.rows<{ Count: number }>(
    `COPY (${source(part.part)}) TO ${sqlText(pathOf(duck, part.part))} ${parquetOptions(row_group)}`,
  )
  return stagePart(duck, files, of, { ...part, rows: copied?.Count ?? 0 })
}

function pathOf({ scratch }: DuckLane, part: number): string {
  return join(scratch, `part-${part}.parquet`)
}

/** What has been written of a part, into the staging folder. */
async function stagePart(
  duck: DuckLane,
  files: ArchiveFiles,
  { staging }: Compaction,
  { name, day, existed, part, rows }: Part & { part: number; rows: number },
): Promise<StagedPartition> {
  const path = pathOf(duck, part)
  const { size } = await stat(path)
  const staged = `${staging}${part}.parquet`
  await files.putFile(staged, path)
  return { name, staged, day, rows, bytes: size, existed }
}
