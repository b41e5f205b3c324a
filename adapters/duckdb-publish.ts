/** Aggregates, sessions and cycles as Parquet beside the events, for questions. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ArchiveFiles } from '../events/archive.ts'
import type { AggregatePorts } from '../workflows/aggregate-night.ts'
import type { EnergyKind } from '../workflows/energy-things.ts'
import { CYCLE_COLUMNS, ENERGY_COLUMNS, SESSION_COLUMNS } from './archive-tables.ts'
import { type Duck, type DuckLane, type DuckOptions, openDuck, sqlText } from './duckdb-open.ts'
import { allEnded } from './gate.ts'

export function duckdbPublish(files: ArchiveFiles, options: DuckOptions = {}): AggregatePorts['publish'] {
  return async (day, hours, summaries) => {
    async function* rows(kind: EnergyKind): AsyncGenerator<object> {
      for await (const { retracted, id, device_id, location, started_at, body } of summaries(kind))
        if (!retracted) yield { ...body, id, device_id, location, started_at, day }
    }
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

type Table = {
  table: string
  day: string
  columns: Record<string, string>
  rows: Iterable<object> | AsyncIterable<object>
}

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
  const json = join(duck.scratch, `${table}.json`)
  const path = join(duck.scratch, `${table}.parquet`)
  const isEmpty = !(await writeLines(json, rows, Object.keys(columns)))
  if (isEmpty) {
    await files.remove([name])
    return
  }
  const types = Object.entries(columns).map(([column, type]) => `${column}: '${type}'`)
  await duck.run(`
    COPY (SELECT * FROM read_json(${sqlText(json)}, format = 'newline_delimited', columns = {${types.join(', ')}})
      ORDER BY device_id, ${table === 'energy' ? 'starts_at' : 'started_at'})
    TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION V1)`)
  await files.putFile(name, path)
}

/** Rows of a chunk: text of so many is held at once. */
const CHUNK = 1_000

/** JSON, a line a row, whatever their number. Resolves with whether there are any. */
async function writeLines(path: string, rows: Table['rows'], named: string[]): Promise<boolean> {
  let some = false
  async function* lines(): AsyncGenerator<string> {
    let chunk: string[] = []
    for await (const row of rows) {
      some = true
      if (chunk.push(`${JSON.stringify(row, named)}\n`) < CHUNK) continue
      yield chunk.join('')
      chunk = []
    }
    yield chunk.join('')
  }
  await pipeline(Readable.from(lines()), createWriteStream(path))
  return some
}
