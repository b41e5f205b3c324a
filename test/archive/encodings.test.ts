/** What compacted files are written with: nothing that a reader of the archive may not have, and every number as it came. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parquetOptions } from '../../adapters/duckdb-columns.ts'
import { type Duck, openDuck, sqlText } from '../../adapters/duckdb-open.ts'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { filesOf } from '../../embedded/folder.ts'
import { DAY_MS } from '../../events/archive.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import { charger } from './archived-records.ts'
import { AFTER_SECOND, dayAt, OCTOBER, octoberDays, SECOND } from './month-world.ts'
import { createNightHome, type NightHome } from './night-home.ts'

/** Sources: Trino's reader since before Athena's engine version 3 (October 2022), and Athena's table of codecs. Decision 41. */
const READ_EVERYWHERE = [
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE',
  'RLE_DICTIONARY',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
]
const CODECS = ['ZSTD', 'SNAPPY', 'UNCOMPRESSED']

let home: NightHome
let duck: Duck
beforeAll(async () => {
  home = await createNightHome()
  duck = await openDuck()
})
afterAll(async () => {
  await duck.close()
  await home.close()
})

async function writtenIn(paths: readonly string[]): Promise<{ encodings: string[]; codecs: string[] }> {
  const rows = await duck.rows<{ encodings: string; compression: string }>(
    `SELECT DISTINCT encodings, compression FROM parquet_metadata([${paths.map(sqlText).join(', ')}])`,
  )
  return {
    encodings: [...new Set(rows.flatMap(({ encodings }) => encodings.split(/,\s*/)))].sort(),
    codecs: [...new Set(rows.map(({ compression }) => compression))],
  }
}

it('files of days, months and tables have no encoding and no codec that Athena may not read', async () => {
  // More values than a dictionary takes, and columns that have none.
  const many = Array.from({ length: 8_000 }, (_, n) =>
    charger(
      n + 1,
      OCTOBER + n,
      { current_draw: n / 7, energy_delivered_kwh: n / 1_000, note: `note ${n}` },
      'many',
    ),
  )
  const taken = await home.take(many)
  await processBatch(taken, { store: home.hot, metrics: noMetrics, logger: silentLogger }, 'charts')
  await octoberDays(home)
  const files = async () => (await home.names()).filter((name) => name.endsWith('.parquet'))
  const days = await writtenIn(await home.files.bring(await files(), duck.scratch))
  expect(READ_EVERYWHERE).toEqual(expect.arrayContaining(days.encodings))
  expect(days.encodings).toEqual(expect.arrayContaining(['DELTA_BINARY_PACKED', 'DELTA_LENGTH_BYTE_ARRAY']))
  await home.night(SECOND, AFTER_SECOND)
  const months = await files()
  expect(months.some((name) => name.startsWith('months/'))).toBe(true)
  const { encodings, codecs } = await writtenIn(await home.files.bring(months, duck.scratch))
  expect(READ_EVERYWHERE).toEqual(expect.arrayContaining(encodings))
  expect(CODECS).toEqual(expect.arrayContaining(codecs))
}, 120_000)

it('numbers as numbers would not be written so', async () => {
  const path = `${duck.scratch}/doubles.parquet`
  await duck.run(
    `COPY (SELECT i / 7.0::DOUBLE AS x FROM range(20_000) r(i)) TO ${sqlText(path)} ${parquetOptions()}`,
  )
  expect((await writtenIn([path])).encodings).toEqual(['BYTE_STREAM_SPLIT'])
})

it('every number comes back as it came, to a replay and to a question', async () => {
  const other = await createNightHome()
  const doubles = [
    ...[0, -0, 0.1 + 0.2, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, Number.MIN_SAFE_INTEGER, 1 / 3],
    ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 500, seed: 7 }),
  ]
  const taken = await other.take(
    doubles.map((power_kw, n) => charger(n + 1, OCTOBER + n, { power_kw, extra: `row ${n}` })),
  )
  await other.night(dayAt(OCTOBER), { now: () => OCTOBER + DAY_MS })
  expect(await other.archived()).toEqual(taken)
  const archive = duckdbQuery(filesOf(other.data).archive)
  const { rows } = await archive.ask(
    "SELECT power_kw, json_extract(payload, '$.power_kw')::DOUBLE FROM events ORDER BY event_time",
  )
  const answered = rows.map(([read]) => read)
  // What a charger cannot have is not read in it; what is read is what was said.
  expect(answered.filter((read) => read !== null).length).toBeGreaterThan(5)
  for (const [read, in_payload] of rows) if (read !== null) expect(read).toEqual(in_payload)
  await other.close()
})
