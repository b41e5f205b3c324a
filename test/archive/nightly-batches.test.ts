import { hash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { filesOf } from '../../embedded/folder.ts'
import { deviceHash, landingName } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { charger, NOON } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

const DAY = '2026-11-20'
const now = () => NOON + 86_400_000

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

it('stations of a day lie in one file, whatever batches their ids hash to', async () => {
  const ids = ['station-1', 'station-2', 'station-3', 'station-4', 'station-5', 'station-6']
  expect(new Set(ids.map((id) => deviceHash(id) >> 14)).size).toBeGreaterThan(2)
  for (const [n, id] of ids.entries()) {
    const record = charger(n + 1, NOON + n, {}, id)
    const row = { ...archiveRow(openRecord(record), () => null), device_type: 'station' as const }
    await home.files.put(landingName(record, record), await writeLanding([row]))
  }
  const done = await home.night(DAY, { now, batch_rows: 1 })
  expect(done).toMatchObject({ well: true, rows: 6, failed: [] })
  const { rows } = await duckdbQuery(filesOf(home.data).archive).ask(
    'SELECT station_events.device_id FROM station_events ORDER BY ALL',
  )
  expect(rows).toEqual(ids.map((id) => [id]))
})

/** So many that texts are shortened, and columns that say nothing or always the same are not carried. */
const MANY = 9_000
const BATCHES = { now, batch_rows: 4_600 }

function fleet(from: number, of: (n: number) => Record<string, unknown>): LogRecord[] {
  return Array.from({ length: MANY }, (_, n) =>
    charger(from + n, NOON - (from + n) * 1_000, of(n), `dev-${n % 40}`),
  )
}

it.each([
  ['two batches', BATCHES],
  ['one', { now }],
])('what was the same in all rows, or empty, is there again: %s', async (_, batches) => {
  const same = await home.take(fleet(1, () => ({ pilot_state: 'C', location: 'garage' })))
  expect(await home.night(DAY, batches)).toMatchObject({ well: true, rows: MANY, failed: [] })
  expect(await home.archived()).toEqual(same)
  const { rows } = await duckdbQuery(filesOf(home.data).archive).ask(
    'SELECT DISTINCT source, device_type, location, pilot_state, power_kw FROM events',
  )
  expect(rows).toEqual([['mqtt', 'evse', 'garage', 'C', null]])
})

it('late rows of a day may say what none before them said, and the other way round', async () => {
  const bare = await home.take(fleet(1, () => ({})))
  await home.night(DAY, BATCHES)
  const full = await home.take(
    fleet(MANY + 1, (n) => ({ location: `site-${n % 3}`, current_draw: n / 8, note: 'x'.repeat(n % 50) })),
  )
  await home.night(DAY, { ...BATCHES, now: () => now() + 1 })
  const again = await home.take(fleet(2 * MANY + 1, () => ({ location: 'garage' })))
  expect(await home.night(DAY, { ...BATCHES, now: () => now() + 2 })).toMatchObject({ well: true, copies: 0 })
  expect(await home.archived()).toEqual([...bare, ...full, ...again])
})

it('messages that are long and never alike are taken on in batches that fit in memory', async () => {
  for (let n = 0; n < 40_000; n += 1_000) {
    const long = Array.from({ length: 1_000 }, (_, i) =>
      charger(
        n + i,
        NOON - (n + i) * 1_000,
        { note: hash('sha512', `${n + i}`).repeat(48) },
        `dev-${i % 40}`,
      ),
    )
    await home.take(long)
  }
  expect(await home.night(DAY, { now, duck: { memory_mb: 256 } })).toMatchObject({ well: true, rows: 40_000 })
})
