/** Whether the archive has the records that rows of the hot store were made of. */
import { type ArchiveFiles, dayOf, dayPath } from '../events/archive.ts'
import { readPlace } from '../events/archive-places.ts'
import { type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'
import type { ExpiredRow } from './sqlite-expire.ts'

/** Of the rows those whose record is in a compacted file: of this device, with this stamp, come in at this moment. */
export async function confirmedRows(
  rows: readonly ExpiredRow[],
  files: ArchiveFiles,
  options: DuckOptions = {},
): Promise<ExpiredRow[]> {
  // A row may have been placed on another day than its record, where its clock was not set or claimed the future.
  const days = new Set(rows.flatMap(({ ts, received_at }) => [dayOf(ts), dayOf(received_at)]))
  const listed = await Promise.all([...days].map((day) => files.list(`${dayPath(day)}/`)))
  const names = listed.flat().flatMap(({ name }) => (readPlace(name) ? [name] : []))
  if (names.length === 0) return []
  const duck = await openDuck(options)
  try {
    const paths = await files.bring(names, duck.scratch)
    await duck.run('CREATE TABLE asked (nth INTEGER, device_id VARCHAR, stamp BIGINT, received_at BIGINT)')
    for (let from = 0; from < rows.length; from += 2_000) {
      const values = rows
        .slice(from, from + 2_000)
        .map(
          ({ device_id, reported_timestamp, received_at }, n) =>
            `(${from + n}, ${sqlText(device_id)}, ${Math.floor(reported_timestamp)}, ${received_at})`,
        )
      await duck.run(`INSERT INTO asked VALUES ${values.join(', ')}`)
    }
    const found = await duck.rows<{ nth: number }>(`
      SELECT nth FROM asked a SEMI JOIN ${parquetFiles(paths)} e
      ON e.device_id = a.device_id AND e.reported_timestamp = a.stamp AND epoch_ms(e.received_at) = a.received_at`)
    return found.map(({ nth }) => rows[nth] as ExpiredRow)
  } finally {
    await duck.close()
  }
}
