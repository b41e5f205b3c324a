/** Columns of the archive as SQL names them. */
import type { ArchiveRow } from '../events/archive.ts'
import { LANDING_COLUMNS } from './parquet-landing.ts'

/**
 * What compacted files leave out. The identity follows from the payload and would be half of a row's size; where it is
 * asked for again, it is made again. The hash follows from the device.
 */
const LEFT_OUT: (keyof ArchiveRow)[] = ['identity', 'device_hash']

export const STORED_COLUMNS: readonly string[] = Object.keys(LANDING_COLUMNS).filter(
  (name) => !LEFT_OUT.includes(name as keyof ArchiveRow),
)

/** Milliseconds as milliseconds: a third of the size of what DuckDB would write by itself. */
export const STORED_SELECT = STORED_COLUMNS.map((name) =>
  name === 'event_time' || name === 'received_at' ? `${name}::TIMESTAMP_MS AS ${name}` : name,
).join(', ')

/** Of one row; equal sums of many say that they are the same rows, in whatever order. */
export const ROW_HASH = `hash(${STORED_COLUMNS.map((name) =>
  name === 'event_time' || name === 'received_at' ? `epoch_ms(${name})` : name,
).join(', ')})`

/** Newest encodings: offsets and times that grow evenly take next to nothing. */
export const PARQUET_OPTIONS = '(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V2, ROW_GROUP_SIZE 122880)'
