/** Texts that repeat as numbers while rows are moved about: a template has some hundred characters and few values. */
import type { Duck } from './duckdb-open.ts'

/** Columns whose values are long, or may be, and few in any archive that is worth the trouble. */
const REPEATING = ['log_segment', 'template']
const MOST_VALUES = 5_000
/** Texts up to here DuckDB keeps in the row itself: to look them up costs more than it spares. */
const SHORT_BYTES = 12

export type ShortTexts = {
  /** Columns that are shortened. */
  long: readonly string[]
  /** Behind `SELECT *` of what is sorted or spread: ` REPLACE (…)`, or nothing. */
  short: string
  /** The same behind it. */
  whole: string
}

/**
 * Of the rows of a table, a view or a table function. Columns that are `left` out need not be shortened; those of many
 * values cannot be: whoever says something else each time has a template a message.
 */
export async function shortTexts(
  duck: Duck,
  rows: string,
  left: readonly string[] = [],
): Promise<ShortTexts> {
  const asked = REPEATING.filter((name) => !left.includes(name))
  const few = await fewValued(duck, rows, asked, MOST_VALUES)
  await typesOf(duck, rows, few)
  const long = await longOf(duck, few)
  const replaced = (as: (name: string) => string) =>
    long.length === 0 ? '' : ` REPLACE (${long.map((name) => `${name}::${as(name)} AS ${name}`).join(', ')})`
  return { long, short: replaced((name) => `few_${name}`), whole: replaced(() => 'VARCHAR') }
}

/** Those of `typesOf` with texts that are not kept in the row. */
async function longOf(duck: Duck, few: readonly string[]): Promise<string[]> {
  if (few.length === 0) return []
  const longest = few.map((name) => `list_max(list_transform(${name}, text -> strlen(text))) AS ${name}`)
  const [found] = await duck.rows<Record<string, number | null>>(
    `SELECT ${longest.join(', ')} FROM few_lists`,
  )
  return few.filter((name) => (found?.[name] ?? 0) > SHORT_BYTES)
}

/** Those of the columns that have few values. */
async function fewValued(
  duck: Duck,
  rows: string,
  columns: readonly string[],
  most: number,
): Promise<string[]> {
  if (columns.length === 0) return []
  const [values] = await duck.rows<Record<string, number>>(
    `SELECT ${columns.map((name) => `approx_count_distinct(${name}) AS ${name}`).join(', ')} FROM ${rows}`,
  )
  return columns.filter((name) => (values?.[name] ?? 0) < most)
}

/** A type `few_…` for each of the columns. All of them in one look at the rows: many small files cost more to open than to read. */
export async function typesOf(duck: Duck, rows: string, columns: readonly string[]): Promise<void> {
  if (columns.length === 0) return
  const lists = columns.map((name) => `list(DISTINCT ${name}) AS ${name}`)
  await duck.run(`CREATE OR REPLACE TABLE few_lists AS SELECT ${lists.join(', ')} FROM ${rows}`)
  for (const name of columns)
    await duck.run(`CREATE TYPE few_${name} AS ENUM
      (SELECT value FROM (SELECT unnest(${name}) AS value FROM few_lists) WHERE value IS NOT NULL ORDER BY value)`)
}
