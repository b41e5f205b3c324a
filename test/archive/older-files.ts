/** Files of the archive as they were written before places had a tick. */
import { join } from 'node:path'
import { parquetOptions } from '../../adapters/duckdb-columns.ts'
import { openDuck, parquetFiles, sqlText } from '../../adapters/duckdb-open.ts'
import { PLACE } from '../../adapters/duckdb-places.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import { joinPosition, type LogPlace } from '../../events/archive-position.ts'

/** As places were cut then. */
export function splitBefore(position: string): Omit<LogPlace, 'log_tick'> {
  const [head = '', ...shard] = position.split(/(?=\.)/)
  return { log_segment: head.slice(0, -15) + shard.join(''), log_offset: Number(head.slice(-15)) }
}

/** Writes each of the files again. */
export async function makeOlder(files: ArchiveFiles, names: readonly string[]): Promise<void> {
  const duck = await openDuck()
  try {
    const paths = await files.bring(names, duck.scratch)
    for (const [n, name] of names.entries()) {
      const rows = parquetFiles([paths[n] as string])
      const places = await duck.rows<LogPlace>(`SELECT DISTINCT ${PLACE} FROM ${rows}`)
      const values = places.map((place) => {
        const { log_segment, log_offset } = splitBefore(joinPosition(place))
        const now = `${sqlText(place.log_segment)}, ${place.log_offset}, ${place.log_tick}`
        return `(${now}, ${sqlText(log_segment)}, ${log_offset})`
      })
      await duck.run(
        'CREATE OR REPLACE TABLE before (log_segment VARCHAR, log_offset BIGINT, log_tick BIGINT, segment VARCHAR, place BIGINT)',
      )
      await duck.run(`INSERT INTO before VALUES ${values.join(', ')}`)
      const path = join(duck.scratch, `${n}.parquet`)
      await duck.run(`COPY (
        SELECT * EXCLUDE (log_tick, segment, place) REPLACE (segment AS log_segment, place AS log_offset)
        FROM (SELECT * FROM ${rows} JOIN before USING (${PLACE})))
        TO ${sqlText(path)} ${parquetOptions()}`)
      await files.putFile(name, path)
    }
  } finally {
    await duck.close()
  }
}
