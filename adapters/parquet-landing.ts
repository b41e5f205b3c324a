/**
 * Landing files, by parquetjs-lite: the smallest and quickest to load. It rounds, guesses and repeats where it should
 * refuse, so every value is checked before it sees the row.
 */
// @ts-expect-error: it has no types; what is used of it is typed below.
import parquetjs from 'parquetjs-lite'
import type { ArchiveRow } from '../events/archive.ts'
import { BadArchiveRow } from '../processors/archive-batch.ts'

type Field = { type: string; optional: boolean; compression: 'SNAPPY' }
type Sink = { write(bytes: Uint8Array, done: () => void): void; end(done: () => void): void }
/** What `appendRow` gathers until `close`: of each column what it has, and where there is nothing. */
type ColumnData = {
  dlevels: number[]
  rlevels: number[]
  values: unknown[]
  distinct_values: Set<unknown>
  count: number
}
type RowBuffer = {
  rowCount: number
  pageRowCount: number
  columnData: Record<string, ColumnData>
  pages: Record<string, unknown[]>
}
type Writer = { rowBuffer: Partial<RowBuffer>; close(): Promise<void> }
type ParquetJs = {
  ParquetSchema: new (fields: Record<string, Field>) => object
  ParquetWriter: {
    openStream(
      schema: object,
      sink: Sink,
      options: { rowGroupSize: number; pageSize: number; useDataPageV2: boolean },
    ): Promise<Writer>
  }
}
const { ParquetSchema, ParquetWriter } = parquetjs as ParquetJs

type Kind = 'text' | 'integer' | 'number' | 'time' | 'boolean'
type Column = { kind: Kind; optional: boolean }

const need = (kind: Kind): Column => ({ kind, optional: false })
const may = (kind: Kind): Column => ({ kind, optional: true })

/** Every column of a landing file. */
export const LANDING_COLUMNS: Record<keyof ArchiveRow, Column> = {
  log_segment: need('text'),
  log_offset: need('integer'),
  log_tick: need('integer'),
  received_at: need('time'),
  source: need('text'),
  topic: need('text'),
  verdict: need('text'),
  payload: may('text'),
  payload_base64: may('text'),
  template: may('text'),
  v1: may('integer'),
  v2: may('integer'),
  v3: may('integer'),
  v4: may('integer'),
  v5: may('integer'),
  v6: may('integer'),
  identity: need('text'),
  device_id: may('text'),
  device_type: may('text'),
  event_type: may('text'),
  event_time: need('time'),
  reported_timestamp: may('integer'),
  time_quality: may('text'),
  device_hash: need('integer'),
  location: may('text'),
  pilot_state: may('text'),
  pwm_duty_cycle: may('number'),
  current_draw: may('number'),
  voltage_v: may('number'),
  power_kw: may('number'),
  energy_delivered_kwh: may('number'),
  session_id: may('text'),
  heating_call: may('boolean'),
  cooling_call: may('boolean'),
  energy_consumed_kwh: may('number'),
}

const PARQUET: Record<Kind, string> = {
  text: 'UTF8',
  integer: 'INT64',
  number: 'DOUBLE',
  time: 'TIMESTAMP_MILLIS',
  boolean: 'BOOLEAN',
}
const RULES: Record<Kind, { holds: (value: unknown) => boolean; rule: string }> = {
  text: {
    holds: (value) => typeof value === 'string' && value.isWellFormed(),
    rule: 'is not well-formed text',
  },
  integer: { holds: Number.isSafeInteger, rule: 'is not a whole number that a double holds' },
  number: { holds: Number.isFinite, rule: 'is not a finite number' },
  time: {
    holds: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    rule: 'is not a time in ms',
  },
  boolean: { holds: (value) => typeof value === 'boolean', rule: 'is neither true nor false' },
}

const columns = Object.entries(LANDING_COLUMNS) as [keyof ArchiveRow, Column][]
export const LANDING_SCHEMA = new ParquetSchema(
  Object.fromEntries(
    columns.map(([name, { kind, optional }]) => [
      name,
      { type: PARQUET[kind], optional, compression: 'SNAPPY' },
    ]),
  ),
)

/** More than a batch has, so that a file is one row group and one page. */
export const ROW_GROUP = 100_000

/** @throws BadArchiveRow, RangeError for more rows than a file takes */
export async function writeLanding(rows: readonly ArchiveRow[]): Promise<Uint8Array> {
  if (rows.length > ROW_GROUP) throw new RangeError(`${rows.length} rows are more than a landing file takes`)
  for (const row of rows) checkRow(row)
  const chunks: Uint8Array[] = []
  const sink: Sink = {
    write: (bytes, done) => {
      chunks.push(bytes)
      done()
    },
    end: (done) => done(),
  }
  const writer = await ParquetWriter.openStream(LANDING_SCHEMA, sink, {
    rowGroupSize: ROW_GROUP,
    pageSize: ROW_GROUP,
    useDataPageV2: false,
  })
  if (rows.length > 0) writer.rowBuffer = bufferOf(rows)
  await writer.close()
  return Buffer.concat(chunks)
}

/** @throws BadArchiveRow */
export function checkRow(row: ArchiveRow): void {
  for (const [name, { kind, optional }] of columns) {
    const value: unknown = row[name]
    if (value === null && optional) continue
    const { holds, rule } = RULES[kind]
    if (!holds(value)) throw new BadArchiveRow(`${name}: ${String(value).slice(0, 80)} ${rule}`)
  }
}

/**
 * What `appendRow` would come to, by column: row by row it takes some ten times as long, most of a landing file's time. A
 * test holds both to the same bytes.
 */
function bufferOf(rows: readonly ArchiveRow[]): RowBuffer {
  const columnData = Object.fromEntries(columns.map((column) => [column[0], columnOf(rows, column)]))
  const pages = Object.fromEntries(columns.map(([name]) => [name, []]))
  return { rowCount: rows.length, pageRowCount: rows.length, columnData, pages }
}

function columnOf(
  rows: readonly ArchiveRow[],
  [name, { kind, optional }]: readonly [keyof ArchiveRow, Column],
): ColumnData {
  const data: ColumnData = {
    dlevels: [],
    rlevels: [],
    values: [],
    distinct_values: new Set(),
    count: rows.length,
  }
  for (const row of rows) {
    const value = row[name]
    data.rlevels.push(0)
    data.dlevels.push(optional && value !== null ? 1 : 0)
    if (value === null) continue
    data.distinct_values.add(value)
    data.values.push(kind === 'text' ? Buffer.from(value as string) : value)
  }
  return data
}
