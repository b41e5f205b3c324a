/** Rows that are sorted in slices come out as if they had been sorted at once. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ROW_ORDER, TEXT_BYTES } from '../../adapters/duckdb-columns.ts'
import { type Duck, openDuck, sameFiles } from '../../adapters/duckdb-open.ts'
import { WIDE_KEYS, writeWideRows } from '../../adapters/duckdb-wide-rows.ts'

let duck: Duck
beforeEach(async () => {
  duck = await openDuck()
})
afterEach(() => duck.close())

const ORDER = ROW_ORDER.join(', ')

/** Few times and devices, so that slices begin within each; some rows are nobody's. */
const MIXED = `
  SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'it''s-' || i % 5 END AS device_id,
    make_timestamp_ms(1_000_000 + i % 3) AS event_time, 'segment-' || i % 2 AS log_segment, i // 8 AS log_offset,
    i // 2 % 4 AS log_tick, CASE WHEN i % 2 = 0 THEN repeat('x', i % 900) END AS payload,
    NULL::VARCHAR AS payload_base64, CASE WHEN i % 2 = 1 THEN repeat('y', i % 900) END AS template
  FROM range(400) made(i) ORDER BY hash(i)`
const OF_NOBODY = `SELECT * REPLACE (NULL::VARCHAR AS device_id) FROM (${MIXED})`
const OF_ONE = `SELECT * REPLACE ('dev-1' AS device_id) FROM (${MIXED})`

it.each([
  ['of many devices and of nobody', MIXED],
  ['of nobody alone', OF_NOBODY],
  ['of one device', OF_ONE],
])('rows %s, in many slices as in one', async (_, made) => {
  await duck.run(`CREATE TABLE made AS ${made}`)
  const sorted = await duck.rows(`SELECT *, ${TEXT_BYTES} AS bytes FROM made ORDER BY ${ORDER}`)
  for (const memory_mb of [0.2, 512]) {
    const slices: string[] = []
    const rows = (within: string) => {
      slices.push(within)
      return `SELECT * FROM made WHERE ${within}`
    }
    const path = join(duck.scratch, `made-${memory_mb}.parquet`)
    const of = { keys: `SELECT ${WIDE_KEYS} FROM made`, rows }
    expect(await writeWideRows({ ...duck, memory_mb }, of, { path })).toBe(sorted.length)
    expect(await duck.rows(`SELECT *, ${TEXT_BYTES} AS bytes FROM ${sameFiles([path])}`)).toEqual(sorted)
    expect(slices.length > 1).toBe(memory_mb < 512)
  }
})
