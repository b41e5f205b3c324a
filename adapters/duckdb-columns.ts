/** Columns of the archive as SQL names them. */
import type { ArchiveRow } from '../events/archive.ts'
import { PLACE } from './duckdb-places.ts'
import { LANDING_COLUMNS } from './parquet-landing.ts'

/**
 * What compacted files leave out. The identity follows from the payload and would be half of a row's size; where it is
 * asked for again, it is made again. The hash follows from the device.
 */
const LEFT_OUT: (keyof ArchiveRow)[] = ['identity', 'device_hash']

export const STORED_COLUMNS: readonly string[] = Object.keys(LANDING_COLUMNS).filter(
  (name) => !LEFT_OUT.includes(name as keyof ArchiveRow),
)

const TYPES = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  boolean: 'BOOLEAN',
} as const

/** Each stored column with its type. */
export const STORED_TYPES: readonly (readonly [name: string, type: (typeof TYPES)[keyof typeof TYPES]])[] =
  STORED_COLUMNS.map((name) => [name, TYPES[LANDING_COLUMNS[name as keyof typeof LANDING_COLUMNS].kind]])

/** Behind SELECT: of those columns no row. */
export const NO_ROWS = `${STORED_TYPES.map(([name, type]) => `CAST(NULL AS ${type}) AS ${name}`).join(', ')} WHERE false`

/**
 * Numbers are kept as their shortest text, which says the same double and takes less room: DuckDB would spread their
 * bytes (BYTE_STREAM_SPLIT), which not every Athena may read (decision 41).
 */
const NUMBERS = new Set(STORED_TYPES.flatMap(([name, type]) => (type === 'DOUBLE' ? [name] : [])))

/** What compacted files have their columns as. */
export const FILE_TYPES = STORED_TYPES.map(
  ([name, type]) => [name, NUMBERS.has(name) ? 'VARCHAR' : type] as const,
)

const isTime = (name: string) => name === 'event_time' || name === 'received_at'

/** As columns are written. Milliseconds as milliseconds: a third of the size of what DuckDB would write by itself. */
export const STORED_SELECT = STORED_COLUMNS.map((name) => {
  if (NUMBERS.has(name)) return `${name}::DOUBLE::VARCHAR AS ${name}`
  return isTime(name) ? `${name}::TIMESTAMP_MS AS ${name}` : name
}).join(', ')

/** Sum of a hash of each row; equal sums say that they are the same rows, in whatever order, landed or stored. */
export const ROWS_AND_SUM = `count(*) AS rows, coalesce(sum(hash(${STORED_COLUMNS.map((name) => {
  if (NUMBERS.has(name)) return `${name}::DOUBLE`
  return isTime(name) ? `epoch_ms(${name})` : name
}).join(', ')})::HUGEINT), 0)::VARCHAR AS sum`

/** Encodings that every reader of the archive has (a test holds files to them): offsets and times that grow evenly take next to nothing. */
export const PARQUET_OPTIONS = '(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE 122880)'

/** By device, in days' files as in months': most questions are about one, and alike rows beside each other take the least room. */
export const ROW_ORDER = `device_id, event_time, ${PLACE}`

/** What the record and its identity are made of again. */
const RECORD_COLUMNS = STORED_COLUMNS.filter((name) => !/^(?:event_time|time_quality|.*_call)$/.test(name))

/** A row as `recordOfRow` takes it. */
export const RECORD_SELECT = RECORD_COLUMNS.map((name) => {
  if (NUMBERS.has(name)) return `${name}::DOUBLE AS ${name}`
  return name === 'received_at' ? 'epoch_ms(received_at) AS received_at' : name
}).join(', ')
