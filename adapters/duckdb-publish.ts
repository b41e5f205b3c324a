/** Aggregates, sessions and cycles as Parquet beside the events, for questions. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveFiles } from '../events/archive.ts'
import type { AggregatePorts } from '../workflows/aggregate-night.ts'
import { CYCLE_COLUMNS, ENERGY_COLUMNS, SESSION_COLUMNS } from './archive-tables.ts'
import { type Duck, type DuckLane, type DuckOptions, openDuck, sqlText } from './duckdb-open.ts'
import { allEnded } from './gate.ts'

export function duckdbPublish(files: ArchiveFiles, options: DuckOptions = {}): AggregatePorts['publish'] {
  return async (day, hours, summaries) => {
    const rows = (kind: string) =>
      summaries
        .filter((summary) => summary.kind === kind && !summary.retracted)
        .map(({ id, device_id, location, started_at, body }) => ({
          ...body,
          id,
          device_id,
          location,
          started_at,
          day,
        }))
    const duck = await openDuck(options)
    try {
      const tables: Table[] = [
        { table: 'energy', day, columns: ENERGY_COLUMNS, rows: hours },
        { table: 'sessions', day, columns: SESSION_COLUMNS, rows: rows('session') },
        { table: 'cycles', day, columns: CYCLE_COLUMNS, rows: rows('cycle') },
      ]
      // One is made into text while another is written.
      await allEnded(tables.map((table, nth) => publish(laneAt(duck, nth), files, table)))
    } finally {
      await duck.close()
    }
  }
}

type Table = { table: string; day: string; columns: Record<string, string>; rows: readonly object[] }

function laneAt({ lanes }: Duck, nth: number): DuckLane {
  return lanes[nth % lanes.length] as DuckLane
}

async function publish(
  duck: DuckLane,
  files: ArchiveFiles,
  { table, day, columns, rows }: Table,
): Promise<void> {
  const [year, month, date] = day.split('-')
  const name = `${table}/year=${year}/month=${month}/day=${date}/${table}.parquet`
  if (rows.length === 0) {
    await files.remove([name])
    return
  }
  const json = join(duck.scratch, `${table}.json`)
  const path = join(duck.scratch, `${table}.parquet`)
  const named = Object.keys(columns)
  await writeFile(json, rows.map((row) => JSON.stringify(row, named)).join('\n'))
  const types = Object.entries(columns).map(([column, type]) => `${column}: '${type}'`)
  await duck.run(`
    COPY (SELECT * FROM read_json(${sqlText(json)}, format = 'newline_delimited', columns = {${types.join(', ')}})
      ORDER BY device_id, ${table === 'energy' ? 'starts_at' : 'started_at'})
    TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1)`)
  await files.putFile(name, path)
}
