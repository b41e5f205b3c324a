/** Small files of a month that is over: put together, and the same is said of them as before. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDuck, parquetFiles } from '../../adapters/duckdb-open.ts'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { filesOf } from '../../embedded/folder.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import { DAY_MS, dayPath } from '../../events/archive.ts'
import { firstOpenMonth, monthAfter, SMALL_FILE_BYTES } from '../../events/archive-months.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger } from './archived-records.ts'
import {
  AFTER_SECOND,
  dayAt,
  late,
  OCTOBER,
  octoberDays,
  rowsOfOctober,
  SECOND,
  saidOfOctober,
} from './month-world.ts'
import { createNightHome, manifestIn, type NightHome } from './night-home.ts'

const EVENTS = 'months/events/2026/10/000-of-001/events.parquet'
const STATIONS = 'months/telemetry/2026/10/000-of-001/events.parquet'
const THIRD = { now: () => AFTER_SECOND.now() + DAY_MS }

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const manifest = (day = SECOND) => manifestIn(home, day)

const byPlace = (records: LogRecord[]) => records.toSorted((a, b) => (a.position < b.position ? -1 : 1))

const ofOctober = async () => [
  ...(await home.names('2026/10/')),
  ...(await home.names('telemetry/')),
  ...(await home.names('months/')),
]

async function positionsIn(name: string): Promise<number[]> {
  const duck = await openDuck()
  try {
    const paths = await home.files.bring([name], duck.scratch)
    const rows = await duck.rows<{ place: number }>(
      `SELECT log_offset AS place FROM ${parquetFiles(paths)} ORDER BY place`,
    )
    return rows.map(({ place }) => place)
  } finally {
    await duck.close()
  }
}

describe('a month that is over', () => {
  it('is put together on its second night, and every reader says the same as before', async () => {
    await octoberDays(home, 'three')
    const [before, files] = [await saidOfOctober(home), await ofOctober()]
    expect(files.length).toBe(3 * 4)
    expect(await home.night(SECOND, AFTER_SECOND)).toMatchObject({ well: true, rows: 0 })
    expect(await ofOctober()).toEqual([EVENTS, STATIONS])
    expect(await saidOfOctober(home)).toEqual(before)
    expect(await home.names('2026/11/')).toEqual(['2026/11/01/dev-1/events.parquet'])
    expect(await home.names('staging/')).toEqual([])
    const { months, months_failed } = await manifest()
    expect(months.map(({ name, rows, put_together }) => [name, rows, put_together])).toEqual([
      [EVENTS, 15, 9],
      [STATIONS, 3, 3],
    ])
    expect(months_failed).toEqual([])
    expect(await home.book.mark('months')).toBe('2026-11')
  })

  it('is not opened by a question about another day', async () => {
    await octoberDays(home)
    await home.night(SECOND, AFTER_SECOND)
    const archive = duckdbQuery(filesOf(home.data).archive)
    const of = async (day: string) =>
      (await archive.ask(`SELECT count(*)::INT FROM events WHERE day = DATE '${day}'`)).rows
    // A sound file first, of which the columns are taken, and behind it one that is broken.
    await home.files.put(EVENTS.replace('000-of-001', '001-of-002'), new Uint8Array(10))
    expect(await of('2026-11-01')).toEqual([[1]])
    await expect(of('2026-10-05')).rejects.toThrow('001-of-002')
  })

  it('is put together once: another night leaves it as it is', async () => {
    await octoberDays(home)
    await home.night(SECOND, AFTER_SECOND)
    const [before, files] = [await home.files.get(EVENTS), await home.names()]
    await home.night(SECOND, THIRD)
    await home.night('2026-11-03', THIRD)
    expect(await home.files.get(EVENTS)).toEqual(before)
    expect(await home.names()).toEqual([...files, 'manifests/2026-11-03.json'].sort())
  })

  it('takes in what comes late, drops copies of what it has, and is the only file that is written again', async () => {
    await octoberDays(home)
    await home.night(SECOND, AFTER_SECOND)
    const [stations, before] = [await home.files.get(STATIONS), await home.archived()]
    const copy = { pilot_state: 'C', current_draw: 16, voltage_v: 230, energy_delivered_kwh: 0 }
    const [, added, fresh] = await home.take([
      late(OCTOBER, copy),
      late(OCTOBER + 5, { pilot_state: 'B' }),
      late(OCTOBER + 9, {}, 'new'),
    ])
    const done = await home.night('2026-11-03', THIRD)
    expect(done).toMatchObject({ well: true, rows: 3, copies: 1, partitions: 2 })
    expect(await ofOctober()).toEqual([EVENTS, STATIONS])
    expect(byPlace(await home.archived())).toEqual(byPlace([...before, added, fresh] as LogRecord[]))
    expect((await positionsIn(EVENTS)).length).toBe(17)
    expect(await home.files.get(STATIONS)).toEqual(stations)
    expect((await manifest('2026-11-03')).audit).toMatchObject({ records: 3, missing: 0 })
  })

  it('rests for a night, and months that are not over are let be', async () => {
    await octoberDays(home)
    expect((await ofOctober()).length).toBe(12)
    expect(firstOpenMonth('2026-11-01')).toBe('2026-10')
    expect(firstOpenMonth('2026-11-02')).toBe('2026-11')
    expect(firstOpenMonth('2026-01-01')).toBe('2025-12')
    expect(monthAfter('2025-12')).toBe('2026-01')
  })

  it('leaves files that are big enough where they are, and a small one alone too', async () => {
    const noise = () => randomBytes(900).toString('base64')
    await home.take(Array.from({ length: 300 }, (_, n) => charger(n + 1, OCTOBER + n, { note: noise() })))
    await home.take([charger(1, OCTOBER, {}, 'small')])
    await home.night(dayAt(OCTOBER), { now: () => OCTOBER + DAY_MS })
    const [big] = await home.files.list(dayPath(dayAt(OCTOBER)))
    expect(big?.bytes).toBeGreaterThan(SMALL_FILE_BYTES)
    const files = await ofOctober()
    expect(await home.night(SECOND, AFTER_SECOND)).toMatchObject({ well: true })
    expect(await ofOctober()).toEqual(files)
  })

  it('keeps of a day that was shared how it lay, for what comes late', async () => {
    const many = (at: number) =>
      Array.from({ length: 1_001 }, (_, n) => charger(n + 1, at + n, {}, `dev-${n}`))
    for (const at of [OCTOBER, OCTOBER + DAY_MS]) {
      await home.take(many(at))
      await home.night(dayAt(at), { now: () => at + DAY_MS })
    }
    const before = await home.archived()
    await home.night(SECOND, AFTER_SECOND)
    expect(await ofOctober()).toEqual([EVENTS])
    expect(await home.archived()).toEqual(before)
    await home.take([late(OCTOBER + 9, {}, 'dev-5')])
    await home.night('2026-11-03', THIRD)
    const duck = await openDuck()
    const paths = await home.files.bring([EVENTS], duck.scratch)
    const parts = await duck.rows<{ part: string }>(
      `SELECT DISTINCT part FROM ${parquetFiles(paths)} WHERE device_id = 'dev-5'`,
    )
    await duck.close()
    expect(parts.map(({ part }) => part)).toEqual([expect.stringMatching(/^shared=\d{3}$/)])
  }, 120_000)
})

describe('a month that cannot be put together', () => {
  it('is named, nothing of it has gone, what has landed goes all the same, and the next night does it', async () => {
    await octoberDays(home)
    const [before, files] = [await saidOfOctober(home), await ofOctober()]
    await home.take([charger(1, Date.UTC(2026, 10, 2, 12))])
    const stranger = await home.files.get('2026/10/05/dev-1/events.parquet')
    const between = (all: ArchiveFiles): ArchiveFiles => ({
      ...all,
      putFile: (name, path) =>
        name.includes('/month-0/') ? all.put(name, stranger as Uint8Array) : all.putFile(name, path),
    })
    await expect(home.night(SECOND, { ...AFTER_SECOND, between })).rejects.toThrow(
      'a month was not put together',
    )
    expect(await ofOctober()).toEqual([...files.filter((name) => name.startsWith('2026/')), STATIONS])
    expect(await saidOfOctober(home)).toEqual(before)
    expect(await home.names('landing/')).toEqual([])
    const { failed, months_failed } = await manifest()
    expect(failed).toEqual([])
    expect(months_failed).toMatchObject([{ month: '2026-10', failed: true }])
    expect(await home.book.mark('months')).toBe('2026-10')
    expect(await home.night(SECOND, THIRD)).toMatchObject({ well: true })
    expect(await ofOctober()).toEqual([EVENTS, STATIONS])
    expect(await saidOfOctober(home)).toEqual(before)
  })

  it('is not verified where a row of it is another, lies on another day, or is there twice', async () => {
    await octoberDays(home)
    const files = await ofOctober()
    const [one = '', other = ''] = ['2026/10/05/dev-1/events.parquet', '2026/10/06/dev-1/events.parquet']
    const [first, second] = [await home.files.get(one), await home.files.get(other)]
    await home.files.put(other, first as Uint8Array)
    await expect(home.night(SECOND, AFTER_SECOND)).rejects.toThrow('a month was not put together')
    expect((await manifest()).months_failed[0]).toMatchObject({ error: 'NotVerified' })
    expect(await ofOctober()).toEqual([...files.filter((name) => name.startsWith('2026/')), STATIONS])
    await home.files.put(other, second as Uint8Array)
    expect(await home.night(SECOND, THIRD)).toMatchObject({ well: true })
    // A row of the same place in the log that says something else is no copy.
    const stranger = await createNightHome()
    await stranger.take([charger(1, OCTOBER, { current_draw: 99 })])
    await stranger.night(dayAt(OCTOBER), { now: () => OCTOBER + DAY_MS })
    await home.files.put(one, (await stranger.files.get(one)) as Uint8Array)
    await stranger.close()
    await home.book.putMark('months', '2026-10')
    await expect(home.night('2026-11-03', THIRD)).rejects.toThrow('a month was not put together')
    expect(await home.names('2026/10/')).toEqual([one])
  })
})

it('a night that is killed before every second of its writes says the same of a month meanwhile, and ends where an unbroken one does', async () => {
  await octoberDays(home)
  const before = await rowsOfOctober(home)
  const whole = await createNightHome({ like: home })
  await whole.night(SECOND, AFTER_SECOND)
  const [names, expected] = [await whole.names(), await whole.archived()]
  await whole.close()
  let crashes = 0
  for (let survived = 0; ; survived += 2) {
    const other = await createNightHome({ like: home })
    let left = survived
    const mortal = (files: ArchiveFiles): ArchiveFiles => {
      const dying = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
        return async (...args: A) => {
          if (left-- <= 0) throw new Error('killed')
          return work(...args)
        }
      }
      const { put, putFile, move } = files
      // Of several files some go, and then no more.
      const remove = async (all: readonly string[]) => {
        for (const name of all) await dying(files.remove)([name])
      }
      return { ...files, put: dying(put), putFile: dying(putFile), move: dying(move), remove }
    }
    const ended = await other.night(SECOND, { ...AFTER_SECOND, between: mortal }).then(
      () => true,
      () => false,
    )
    if (!ended) crashes++
    expect(await rowsOfOctober(other), `killed after ${survived} writes`).toEqual(before)
    await other.night(SECOND, THIRD)
    expect(await other.archived(), `again after ${survived} writes`).toEqual(expected)
    expect(await other.names()).toEqual(names)
    expect(await other.book.mark('months')).toBe('2026-11')
    await other.close()
    if (ended) break
  }
  expect(crashes).toBeGreaterThan(8)
}, 600_000)
