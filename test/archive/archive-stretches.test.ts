/** The log in stretches: every row in one of them, read in the order of the log however long they are. */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { type RowPlace, type SurveyedFile, stretchesOf } from '../../adapters/archive-stretches.ts'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { openDuck, sameFiles, sqlText } from '../../adapters/duckdb-open.ts'
import type { LogRecord } from '../../events/record.ts'
import { createNightHome } from './night-home.ts'
import '../steady-seed.ts'
import { charger, NOON } from './archived-records.ts'

const place = (log_offset: number, log_segment = '00000'): RowPlace => ({ log_segment, log_offset })
const file = (name: string, rows: number, first: RowPlace, last: RowPlace): SurveyedFile => ({
  name,
  rows,
  first,
  last,
})

const CONDITION =
  /\(log_segment ([<>]) '(\w+)' OR \(log_segment = '\2' AND log_offset (<|>=) (\d+)\)\)|log_offset (<|>=) (\d+)/g

/** Whether SQL would say that the place is in the stretch. */
function isWithin(within: string, { log_segment, log_offset }: RowPlace): boolean {
  expect(within.replace(CONDITION, 'c')).toMatch(/^(?:true|c|c AND c)$/)
  const isOn = (than: string, offset: string) =>
    than === '<' ? log_offset < Number(offset) : log_offset >= Number(offset)
  return [...within.matchAll(CONDITION)].every(
    ([, side, segment = '', than = '', offset = '', only = '', alone = '']) => {
      if (side === undefined) return isOn(only, alone)
      if (log_segment === segment) return isOn(than, offset)
      return side === '<' ? log_segment < segment : log_segment > segment
    },
  )
}

test('days are read together until there are rows enough, and a late row with the stretch that it is in', () => {
  const files = [
    file('2026/11/20/dev-1/events.parquet', 60, place(1), place(500)),
    file('2026/11/20/dev-2/events.parquet', 60, place(2), place(99)),
    file('2026/11/21/dev-1/events.parquet', 60, place(100), place(200)),
    file('2026/11/22/dev-1/events.parquet', 60, place(201), place(300)),
  ]
  expect(stretchesOf(files, 100)).toEqual([
    { names: [files[0]?.name, files[1]?.name], within: 'log_offset < 100' },
    { names: [files[0]?.name, files[2]?.name, files[3]?.name], within: 'log_offset >= 100' },
  ])
  expect(stretchesOf([])).toEqual([])
  expect(stretchesOf(files, 1_000)).toEqual([{ names: files.map(({ name }) => name), within: 'true' }])
})

test('days of several shards are cut within each of them', () => {
  const day = (n: number) => `2026/11/${19 + n}/shared=000/events.parquet`
  const files = [1, 2, 3].flatMap((n) =>
    ['a', 'b'].map((shard) => file(day(n), 60, place(n * 100, shard), place(n * 100 + 99, shard))),
  )
  const from = (shard: string, offset: number, than = '>=') =>
    `(log_segment ${than.charAt(0)} '${shard}' OR (log_segment = '${shard}' AND log_offset ${than} ${offset}))`
  expect(stretchesOf(files, 100)).toEqual([
    { names: [day(1), day(2)], within: from('a', 300, '<') },
    { names: [day(1), day(3)], within: `${from('a', 300)} AND ${from('b', 200, '<')}` },
    { names: [day(2), day(3)], within: from('b', 200) },
  ])
})

