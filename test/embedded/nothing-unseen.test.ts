/** Nothing leaves the log or the hot store that the archive does not have. */
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expireRows } from '../../embedded/expire.ts'
import { filesOf } from '../../embedded/folder.ts'
import { createNights, dueNight } from '../../embedded/nights.ts'
import { LOG_KEPT_MS, pruneLog } from '../../embedded/prune.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { charger, everyKind, NOON } from '../archive/archived-records.ts'
import { createNightHome, type NightHome } from '../archive/night-home.ts'
import { createKeptLogger } from './gated-log.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

async function take(records: Parameters<NightHome['take']>[0], consumer = 'charts') {
  const taken = await home.take(records)
  const metrics = { count() {}, gauge() {} }
  await processBatch(taken, { store: home.hot, metrics, logger: createKeptLogger() }, consumer)
  return taken
}
const readings = (n: number) => Array.from({ length: n }, (_, i) => charger(i + 1, NOON + i * 1_000))
const prune = (now: number) => pruneLog({ log: home.log, book: home.book, store: home.hot }, now)
const left = async () => (await home.log.read('', 10_000)).length
const WEEKS_LATER = NOON + DAY + LOG_KEPT_MS + DAY

describe('the log', () => {
  it('keeps everything that no night has confirmed', async () => {
    await take(readings(10))
    expect(await prune(WEEKS_LATER)).toBe(0)
    expect(await left()).toBe(10)
  })

  it('lets go what a night has confirmed and a week has passed over, but for the newest', async () => {
    await take(readings(10))
    await home.night('2026-11-20', { now: () => NOON + DAY })
    expect(await prune(NOON + DAY)).toBe(0)
    expect(await prune(WEEKS_LATER)).toBe(9)
    expect(await left()).toBe(1)
    expect(await home.log.tail()).toBe((await home.log.read('', 1))[0]?.position)
  })

  it('keeps what the charts have not read', async () => {
    await take(readings(10), 'somebody else')
    await home.night('2026-11-20', { now: () => NOON + DAY })
    expect(await prune(WEEKS_LATER)).toBe(0)
  })

  it('keeps all of a night that missed something', async () => {
    await take(readings(10))
    await home.files.remove(await home.names('landing/'))
    await expect(home.night('2026-11-20', { now: () => NOON + DAY })).rejects.toThrow()
    expect(await prune(WEEKS_LATER)).toBe(0)
  })

  it('lets go a stretch at a time', async () => {
    await take(readings(2_500))
    await home.night('2026-11-20', { now: () => NOON + DAY })
    expect([await prune(WEEKS_LATER), await prune(WEEKS_LATER), await prune(WEEKS_LATER)]).toEqual([
      1_000, 1_000, 499,
    ])
  })
})

describe('the hot store', () => {
  const events = () => {
    const database = new DatabaseSync(filesOf(home.data).hot, { readOnly: true })
    const rows = database.prepare("SELECT count(*) AS n FROM events WHERE origin <> 'chart'").get()
    database.close()
    return Number(rows?.n)
  }
  const expire = (now: number, logger = createKeptLogger()) =>
    expireRows({ hot: filesOf(home.data).hot, files: home.files, now, logger })
  const OLD = NOON + 91 * DAY

  it('lets go what is in the archive and whose time is over, every kind of it', async () => {
    await take(everyKind())
    await home.night('2026-11-20', { now: () => NOON + DAY })
    const before = events()
    expect(before).toBeGreaterThan(4)
    expect(await expire(NOON + 2 * DAY)).toEqual({ removed: 0, kept: 0 })
    expect(await expire(OLD)).toMatchObject({ kept: 0 })
    expect(events()).toBe(0)
  })

  it('keeps, and says, what the archive does not have', async () => {
    await take(readings(3))
    await home.night('2026-11-20', { now: () => NOON + DAY })
    const hidden = { ...charger(9, NOON + 5_000), position: '00000000000000000009' }
    await processBatch([hidden], {
      store: home.hot,
      metrics: { count() {}, gauge() {} },
      logger: createKeptLogger(),
    })
    const logger = createKeptLogger()
    expect(await expire(OLD, logger)).toMatchObject({ kept: 1 })
    expect(events()).toBe(1)
    expect(logger.lines.map(({ level, fields }) => [level, fields])).toEqual([['error', { rows: 1 }]])
  })

  it('keeps everything while there is no archive', async () => {
    await take(readings(3))
    expect(await expire(OLD)).toEqual({ removed: 0, kept: 3 })
  })
})

it('a night that is due runs in a thread of its own, and once', async () => {
  await take(readings(5))
  const logger = createKeptLogger()
  const nights = createNights({
    data: home.data,
    hour_utc: 2,
    clock: () => NOON + DAY,
    book: home.book,
    logger,
  })
  await nights.look()
  await nights.look()
  expect(logger.lines.map(({ message, fields }) => [message, fields.rows])).toEqual([
    ['the night is planned', 5],
    ['the night is done', 5],
  ])
  expect(await home.book.mark('night')).toBe('2026-11-20')
  await nights.stop()
})

describe('the night of the day before is due', () => {
  const at = (hour: number) => Date.UTC(2026, 10, 21) + hour * HOUR
  it.each([
    [{ now: at(1.9), done: '2026-11-19', tried_at: 0 }, null, 'not before its hour'],
    [{ now: at(2), done: '2026-11-19', tried_at: 0 }, '2026-11-20', 'at its hour'],
    [{ now: at(23), done: '', tried_at: 0 }, '2026-11-20', 'later, if the process was not there'],
    [{ now: at(3), done: '2026-11-20', tried_at: 0 }, null, 'once'],
    [{ now: at(3), done: '2026-11-19', tried_at: at(2.5) }, null, 'not again at once, when it failed'],
    [{ now: at(3.5), done: '2026-11-19', tried_at: at(2.5) }, '2026-11-20', 'again after an hour'],
  ])('%j: %s, %s', (of, day, _why) => {
    expect(dueNight({ hour_utc: 2, ...of })).toBe(day)
  })
})
