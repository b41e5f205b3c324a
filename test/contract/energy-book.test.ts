/** What every book of aggregates does: in memory, on SQLite, on DynamoDB. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dynamodbArchiveBook } from '../../adapters/dynamodb-archive-book.ts'
import { dynamodbEnergy } from '../../adapters/dynamodb-energy.ts'
import { memoryArchiveBook } from '../../adapters/memory-archive-book.ts'
import { memoryEnergyBook } from '../../adapters/memory-energy-book.ts'
import { sqliteArchiveBook } from '../../adapters/sqlite-archive-book.ts'
import type { ArchiveBook } from '../../events/archive-book.ts'
import type { EnergyBook, EnergyHour } from '../../events/energy-hours.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { replaceHours } from './replace-hours.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Home = { energy: EnergyBook; book: ArchiveBook; dispose(): Promise<void> }

let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

const HOMES: Record<string, () => Promise<Home>> = {
  memory: async () => ({ energy: memoryEnergyBook(), book: memoryArchiveBook(), dispose: async () => {} }),
  sqlite: async () => {
    const folder = await temporaryFolder()
    const book = sqliteArchiveBook(folder.file('book.sqlite'))
    const dispose = async () => {
      book.close()
      await folder.remove()
    }
    return { energy: book.energy, book, dispose }
  },
  dynamodb: async () => {
    const options = { client: dynalite.client, table_prefix: await dynalite.newTables() }
    return { energy: dynamodbEnergy(options), book: dynamodbArchiveBook(options), dispose: async () => {} }
  },
}

const DAY = 86_400_000
const HOUR = 3_600_000
const FROM = Date.UTC(2026, 10, 20)
const window = (days: number) => ({ from: FROM + days * DAY, to: FROM + (days + 1) * DAY })

function hour(nth: number, more: Partial<EnergyHour> = {}): EnergyHour {
  const starts_at = FROM + nth * HOUR
  return {
    device_id: 'dev-1',
    location: 'garage',
    starts_at,
    ends_at: starts_at + HOUR,
    day: '2026-11-20',
    timezone: 'UTC',
    delivered_kwh: nth,
    consumed_kwh: 0,
    sessions: 1,
    cycles: 0,
    charging_s: 60,
    cycle_s: 0,
    peak_power_kw: null,
    split: null,
    ...more,
  }
}

describe.each(Object.keys(HOMES))('aggregates: %s', (name) => {
  let home: Home
  beforeEach(async () => {
    home = await (HOMES[name] as () => Promise<Home>)()
  })
  afterEach(() => home.dispose())
  const of = (by: { device_id: string } | { location: string }, from = 0, to = 9e12) =>
    home.energy.hours({ by, from, to })

  it('nothing is there at first', async () => {
    expect(await of({ device_id: 'dev-1' })).toEqual([])
    expect(await home.energy.aggregatedUntil()).toBe(0)
    expect(await home.book.mark('night')).toBe('')
  })

  it('hours are found by device and by location, by their beginning, in order', async () => {
    const other = hour(3, { device_id: 'dev-0' })
    const elsewhere = hour(4, { device_id: 'dev-2', location: null })
    await replaceHours(home.energy, [window(0)], [hour(5), hour(2), other, elsewhere], FROM + DAY)
    expect(await of({ device_id: 'dev-1' })).toEqual([hour(2), hour(5)])
    expect(await of({ location: 'garage' })).toEqual([other, hour(2), hour(5)])
    expect(await of({ device_id: 'dev-1' }, FROM + 2 * HOUR, FROM + 5 * HOUR)).toEqual([hour(2)])
    expect(await of({ device_id: 'dev-2' })).toEqual([elsewhere])
    expect(await of({ device_id: '' })).toEqual([])
  })

  it('what was there of a window goes, and what is beyond it stays', async () => {
    const [last, first] = [hour(23), hour(24)]
    await replaceHours(home.energy, [window(0), window(1)], [hour(1), last, first], FROM + 2 * DAY)
    await replaceHours(home.energy, [window(0)], [hour(1, { delivered_kwh: 9 })], FROM + DAY)
    expect(await of({ device_id: 'dev-1' })).toEqual([hour(1, { delivered_kwh: 9 }), first])
    expect(await home.energy.aggregatedUntil()).toBe(FROM + 2 * DAY)
  })

  it('done again it ends the same, many hours of many devices included', async () => {
    const many = Array.from({ length: 130 }, (_, n) => hour(n % 24, { device_id: `dev-${n}` }))
    for (let time = 0; time < 2; time++) await replaceHours(home.energy, [window(0)], many, FROM + DAY)
    expect((await of({ location: 'garage' })).length).toBe(130)
  })

  it('a mark is what was last put', async () => {
    await home.book.putMark('night', '2026-11-19')
    await home.book.putMark('night', '2026-11-20')
    expect(await home.book.mark('night')).toBe('2026-11-20')
    expect(await home.book.mark('archived')).toBe('')
  })
})
