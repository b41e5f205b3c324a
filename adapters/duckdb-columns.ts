/** Columns of the archive as SQL names them. */
import type { ArchiveRow } from '../events/archive.ts'
import { HASHES, SHARED_FILES } from '../events/archive-places.ts'
import { PLACE_COLUMNS } from './duckdb-places.ts'
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
export function noRows(without: readonly string[] = []): string {
  const columns = STORED_TYPES.filter(([name]) => !without.includes(name))
  return `${columns.map(([name, type]) => `CAST(NULL AS ${type}) AS ${name}`).join(', ')} WHERE false`
}

export const NO_ROWS = noRows()

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
export function storedSelect(columns: readonly string[]): string {
  const written = columns.map((name) => {
    if (NUMBERS.has(name)) return `${name}::DOUBLE::VARCHAR AS ${name}`
    return isTime(name) ? `${name}::TIMESTAMP_MS AS ${name}` : name
  })
  return written.join(', ')
}

export const STORED_SELECT = storedSelect(STORED_COLUMNS)

/** The same of a row that has landed and of the one that is stored. */
export const ROW_HASH = `hash(${STORED_COLUMNS.map((name) => {
  if (NUMBERS.has(name)) return `${name}::DOUBLE`
  return isTime(name) ? `epoch_ms(${name})` : name
}).join(', ')})`

/** How many rows, and the sum of a hash of each; equal sums say that they are the same rows, in whatever order. */
export function rowsAndSum(row_hash: string): string {
  return `count(*) AS rows, coalesce(sum(${row_hash}::HUGEINT), 0)::VARCHAR AS sum`
}

export const ROWS_AND_SUM = rowsAndSum(ROW_HASH)

/** How long a row's text is. Of others all that counts is how many they are, long ones are counted by their bytes. */
export const TEXT_BYTES = 'strlen(coalesce(payload, payload_base64, template))'
export const LONG_BYTES = `CASE WHEN ${TEXT_BYTES} > 512 THEN ${TEXT_BYTES} ELSE 0 END`

/** Which of the shared files a device's rows are in, as `sharedPart` names it. */
export const SHARED_FILE = `device_hash * ${SHARED_FILES} // ${HASHES}`

/** What a landed row is divided by. Stations of a day share one file, whatever they hash to. */
export const SHARD = `CASE WHEN device_type IS NOT DISTINCT FROM 'station' THEN 0 ELSE ${SHARED_FILE} END`

/** Encodings that every reader of the archive has (a test holds files to them): offsets and times that grow evenly take next to nothing. */
export const PARQUET = 'FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2'

export function parquetOptions(row_group = MOST_GROUP_ROWS, more = ''): string {
  return `(${PARQUET}, ROW_GROUP_SIZE ${row_group}${more})`
}

export const MOST_GROUP_ROWS = 122_880

/**
 * Rows that may be held until they are written, by how long texts are of so many, within a part of the memory: what is
 * held so cannot be put aside.
 */
export function rowsHeld(
  { rows, bytes }: { rows: number; bytes: number },
  { memory_mb, most, least = 512 }: { memory_mb: number; most: number; least?: number },
): number {
  return Math.max(least, Math.min(most, Math.floor((memory_mb * 1_000_000 * rows) / Math.max(bytes, 1))))
}

/** By device, in days' files as in months': most questions are about one, and alike rows beside each other take the least room. */
export const ROW_ORDER = ['device_id', 'event_time', ...PLACE_COLUMNS]

/** What the record and its identity are made of again. */
const RECORD_COLUMNS = STORED_COLUMNS.filter((name) => !/^(?:event_time|time_quality|.*_call)$/.test(name))

/** A row as `recordOfRow` takes it. */
export const RECORD_SELECT = RECORD_COLUMNS.map((name) => {
  if (NUMBERS.has(name)) return `${name}::DOUBLE AS ${name}`
  return name === 'received_at' ? 'epoch_ms(received_at) AS received_at' : name
}).join(', ')
