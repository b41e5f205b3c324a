/** A night over messages that are long: of one device more than fits in memory, some in a fleet of others, and a month of them. */
import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { duckdbNight } from '../../adapters/duckdb-night.ts'
import { openDuck, sqlText } from '../../adapters/duckdb-open.ts'
import { DAY_MS } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { totalBytes } from '../../workflows/staging.ts'
import { charger, NOON } from './archived-records.ts'
import { dayAt, late, OCTOBER, SECOND } from './month-world.ts'
import { createNightHome, type NightHome } from './night-home.ts'

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const DAY = '2026-11-20'
const MEMORY_MB = 64
const AFTER = { now: () => NOON + DAY_MS, duck: { memory_mb: MEMORY_MB } }
const NEXT = { ...AFTER, now: () => NOON + 2 * DAY_MS }

/** 6 KB that no other message has, of the n-th millisecond before. */
const wide = (n: number, before = NOON, device_id = 'dev-1') =>
  charger(n, before - n, { note: hash('sha512', `${n}`).repeat(48) }, device_id)

async function takeAll(records: LogRecord[]): Promise<LogRecord[]> {
  const taken: LogRecord[] = []
  for (let n = 0; n < records.length; n += 1_000)
    taken.push(...(await home.take(records.slice(n, n + 1_000))))
  return taken
}

/** Records by what tells them apart: to compare megabytes of them takes vitest long. */
const told = (records: readonly LogRecord[]) =>
  records.map(({ position, payload }) => `${position} ${hash('sha1', payload)}`)

/** Rows of files, and the bytes of their longest row group: whoever reads a file holds one. */
async function groupsOf(names: readonly string[]): Promise<{ rows: number; longest: number }> {
  const duck = await openDuck()
  try {
    const paths = await home.files.bring(names, duck.scratch)
    const [found] = await duck.rows<{ rows: number; longest: number }>(`
      SELECT sum(rows)::DOUBLE AS rows, max(bytes)::DOUBLE AS longest FROM (
        SELECT any_value(row_group_num_rows) AS rows, sum(total_uncompressed_size) AS bytes
        FROM parquet_metadata([${paths.map(sqlText).join(', ')}]) GROUP BY file_name, row_group_id)`)
    return found ?? { rows: 0, longest: 0 }
  } finally {
    await duck.close()
  }
}

describe('a device that says more in a day than fits in memory', () => {
  const rows = Array.from({ length: 8_000 }, (_, n) => wide(n))
  const stored = `${DAY.replaceAll('-', '/')}/dev-1/events.parquet`

  it('is taken in, and what comes late and what comes again after it', async () => {
    const all = await takeAll(rows)
    expect(await home.night(DAY, AFTER)).toMatchObject({ well: true, rows: all.length, copies: 0 })
    expect(await home.names('landing/')).toEqual([])
    expect(told(await home.archived())).toEqual(told(all))
    expect((await groupsOf([stored])).longest).toBeLessThan((MEMORY_MB * 1_000_000) / 8)
    await home.land(all.slice(0, 3_000))
    const late = await takeAll([wide(rows.length)])
    expect(await home.night('2026-11-21', NEXT)).toMatchObject({ well: true, rows: 3_001, copies: 3_000 })
    expect(told(await home.archived())).toEqual(told([...all, ...late]))
    expect((await groupsOf([stored])).longest).toBeLessThan((MEMORY_MB * 1_000_000) / 8)
  })
})

it('a burst of long messages in a fleet of short ones is spread over batches in small pieces', async () => {
  const fleet = Array.from({ length: 18_000 }, (_, n) => charger(n, NOON - n, {}, `dev-${2 + (n % 40)}`))
  const burst = Array.from({ length: 6_000 }, (_, n) => wide(n))
  await takeAll([...fleet, ...burst])
  const memory_mb = 224
  const engine = duckdbNight(home.files, { memory_mb, threads: 1 })
  const sources = await home.names('landing/')
  const { rows, sums, empty } = await engine.survey(sources)
  const [bytes, long_bytes] = [totalBytes(sums), totalBytes(sums, 'long_bytes')]
  expect(long_bytes).toBeGreaterThan(burst.length * 6_000)
  expect(bytes).toBeGreaterThan(long_bytes + fleet.length * 50)
  const staging = 'staging/spread/'
  await engine.spread({ sources, batches: 2, rows, bytes, long_bytes, empty, staging })
  const spread = await groupsOf(await home.names(staging))
  expect(spread.rows).toBe(rows)
  expect(spread.longest).toBeLessThan((memory_mb * 1_000_000) / 14)
})

describe('a month of small files whose messages are long', () => {
  const EVENTS = 'months/events/2026/10/000-of-001/events.parquet'
  const atNight = (days: number) => ({ ...AFTER, now: () => Date.UTC(2026, 10, 3 + days, 2) })

  it('is put together, also with what comes late', async () => {
    const days = Array.from({ length: 16 }, (_, nth) => OCTOBER + (nth >> 2) * DAY_MS)
    const all = await takeAll(
      days.flatMap((at, nth) => Array.from({ length: 500 }, (_, n) => wide(n, at, `dev-${nth % 4}`))),
    )
    await home.night(dayAt(OCTOBER + 4 * DAY_MS), { ...AFTER, now: () => OCTOBER + 5 * DAY_MS })
    expect((await home.names('2026/10/')).length).toBe(days.length)
    expect(await home.night(SECOND, atNight(0))).toMatchObject({ well: true })
    expect(await home.names('2026/10/')).toEqual([])
    expect(told(await home.archived())).toEqual(told(all))
    expect((await groupsOf([EVENTS])).longest).toBeLessThan((MEMORY_MB * 1_000_000) / 8)
    const more = await home.take([late(OCTOBER - 1_000, {}, 'dev-0')])
    expect(await home.night('2026-11-03', atNight(1))).toMatchObject({ well: true, rows: 1 })
    expect(await home.names('2026/10/')).toEqual([])
    expect(told(await home.archived())).toEqual(told([...all, ...more]))
  })
})
