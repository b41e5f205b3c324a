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

/** Of the rows of a table, a view or a table function. */
export async function shortTexts(duck: Duck, rows: string): Promise<ShortTexts> {
  const few = await fewValued(duck, rows, REPEATING, MOST_VALUES)
  // What is many in this archive stays as it is.
  const one = few.length === 0 ? ['log_segment AS log_segment'] : []
  return {
    short: [...few.map((name) => `${name}::few_${name} AS ${name}`), ...one].join(', '),
    whole: [...few.map((name) => `${name}::VARCHAR AS ${name}`), ...one].join(', '),
  }
}

/** Those of the columns that have few values, for each of which there is a type `few_…` then. */
export async function fewValued(
  duck: Duck,
  rows: string,
  columns: readonly string[],
  most: number,
): Promise<string[]> {
  const [values] = await duck.rows<Record<string, number>>(
    `SELECT ${columns.map((name) => `approx_count_distinct(${name}) AS ${name}`).join(', ')} FROM ${rows}`,
  )
  const few = columns.filter((name) => (values?.[name] ?? 0) < most)
  for (const name of few)
    await duck.run(`CREATE TYPE few_${name} AS ENUM
      (SELECT DISTINCT ${name} FROM ${rows} WHERE ${name} IS NOT NULL ORDER BY ${name})`)
  return few
}
