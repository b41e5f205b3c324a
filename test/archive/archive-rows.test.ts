/** Records that say what they say without their bytes are the records that have them. */
import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import {
  RECORD_TEXTS,
  type RecordLayout,
  recordColumns,
  recordReader,
} from '../../adapters/archive-records.ts'
import { rowReader } from '../../adapters/archive-rows.ts'
import { type Duck, openDuck, parquetFiles } from '../../adapters/duckdb-open.ts'
import { PLACE } from '../../adapters/duckdb-places.ts'
import { typesOf } from '../../adapters/duckdb-short-texts.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { PAYLOAD_NUMBERS } from '../../events/archive-bytes.ts'
import { splitPosition } from '../../events/archive-position.ts'
import { decodeObject } from '../../events/decode.ts'
import { isTold, type LogRecord, type ToldRecord } from '../../events/record.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { takenTogether, type Waiting } from '../../processors/taken-together.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { charger, everyKind, NOON } from './archived-records.ts'
import { onStream } from './stream-records.ts'

let duck: Duck
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  duck = await openDuck()
  folder = await temporaryFolder()
})
afterAll(async () => {
  await duck.close()
  await folder.remove()
})

const readings = Array.from({ length: 40 }, (_, n) => {
  const more = { current_draw: n % 7, session_id: `s-${n % 3}`, soc: n, location: n % 2 ? 'a\u00e9"\\' : 'b' }
  return { ...charger(100 + n, NOON + n, more, `dev-${n % 5}`) }
})
const all: LogRecord[] = [...everyKind(), ...readings]

let written = 0
type Many = Parameters<typeof typesOf>[2]

async function read(records: readonly LogRecord[], many: Many = [], skip?: (topic: string) => boolean) {
  const path = folder.file(`rows-${++written}.parquet`)
  await writeFile(
    path,
    await writeLanding(records.map((record) => archiveRow(openRecord(record), () => null))),
  )
  const rows = parquetFiles([path])
  const few = RECORD_TEXTS.filter((name) => !many.includes(name))
  await typesOf(duck, rows, few)
  const lists = new Map<(typeof few)[number], string[]>()
  for (const name of few) {
    const values = await duck.rows<{ value: string }>(
      `SELECT unnest(enum_range(NULL::few_${name}))::VARCHAR AS value`,
    )
    lists.set(
      name,
      values.map(({ value }) => value),
    )
  }
  const ticks = records.some(({ position }) => splitPosition(position).log_tick > 0)
  const layout: RecordLayout = { few: lists, numbers: PAYLOAD_NUMBERS, whole: true, ticks }
  const types = few.map((name) => `${name}::few_${name} AS ${name}`)
  const sql = `SELECT ${recordColumns(layout).join(', ')}
    FROM (SELECT * REPLACE (${types.join(', ')}) FROM ${rows}) ORDER BY ${PLACE}`
  const told: LogRecord[] = []
  const plain: LogRecord[] = []
  const [rowsOf, recordsOf] = [rowReader(layout), recordReader(layout, true)]
  for await (const chunk of duck.chunks(sql)) {
    told.push(...rowsOf.read(chunk, skip))
    plain.push(...recordsOf.read(chunk, skip))
  }
  for (const name of few) await duck.run(`DROP TYPE few_${name}`)
  return { told: told as ToldRecord[], plain }
}

const own = ({ position, received_at, source, topic, verdict, payload }: LogRecord): LogRecord => ({
  position,
  received_at,
  source,
  topic,
  verdict,
  payload,
})

function decoded({ payload }: LogRecord): unknown {
  const result = decodeObject(payload, 'payload')
  return 'object' in result ? result.object : null
}

describe.each<[string, Many]>([
  ['texts that repeat', []],
  ['texts of which there are many', ['topic', 'device_id', 'session_id', 'location', 'log_segment']],
])('rows with %s', (_, many) => {
  it('are the records of the log', async () => {
    const { told, plain } = await read(all, many)
    expect(told.every(isTold)).toBe(true)
    expect(told.map(own)).toEqual(all)
    expect(plain).toEqual(all)
  })

  it('say what their bytes say, or nothing', async () => {
    const { told } = await read(all, many)
    const messages = told.map((one) => one.message())
    for (const [nth, message] of messages.entries())
      if (message !== null) expect(message).toStrictEqual(decoded(all[nth] as LogRecord))
    expect(messages.slice(everyKind().length).filter((message) => message === null)).toEqual([])
    expect(messages.filter((message) => message === null).length).toBeGreaterThan(0)
    for (const one of told) expect([0, one.payload.byteLength]).toContain(one.held_bytes)
    for (const one of told) expect(Math.abs(one.payload_bytes - one.payload.byteLength)).toBeLessThan(200)
  })

  it('have the print of a copy only if they are one', async () => {
    const { told } = await read(all, many)
    expect(new Set(told.map((one) => one.print())).size).toBe(all.length)
    for (const one of told)
      expect([one.print(), Number.isSafeInteger(one.print())]).toEqual([one.print(), true])
    // What two readings call by the same number may be two texts.
    const other = await read(all, many)
    const templated = told.flatMap((one, n) => (one.message() === null ? [] : [n]))
    for (const n of templated) expect(other.told[n]?.print()).not.toBe(told[n]?.print())
  })

  it('leave out what nobody wants, and what landed twice', async () => {
    const twice = [...readings, ...readings].toSorted((a, b) => (a.position < b.position ? -1 : 1))
    const { told, plain } = await read(twice, many, (topic) => topic.includes('dev-3'))
    expect(told.map(own)).toEqual(readings.filter(({ topic }) => !topic.includes('dev-3')))
    expect(plain).toEqual(told.map(own))
  })
})

test('a copy in another place of the log has the same print', async () => {
  const [first] = readings as [LogRecord]
  const copy = { ...first, position: first.position.replace(/.$/, '9'), received_at: first.received_at + 5 }
  const { told } = await read([first, copy])
  expect(told[0]?.position).not.toBe(told[1]?.position)
  expect(told[0]?.print()).toBe(told[1]?.print())
})

test('records that came in whole wait for others of their device as far as there is room', async () => {
  const long = Array.from({ length: 600 }, (_, n) => charger(n, NOON + n, { note: 'x'.repeat(50_000) }))
  const { told } = await read([...long, ...readings.map((one) => ({ ...one, position: `1${one.position}` }))])
  expect(told.slice(600).map(({ held_bytes }) => held_bytes)).toEqual(readings.map(() => 0))
  const taken: number[] = []
  const together = takenTogether<Waiting>(64_000, (_, records) => taken.push(records.length))
  const device: Waiting = { waiting: null }
  for (const record of told) together.add(device, record)
  expect(Math.max(...taken)).toBeLessThan(550)
  together.end()
  expect(taken.reduce((sum, n) => sum + n, 0)).toBe(told.length)
})

test('records of a stream have their places, also where their clocks alone tell them apart', async () => {
  const [one, ...more] = readings as [LogRecord]
  const streamed = [
    onStream(one, 7, 0, NOON),
    onStream(one, 7, 0, NOON + 1_000),
    ...more.map((record, n) => onStream(record, 8 + n, 0, NOON + 2_000)),
  ]
  const { told, plain } = await read([...streamed, streamed.at(-1) as LogRecord])
  expect(told.map(own)).toEqual(streamed)
  expect(plain).toEqual(streamed)
})
