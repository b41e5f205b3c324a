/** Files to be whose rows are too long to be sorted with all the others, or at once. */
import { LONG_BYTES, STORED_SELECT, TEXT_BYTES } from './duckdb-columns.ts'
import type { Duck, DuckLane } from './duckdb-open.ts'
import { WIDE_KEYS, WIDE_SHARE, writeWideRows } from './duckdb-wide-rows.ts'

/** Of the memory: so long the texts may be of what is sorted together, as batches are cut. */
const SORTED_SHARE = 1 / 3

/**
 * Which of the touched parts are written by themselves, so that texts of the others fit in memory together: most often
 * none. Rows of theirs are not in `fresh` and `held` any more, but in `wide_fresh` and `wide_held`.
 */
export async function setWideApart(
  duck: Duck,
  touched: readonly number[],
  { bytes, nothing_held }: { bytes: number; nothing_held: boolean },
): Promise<{ wide: number[]; rest: number[] }> {
  const wide: number[] = []
  if (touched.length === 0) return { wide, rest: [] }
  const own = `part IN (${touched.join(', ')})`
  const held = nothing_held ? 0 : await bytesHeld(duck, own)
  if (bytes + held > duck.memory_mb * 1_000_000 * SORTED_SHARE) {
    const parts = await duck.rows<{ part: number; bytes: number }>(`
      SELECT part, sum(bytes)::DOUBLE AS bytes FROM (
        SELECT part, ${LONG_BYTES} AS bytes FROM fresh UNION ALL SELECT part, ${LONG_BYTES} FROM held WHERE ${own})
      GROUP BY part ORDER BY bytes DESC`)
    let left = parts.reduce((sum, part) => sum + part.bytes, 0)
    for (const { part, bytes } of parts) {
      if (left <= duck.memory_mb * 1_000_000 * WIDE_SHARE) break
      wide.push(part)
      left -= bytes
    }
  }
  if (wide.length > 0) for (const rows of ['fresh', 'held']) await takeOut(duck, rows, wide)
  return { wide, rest: touched.filter((part) => !wide.includes(part)) }
}

async function bytesHeld(duck: Duck, own: string): Promise<number> {
  const [held] = await duck.rows<{ bytes: number }>(
    `SELECT coalesce(sum(${TEXT_BYTES}), 0)::DOUBLE AS bytes FROM held WHERE ${own}`,
  )
  return held?.bytes ?? 0
}

async function takeOut(duck: Duck, rows: string, parts: readonly number[]): Promise<void> {
  await duck.run(`ALTER VIEW ${rows} RENAME TO wide_${rows}`)
  await duck.run(
    `CREATE VIEW ${rows} AS SELECT * FROM wide_${rows} WHERE part IS NULL OR part NOT IN (${parts.join(', ')})`,
  )
}

/** Resolves with how many rows the part has. */
export function writeWidePart(duck: DuckLane, part: number, path: string): Promise<number> {
  const rowsOf = (columns: string, within = 'true') =>
    ['wide_fresh', 'wide_held']
      .map((from) => `SELECT ${columns} FROM ${from} WHERE part = ${part} AND ${within}`)
      .join(' UNION ALL ')
  return writeWideRows(
    duck,
    { keys: rowsOf(WIDE_KEYS), rows: (within) => rowsOf(STORED_SELECT, within) },
    { path },
  )
}
