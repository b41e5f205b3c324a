/**
 * Rows whose texts do not fit in memory together, into one file in their order. DuckDB can put aside what it sorts only
 * in part, and holds a row group until it is written. So of each row what it is sorted by is looked at first; the rows
 * follow slice by slice, each sorted by itself into a file of its own; and these one behind the other are the file.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { MOST_GROUP_ROWS, PARQUET, ROW_ORDER, rowsHeld, TEXT_BYTES } from './duckdb-columns.ts'
import { type DuckLane, sameFiles, sqlText } from './duckdb-open.ts'

/** Of the memory: so much of long texts, and what is sorted is put aside on disk well enough. */
export const WIDE_SHARE = 1 / 8
/** What a slice may be, and a row group of what is written: whoever reads the file holds one. */
const SLICE_SHARE = 1 / 24
const GROUP_SHARE = 1 / 32
/** Of a row, beside its texts. */
const ROW_BYTES = 500

/** Whether rows with so many bytes of long texts are more than can be sorted at once. */
export function isWide({ memory_mb }: DuckLane, long_bytes: number): boolean {
  return long_bytes > memory_mb * 1_000_000 * WIDE_SHARE
}

/** What `keys` has of a row. */
export const WIDE_KEYS = `${ROW_ORDER.join(', ')}, ${TEXT_BYTES} AS bytes`

export type WideRows = {
  /** A SELECT of `WIDE_KEYS` of all rows. */
  keys: string
  /** A SELECT of those rows as they are to be written that fulfil a condition on columns of `ROW_ORDER`. */
  rows: (within: string) => string
}

/** Resolves with how many rows there were. */
export async function writeWideRows(
  duck: DuckLane,
  { keys, rows }: WideRows,
  { path, more = '' }: { path: string; more?: string },
): Promise<number> {
  // Several threads would each hold a slice, and what they read would change places.
  await duck.run('SET threads = 1')
  const slices = await slicesOf(duck, keys)
  const bytes = Math.floor(duck.memory_mb * 1_000_000 * GROUP_SHARE)
  const paths: string[] = []
  for (const [nth, slice] of slices.entries()) {
    const one = join(duck.scratch, `slice-${nth}.parquet`)
    const row_group = rowsHeld(slice, {
      memory_mb: duck.memory_mb * GROUP_SHARE,
      most: MOST_GROUP_ROWS,
      least: 16,
    })
    await duck.run(`
      COPY (SELECT * FROM (${rows(within(slice, slices[nth + 1]))}) ORDER BY ${ROW_ORDER.join(', ')})
      TO ${sqlText(one)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION V2, ROW_GROUP_SIZE ${row_group})`)
    paths.push(one)
  }
  // By bytes row groups are cut only where rows need not stay in their order; one thread keeps it.
  await duck.run('SET preserve_insertion_order = false')
  const [copied] = await duck.rows<{ Count: number }>(`
    COPY (SELECT * FROM ${sameFiles(paths)}) TO ${sqlText(path)}
    (${PARQUET}, ROW_GROUP_SIZE ${MOST_GROUP_ROWS}, ROW_GROUP_SIZE_BYTES ${bytes}${more})`)
  await duck.run('SET preserve_insertion_order = true')
  for (const one of paths) await rm(one)
  return copied?.Count ?? 0
}

/** A stretch of the order: where it begins, and what of it files' footers can be asked for. */
type Slice = {
  device_id: string | null
  at: number
  log_segment: string
  log_offset: number
  log_tick: number
  rows: number
  bytes: number
  unplaced: number
  first_device: string | null
  last_device: string | null
  last_at: number
  first_at: number
}

function slicesOf(duck: DuckLane, keys: string): Promise<Slice[]> {
  const most = Math.floor(duck.memory_mb * 1_000_000 * SLICE_SHARE)
  return duck.rows<Slice>(`
    SELECT first(device_id ORDER BY nth) AS device_id, first(epoch_ms(event_time) ORDER BY nth) AS at,
      first(log_segment ORDER BY nth) AS log_segment, first(log_offset ORDER BY nth) AS log_offset,
      first(log_tick ORDER BY nth) AS log_tick, count(*) AS rows, sum(bytes)::DOUBLE AS bytes,
      count(*) - count(device_id) AS unplaced, min(device_id) AS first_device, max(device_id) AS last_device,
      epoch_ms(min(event_time)) AS first_at, epoch_ms(max(event_time)) AS last_at
    FROM (
      SELECT *, row_number() OVER in_order AS nth,
        sum(coalesce(bytes, 0) + ${ROW_BYTES}) OVER (in_order ROWS UNBOUNDED PRECEDING) // ${most} AS slice
      FROM (${keys}) WINDOW in_order AS (ORDER BY ${ROW_ORDER.join(', ')}))
    GROUP BY slice ORDER BY slice`)
}

/** Rows of the slice, up to where the next one begins. Bounds that footers have spare reading most of the rest. */
function within(slice: Slice, next: Slice | undefined): string {
  const { unplaced, first_device, last_device, first_at, last_at } = slice
  const times = `event_time >= ${time(first_at)} AND event_time <= ${time(last_at)}`
  const devices =
    unplaced === 0
      ? `device_id >= ${sqlText(first_device ?? '')} AND device_id <= ${sqlText(last_device ?? '')}`
      : 'true'
  return [times, devices, `NOT ${before(slice)}`, ...(next ? [before(next)] : [])].join(' AND ')
}

/** Rows that come before where a slice begins. Written out: DuckDB makes a range of two compared rows, and refuses it. */
function before({ device_id, at, log_segment, log_offset, log_tick }: Slice): string {
  const places = `log_segment < ${sqlText(log_segment)} OR (log_segment = ${sqlText(log_segment)} AND
    (log_offset < ${log_offset} OR (log_offset = ${log_offset} AND log_tick < ${log_tick})))`
  const of_device = `event_time < ${time(at)} OR (event_time = ${time(at)} AND (${places}))`
  // Those of nobody come last.
  if (device_id === null) return `(device_id IS NOT NULL OR ${of_device})`
  const device = sqlText(device_id)
  return `coalesce(device_id < ${device} OR (device_id = ${device} AND (${of_device})), false)`
}

function time(ms: number): string {
  return `make_timestamp_ms(${ms})`
}
