import { expect, test } from 'vitest'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { openDuck, parquetFiles } from '../../adapters/duckdb-open.ts'
import { folderArchive } from '../../adapters/folder-archive.ts'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { checkRow, LANDING_SCHEMA, ROW_GROUP, writeLanding } from '../../adapters/parquet-landing.ts'
import { type ArchiveFiles, type ArchiveRow, encodeNamePart, recordOfRow } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { archiveBatch } from '../../processors/archive-batch.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { charger, everyKind, NOON, recordAt, said } from './archived-records.ts'

const quiet = { info() {}, warn() {}, error() {} }
const rowOf = (record: LogRecord) => archiveRow(openRecord(record), () => null)

function land(records: LogRecord[], files: ArchiveFiles): Promise<string[]> {
  const metrics = { count() {}, gauge() {} }
  return archiveBatch(records, { files, write: writeLanding, store: memoryStore(), metrics, logger: quiet })
}

async function all(files: ArchiveFiles, range = { from: 0, to: NOON * 2 }): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of duckdbArchiveSource(files).records(range)) records.push(record)
  return records
}

test('whatever the log holds is archived, and comes out of the landing files byte for byte, in log order', async () => {
  const folder = await temporaryFolder()
  const files = folderArchive(folder.path)
  const records = everyKind()
  await land(records.slice(0, 4), files)
  await land(records.slice(4), files)
  expect(await all(files)).toEqual(records)
  await folder.remove()
})

test('a batch that is delivered again lands again, and is read once', async () => {
  const files = memoryArchive()
  const records = everyKind()
  await land(records.slice(0, 6), files)
  await land(records.slice(2), files)
  expect(await all(files)).toEqual(records)
})

test('a device’s records are asked for alone, and by their time', async () => {
  const files = memoryArchive()
  await land([charger(1, NOON), charger(2, NOON + 5, {}, 'dev-2'), charger(3, NOON + 60_000)], files)
  const of = async (range: { from: number; to: number; device_id?: string }) =>
    (await all(files, range)).map(({ position }) => Number(position))
  expect(await of({ from: 0, to: NOON * 2, device_id: 'dev-1' })).toEqual([1, 3])
  expect(await of({ from: NOON + 5, to: NOON + 60_000 })).toEqual([2])
  expect(await of({ from: NOON + 60_000, to: NOON + 60_001 })).toEqual([3])
})

test('landing files are called by the day of arrival, and by the first and last position in them', async () => {
  const files = memoryArchive()
  const midnight = Date.UTC(2026, 10, 21)
  const late = recordAt(8, midnight + 1, 'ev/evse/dev-1/telemetry', said('dev-1', NOON))
  const names = await land([charger(6, midnight - 200), charger(7, midnight - 100), late], files)
  const position = (n: number) => String(n).padStart(20, '0')
  expect(names).toEqual([
    `landing/2026/11/20/${position(6)}-${position(7)}.parquet`,
    `landing/2026/11/21/${position(8)}-${position(8)}.parquet`,
  ])
})

test('DuckDB reads times as times, readings as what they are, and absent ones as null', async () => {
  const folder = await temporaryFolder()
  const files = folderArchive(folder.path)
  const [name = ''] = await land(everyKind().slice(0, 1), files)
  const duck = await openDuck()
  const [row] = await duck.rows(`SELECT typeof(event_time) AS time, typeof(current_draw) AS draw,
    typeof(heating_call) AS call, event_time = TIMESTAMP '2026-11-20 12:00:00' AS noon, current_draw,
    energy_delivered_kwh, pilot_state, heating_call, device_id FROM ${parquetFiles([folder.file(name)])}`)
  expect(row).toEqual({
    time: 'TIMESTAMP',
    draw: 'DOUBLE',
    call: 'BOOLEAN',
    noon: true,
    current_draw: 16.02,
    energy_delivered_kwh: 1.5,
    pilot_state: 'C',
    heating_call: null,
    device_id: 'dev-1',
  })
  await duck.close()
  await folder.remove()
})

test('copies have one identity; a clock that was never set makes no copies', () => {
  const first = rowOf(charger(1, NOON))
  const again = rowOf({ ...charger(2, NOON), received_at: NOON + 999 })
  expect(again.identity).toBe(first.identity)
  const unset = (position: number) =>
    rowOf(recordAt(position, NOON, 'ev/evse/dev-1/telemetry', said('dev-1', 5_000)))
  expect(unset(1).identity).not.toBe(unset(2).identity)
  expect(unset(1)).toMatchObject({ event_time: NOON, reported_timestamp: 5_000, time_quality: 'estimated' })
})

test('what claims the future is placed where it came in, and a configuration for the future where it was written', () => {
  const [, , , , config, , , future] = everyKind().map(rowOf)
  expect(future).toMatchObject({ event_time: NOON + 7, time_quality: 'clamped' })
  expect(config).toMatchObject({ event_type: 'config', event_time: NOON - 86_400_000, location: 'garage' })
})

test.each([
  ['received_at', Number.NaN],
  ['current_draw', Number.POSITIVE_INFINITY],
  ['energy_delivered_kwh', '12abc'],
  ['log_offset', 2 ** 53],
  ['log_tick', 0.5],
  ['heating_call', 'true'],
  ['topic', '\ud800'],
  ['topic', null],
])('a row whose %s is %j never reaches parquetjs', async (field, value) => {
  const row = { ...rowOf(charger(1, NOON)), [field]: value } as ArchiveRow
  expect(() => checkRow(row)).toThrow(field)
  await expect(writeLanding([row])).rejects.toThrow(field)
})

test('a file has the bytes that parquetjs would write row by row', async () => {
  // @ts-expect-error: it has no types.
  const { ParquetWriter } = (await import('parquetjs-lite')).default
  const rows = [...everyKind().map(rowOf), rowOf(charger(11, NOON, { note: 'ü'.repeat(40), soc: -7.25 }))]
  const chunks: Uint8Array[] = []
  const sink = {
    write: (bytes: Uint8Array, done: () => void) => {
      chunks.push(bytes)
      done()
    },
    end: (done: () => void) => done(),
  }
  const options = { rowGroupSize: ROW_GROUP, pageSize: ROW_GROUP, useDataPageV2: false }
  const writer = await ParquetWriter.openStream(LANDING_SCHEMA, sink, options)
  for (const row of rows)
    await writer.appendRow(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)))
  await writer.close()
  expect(Buffer.from(await writeLanding(rows)).equals(Buffer.concat(chunks))).toBe(true)
})

test('many rows are one file, each of them once', async () => {
  const files = memoryArchive()
  const records = Array.from({ length: 25_000 }, (_, n) => charger(n + 1, NOON + n))
  await land(records, files)
  const read = await all(files)
  expect(read.length).toBe(25_000)
  expect(read.at(-1)).toEqual(records.at(-1))
})

test('no id leads out of its folder, and none is too long for a name', () => {
  expect(encodeNamePart('../../x')).toBe('%2E.%2F..%2Fx')
  expect(encodeNamePart('..')).toBe('%2E.')
  const long = ['語'.repeat(128), '語'.repeat(127)].map(encodeNamePart)
  expect(long.every((part) => part.length <= 200)).toBe(true)
  expect(long[0]).not.toBe(long[1])
})

test('a row is its record again', () => {
  for (const record of everyKind()) expect(recordOfRow(rowOf(record))).toEqual(record)
})
