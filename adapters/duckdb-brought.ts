/** Wanted rows of files as SQL, and what places in the log each file has. */
import type { ArchiveFile } from '../events/archive.ts'
import type { SurveyedFile } from './archive-stretches.ts'
import { type Duck, parquetFiles } from './duckdb-open.ts'
import { placed } from './duckdb-places.ts'

/** A file, and which of its rows; null: all of them. */
export type Part = { file: ArchiveFile; rows: readonly string[] | null }
/** `older`: its rows have their places as they were cut before. */
export type Brought = Part & { path: string; older: boolean }

/** The wanted rows as a source of a SELECT; a row may be in it more than once. */
export function rowsOf(brought: readonly Brought[], columns: readonly string[], within = 'true'): string {
  const alike = [false, true].flatMap((older) => [
    ...Map.groupBy(
      brought.filter((one) => one.older === older),
      ({ rows }) => rows,
    ),
  ])
  const selects = alike.flatMap(([rows, some]) => {
    const files = parquetFiles(pathsOf(some), columns.includes('in_file'))
    const table = some[0]?.older ? placed(`SELECT * FROM ${files}`) : files
    return (rows ?? ['true']).map(
      (row) => `SELECT ${columns.join(', ')} FROM ${table} WHERE ${within} AND ${row}`,
    )
  })
  return `(${selects.join(' UNION ALL ')})`
}

export function pathsOf(brought: readonly Brought[]): string[] {
  return brought.map(({ path }) => path)
}

/** Where in the log wanted rows are, by file, and of shards that are cut by their bits by shard too. */
export async function findPlaces(
  duck: Duck,
  brought: readonly Brought[],
): Promise<{ surveyed: SurveyedFile[]; older: string[] }> {
  // Where no file at all has the last column, DuckDB knows none of that name.
  const found = await lookAt(duck, brought).catch(() => null)
  const known = new Set(found?.flatMap(({ in_file, rows, ticks }) => (rows === ticks ? [in_file] : [])))
  const isAll = found?.every(({ in_file }) => known.has(in_file)) ?? false
  const late = isAll ? [] : brought.filter(({ path }) => !known.has(path))
  const again =
    late.length > 0
      ? await lookAt(
          duck,
          late.map((one) => ({ ...one, older: true })),
        )
      : []
  const names = new Map(brought.map(({ path, file }) => [path, file.name]))
  const rows = [...(found ?? []).filter(({ in_file }) => known.has(in_file)), ...again]
  return {
    surveyed: rows.map(({ in_file, rows, ...at }) => ({
      name: names.get(in_file) as string,
      rows,
      first: { log_segment: at.first_segment, log_offset: at.first_offset },
      last: { log_segment: at.last_segment, log_offset: at.last_offset },
    })),
    older: late.map(({ file }) => file.name),
  }
}

type FileRow = {
  in_file: string
  rows: number
  ticks: number
  first_segment: string
  last_segment: string
  first_offset: number
  last_offset: number
}

function lookAt(duck: Duck, brought: readonly Brought[]): Promise<FileRow[]> {
  return duck.rows<FileRow>(`
    SELECT in_file, count(*) AS rows, count(log_tick) AS ticks, min(log_segment) AS first_segment,
      max(log_segment) AS last_segment, min(log_offset) AS first_offset, max(log_offset) AS last_offset
    FROM ${rowsOf(brought, ['log_segment', 'log_offset', 'log_tick', 'in_file'])}
    GROUP BY in_file, CASE WHEN log_tick > 0 THEN log_segment END`)
}
