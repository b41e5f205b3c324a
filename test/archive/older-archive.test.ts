/** What was written before places had a tick is read, added to and taken up as ever. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { duckdbAudit } from '../../adapters/duckdb-audit.ts'
import { DAY_MS } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, NOON, recordAt } from './archived-records.ts'
import {
  AFTER_SECOND,
  late,
  OCTOBER,
  octoberDays,
  rowsOfOctober,
  SECOND,
  saidOfOctober,
} from './month-world.ts'
import { createNightHome, type NightHome } from './night-home.ts'
import { makeOlder } from './older-files.ts'
import { onStream } from './stream-records.ts'

const DAY = '2026-11-20'
const NEXT = '2026-11-21'
const now = () => NOON + DAY_MS
const after = () => NOON + 2 * DAY_MS

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const days = async () => (await home.names()).filter((name) => name.endsWith('/events.parquet'))

const byPosition = (all: LogRecord[]) => all.toSorted((a, b) => (a.position < b.position ? -1 : 1))

/** Of two devices of a stream, and of nobody. */
const aDay = (from: number, at: number): LogRecord[] => [
  onStream(charger(1, at, { pilot_state: 'C' }), from),
  onStream(charger(2, at + 1_000, {}, 'dev-2'), from + 1),
  onStream(recordAt(3, at + 2_000, 'ev/evse/dev-1/telemetry', 'no JSON at all'), from + 2),
  onStream(charger(4, at + 3_000, { pilot_state: 'A' }), from + 3),
  onStream(charger(5, at + 4_000, {}, 'dev-2'), from + 4),
]

describe('an archive of before', () => {
  it.each(['all', 'some'])('says the same as one of now where %s of its files are older', async (which) => {
    await octoberDays(home, 'three')
    const before = await saidOfOctober(home)
    const names = await days()
    await makeOlder(home.files, which === 'all' ? names : names.filter((_, n) => n % 2 === 1))
    expect(await saidOfOctober(home)).toEqual(before)
    if (which === 'some') {
      // Now the first is older, and others are not.
      await makeOlder(home.files, [names[0] as string])
      expect(await saidOfOctober(home)).toEqual(before)
    }
  })

  it('is put together by months, with what comes late in between', async () => {
    await octoberDays(home, 'three')
    const names = await days()
    await makeOlder(
      home.files,
      names.filter((name) => !name.includes('/16/')),
    )
    const before = await rowsOfOctober(home)
    expect(await home.night(SECOND, AFTER_SECOND)).toMatchObject({ well: true })
    expect(await rowsOfOctober(home)).toEqual(before)
    await makeOlder(
      home.files,
      (await days()).filter((name) => name.startsWith('months/')),
    )
    expect(await rowsOfOctober(home)).toEqual(before)
    const [all, [added]] = [await home.archived(), await home.take([late(OCTOBER + 5, { pilot_state: 'B' })])]
    expect(await home.night('2026-11-03', { now: () => AFTER_SECOND.now() + DAY_MS })).toMatchObject({
      well: true,
    })
    expect((await days()).filter((name) => name.includes('2026/10')).length).toBe(2)
    expect(await home.archived()).toEqual(byPosition([...all, added as LogRecord]))
  })

  it('of a stream is read in the order of the stream, before and behind what has come since', async () => {
    const [first, second] = [aDay(100, NOON), aDay(200, NOON + DAY_MS)]
    await home.land(first)
    await home.night(DAY, { now })
    await makeOlder(home.files, await days())
    expect(await home.archived()).toEqual(first)
    await home.land(second)
    expect(await home.archived()).toEqual([...first, ...second])
    await home.night(NEXT, { now: after })
    expect(await home.archived()).toEqual([...first, ...second])
    const session = await duckdbAudit(home.files).begin()
    session.note([...first, ...second])
    expect(await session.agrees()).toBe(true)
    expect(await session.missing([...first, ...second])).toEqual([])
    await session.close()
  })

  it('takes in what is late, and drops what it has, also what nobody could read', async () => {
    const first = aDay(100, NOON)
    await home.land(first)
    await home.night(DAY, { now })
    await makeOlder(home.files, await days())
    const added = onStream({ ...charger(9, NOON + 9_000), received_at: NOON + DAY_MS }, 300)
    await home.land([...first, added])
    const done = await home.night(NEXT, { now: after })
    expect(done).toMatchObject({ well: true, rows: 6, copies: 5, partitions: 1 })
    expect(await home.archived()).toEqual([...first, added])
    await home.land(first)
    expect(await home.night('2026-11-22', { now: () => NOON + 3 * DAY_MS })).toMatchObject({
      well: true,
      copies: 5,
    })
    expect(await home.archived()).toEqual([...first, added])
  })
})

describe('what landed before is taken up by the night of now', () => {
  it.each([
    ['in one batch, the first file older', [0], undefined],
    ['in one batch, the last file older', [2], undefined],
    ['in one batch, all older', [0, 1, 2], undefined],
    ['in many batches, the first file older', [0], 2],
    ['in many batches, the last file older', [2], 2],
    ['in many batches, all older', [0, 1, 2], 2],
  ])('%s', async (_, older, batch_rows) => {
    const log = aDay(100, NOON)
    await home.land(log.slice(0, 2))
    await home.land(log.slice(2, 4))
    // Half of it again, under another name.
    await home.land(log.slice(3))
    const names = await home.names('landing/')
    await makeOlder(
      home.files,
      older.map((n) => names[n] as string),
    )
    expect(await home.archived()).toEqual(log)
    const done = await home.night(DAY, { now, ...(batch_rows && { batch_rows }) })
    expect(done).toMatchObject({ well: true, rows: 6, copies: 1, failed: [] })
    expect(await home.names('landing/')).toEqual([])
    expect(await home.names('set-aside/')).toEqual([])
    expect(await home.archived()).toEqual(log)
  })

  it.each([
    ['a stream', (record: LogRecord, n: number) => onStream(record, n)],
    ['one machine', (record: LogRecord) => record],
  ])('in files of thousands of rows of %s, whose footers know no ticks', async (_, placed) => {
    const log = Array.from({ length: 2_500 }, (_, n) => placed(charger(n, NOON + n, {}, `dev-${n % 9}`), n))
    await home.land(log)
    await makeOlder(home.files, await home.names('landing/'))
    expect(await home.night(DAY, { now })).toMatchObject({ well: true, rows: 2_500, failed: [] })
    expect(await home.archived()).toEqual(log)
  })

  it('of one machine too, and a damaged file beside it is set aside alone', async () => {
    const taken = await home.take([charger(1, NOON), charger(2, NOON + 1)])
    const [more] = await home.take([charger(3, NOON + 2)])
    await home.take([charger(4, NOON + 3)])
    const names = await home.names('landing/')
    await makeOlder(home.files, [names[0] as string])
    await home.files.put(names[2] as string, new Uint8Array(30))
    await expect(home.night(DAY, { now })).rejects.toThrow('the manifest of the day names')
    expect((await home.names('set-aside/')).filter((name) => name.endsWith('.parquet')).length).toBe(1)
    expect(await home.archived()).toEqual([...taken, more])
  })
})