it('has every row in one stretch, with its file', () => {
  const places = fc.record({ log_segment: fc.constantFrom('a', 'b', 'c'), log_offset: fc.nat(50) })
  const files = fc.array(
    fc.record({ day: fc.integer({ min: 10, max: 14 }), rows: fc.nat(20), of: fc.tuple(places, places) }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(files, fc.boolean(), fc.boolean(), (made, one, apart) => {
      const key = ({ log_segment, log_offset }: RowPlace) =>
        `${log_segment}${String(log_offset).padStart(3, '0')}`
      const all = made.flatMap(({ day, rows, of }, n) => {
        const both = of.map((at) => (one ? { ...at, log_segment: 'a' } : at))
        const told = apart ? [...Map.groupBy(both, ({ log_segment }) => log_segment).values()] : [both]
        return told.map((some) => {
          const segments = some.map(({ log_segment }) => log_segment).sort()
          const offsets = some.map(({ log_offset }) => log_offset).sort((a, b) => a - b)
          const [first, last] = [0, -1].map((at) => place(offsets.at(at) as number, segments.at(at)))
          const name = `2026/11/${day}/d${n}/events.parquet`
          return { both: some, ...file(name, rows, first as RowPlace, last as RowPlace) }
        })
      })
      const stretches = stretchesOf(all, 15)
      for (const { both, name } of all)
        for (const at of both) {
          const holding = stretches.filter(({ within }) => isWithin(within, at))
          expect(
            holding.map(({ names }) => names.includes(name)),
            key(at),
          ).toEqual([true])
        }
      // In their order, one behind the other.
      const ends = stretches.map(({ within }) => within)
      expect(new Set(ends).size).toBe(ends.length)
    }),
  )
})

it('is read alike in one stretch and in many', async () => {
  const home = await createNightHome()
  const day = (n: number) => NOON - (9 - n) * 86_400_000
  for (let n = 0; n < 5; n++) {
    const said = Array.from({ length: 40 }, (_, at) => {
      // Some of it is days late.
      const happened = day(n) + at * 60_000 - (at % 7 === 0 ? 2 * 86_400_000 : 0)
      return { ...charger(at, happened, {}, `dev-${at % 3}`), received_at: day(n) + at * 60_000 }
    })
    await home.take(said)
    await home.night(new Date(day(n)).toISOString().slice(0, 10))
  }
  const read = async (stretch_rows?: number) => {
    const records: LogRecord[] = []
    const source = duckdbArchiveSource(home.files, stretch_rows === undefined ? {} : { stretch_rows })
    for await (const record of source.records({ from: 0, to: NOON * 2 })) records.push(record)
    return records
  }
  const log = await home.log.read('', 1_000)
  const readFleeting = async (stretch_rows: number) => {
    const source = duckdbArchiveSource(home.files, { stretch_rows })
    const records: LogRecord[] = []
    for await (const batch of source.batches({ from: 0, to: NOON * 2 }, { fleeting: true }))
      for (const { position, received_at, source: from, topic, verdict, payload } of batch)
        records.push({ position, received_at, source: from, topic, verdict, payload })
    return records
  }
  expect(await readFleeting(30)).toEqual(log)
  expect(await read(30)).toEqual(log)
  expect(await read()).toEqual(log)
  await home.close()
}, 120_000)

it('that loses rows while it is read says so, and does not end as if that were all', async () => {
  const home = await createNightHome()
  const day = (n: number) => NOON - (9 - n) * 86_400_000
  for (let n = 0; n < 3; n++)
    await home.take(
      Array.from({ length: 40 }, (_, at) => ({
        ...charger(at, day(n) + at * 60_000, {}, 'dev-1'),
        received_at: day(n) + at * 60_000,
      })),
    )
  const [, , last = ''] = await home.names('landing/')
  const source = duckdbArchiveSource(home.files, { stretch_rows: 30 })
  async function read(onFirst: () => Promise<void>): Promise<number> {
    let rows = 0
    for await (const batch of source.batches({ from: 0, to: NOON * 2 })) {
      if (rows === 0) await onFirst()
      rows += batch.length
    }
    return rows
  }
  expect(await read(async () => {})).toBe(120)
  const shorter = async () => {
    const duck = await openDuck()
    const [path = ''] = await home.files.bring([last], duck.scratch)
    const some = join(duck.scratch, 'some.parquet')
    await duck.run(`COPY (FROM ${sameFiles([path])} LIMIT 30) TO ${sqlText(some)} (FORMAT parquet)`)
    await home.files.putFile(last, some)
    await duck.close()
  }
  await expect(read(shorter)).rejects.toThrow('it had 120 rows, of which 110 came')
  await home.close()
}, 120_000)
