/** Texts that repeat as numbers while rows are moved about: a template has some hundred characters and few values. */
import type { Duck } from './duckdb-open.ts'

/** Columns whose values are few in any archive that is worth the trouble. */
const REPEATING = [
  'log_segment',
  'source',
  'verdict',
  'template',
  'device_type',
  'event_type',
  'time_quality',
  'pilot_state',
]
const MOST_VALUES = 5_000

export type ShortTexts = {
  /** For `SELECT * REPLACE (…)`, in front of what is sorted or spread. */
  short: string
  /** The same behind it. */
  whole: string
}

/** Of the rows of a table, a view or a table function; of as many as fit in memory unless told that there may be more. */
export async function shortTexts(duck: Duck, rows: string, many = false): Promise<ShortTexts> {
  const few = many ? await fewValued(duck, rows, REPEATING, MOST_VALUES) : REPEATING
  await typesOf(duck, rows, few)
  // What is many in this archive stays as it is.
  const one = few.length === 0 ? ['log_segment AS log_segment'] : []
  return {
    short: [...few.map((name) => `${name}::few_${name} AS ${name}`), ...one].join(', '),
    whole: [...few.map((name) => `${name}::VARCHAR AS ${name}`), ...one].join(', '),
  }
}

/** Those of the columns that have few values. */
export async function fewValued(
  duck: Duck,
  rows: string,
  columns: readonly string[],
  most: number,
): Promise<string[]> {
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
