/** Whether the archive has the records that rows of the hot store were made of. */
import { type ArchiveFiles, dayOf } from '../events/archive.ts'
import type { EventRow } from '../events/ports.ts'
import { filesOfDays, filesOfDevices } from './archive-files.ts'
import { type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'

/** What an archived record can be told by. */
export type ArchivedBy = Pick<EventRow, 'device_id' | 'ts' | 'reported_timestamp' | 'received_at'>

/** Of the rows those whose record is in a compacted file: of this device, with this stamp, come in at this moment. */
export async function confirmedRows<Row extends ArchivedBy>(
  rows: readonly Row[],
  files: ArchiveFiles,
  options: DuckOptions = {},
): Promise<Row[]> {
  const names = await namesOf(rows, files)
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
    return found.map(({ nth }) => rows[nth] as Row)
  } finally {
    await duck.close()
  }
}

/** Files in which their records can be. */
async function namesOf(rows: readonly ArchivedBy[], files: ArchiveFiles): Promise<string[]> {
  // A row may have been placed on another day than its record, where its clock was not set or claimed the future.
  const days = new Set(rows.flatMap(({ ts, received_at }) => [dayOf(ts), dayOf(received_at)]))
  const devices = new Set(rows.map(({ device_id }) => device_id))
  return filesOfDevices(await filesOfDays(files, days), devices)
}
