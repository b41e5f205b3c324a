/** Columns that say the same in every row of some files: they need not be carried through a sort to be written again. */
import { FILE_TYPES } from './duckdb-columns.ts'
import { type Duck, sqlText } from './duckdb-open.ts'
import { PLACE_COLUMNS } from './duckdb-places.ts'

/** By the files' footers alone, which DuckDB must have written: each such column with its value as SQL writes it. */
export async function steadyColumns(
  duck: Duck,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const told = await duck.rows<Told>(`
    SELECT path_in_schema AS name, bool_and(stats_null_count = num_values) AS empty,
      bool_and(stats_null_count = 0 AND stats_min_value = stats_max_value) AND count(DISTINCT stats_min_value) = 1
        AND (bool_and(min_is_exact AND max_is_exact) OR any_value(type) = 'INT64') AS same, min(stats_min_value) AS value,
      count(DISTINCT file_name) AS files
    FROM parquet_metadata([${paths.map(sqlText).join(', ')}]) GROUP BY name`)
  const by_name = new Map(told.map((column) => [column.name, column]))
  // Of older files, which lack the last column, places are cut anew: their footers do not say them.
  const isOlder = by_name.get('log_tick')?.files !== paths.length
  return new Map(
    FILE_TYPES.flatMap(([name, type]) => {
      if (isOlder && PLACE_COLUMNS.includes(name)) return []
      const column = by_name.get(name)
      if (!column || column.empty) return [[name, `NULL::${type}`] as const]
      const value = column.same && column.files === paths.length ? literal(column.value ?? '', type) : null
      return value === null ? [] : [[name, value] as const]
    }),
  )
}

type Told = { name: string; empty: boolean | null; same: boolean | null; value: string | null; files: number }

/** Longer texts may be cut in a footer, and others written in a way of its own. */
function literal(value: string, type: string): string | null {
  if (type === 'BIGINT' && /^\d{1,15}$/.test(value)) return `${value}::BIGINT`
  return type === 'VARCHAR' && /^[\w.:-]{1,40}$/.test(value) ? sqlText(value) : null
}
