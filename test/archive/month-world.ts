/** An archive with small days of October, of every kind of folder, and what may be asked of it. */
import { readFileSync } from 'node:fs'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { confirmedRows } from '../../adapters/duckdb-confirm.ts'
import { duckdbMarks } from '../../adapters/duckdb-marks.ts'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { filesOf } from '../../embedded/folder.ts'
import { DAY_MS, landingName } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { telemetryTopic } from '../../events/topics.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { charger, recordAt, said } from './archived-records.ts'
import type { NightHome } from './night-home.ts'

export const OCTOBER = Date.UTC(2026, 9, 5, 12)
/** The night that puts October together. */
export const SECOND = '2026-11-02'
export const AFTER_SECOND = { now: () => Date.UTC(2026, 10, 3, 2) }

/** Nobody takes a station's message yet: its rows land as they would. */
async function landStation(home: NightHome, nth: number, timestamp: number): Promise<void> {
  const record = charger(900_000 + nth, timestamp, {}, 'station-1')
  const row = archiveRow(openRecord(record), () => null)
  await home.files.put(landingName(record, record), await writeLanding([{ ...row, device_type: 'station' }]))
}

/** Three days of October, each with a night, or all with one; and a night in November before the month is put together. */
export async function octoberDays(home: NightHome, nights: 'three' | 'one' = 'one'): Promise<void> {
  for (const days of [0, 1, 15]) {
    const at = OCTOBER + days * DAY_MS
    await home.take([
      charger(1, at, { pilot_state: 'C', current_draw: 16, voltage_v: 230, energy_delivered_kwh: days }),
      charger(2, at + 60_000, { pilot_state: 'C', energy_delivered_kwh: days + 1 }),
      charger(3, at + 1, { pilot_state: 'A' }, 'a/b'),
      recordAt(4, at + 2, 'ev/evse/dev-1/telemetry', 'no JSON at all'),
      recordAt(5, at + 3, 'somewhere/else', '{}'),
    ])
    await landStation(home, days, at + 4)
    if (nights === 'three') await home.night(dayAt(at), { now: () => at + DAY_MS })
  }
  const first = Date.UTC(2026, 10, 1, 12)
  await home.take([charger(1, first, { pilot_state: 'B' })])
  await home.night('2026-11-01', { now: () => first + DAY_MS })
}

export function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

const NOVEMBER = Date.UTC(2026, 10, 1)

const QUESTIONS = [
  "SELECT *, day FROM events WHERE day < DATE '2026-11-01'",
  "SELECT count(*) FROM events WHERE day = DATE '2026-10-05'",
  "SELECT count(*) FROM events WHERE day = DATE '2026-09-05'",
  "SELECT count(*), min(day), max(day) FROM events WHERE device_id = 'dev-1' AND day < DATE '2026-11-01'",
  "SELECT device, day, count(*) FROM events_of_device WHERE day < DATE '2026-11-01' GROUP BY ALL",
  "SELECT log_offset FROM events_of_device WHERE device = 'dev-1' AND day = DATE '2026-10-06'",
  'SELECT * FROM station_events',
]
const NAMED = ['device-day', 'duty-cycles', 'refused', 'clock-quality']

/** All that readers of the archive say of October: questions, replays by day and device, marks, and what has expired. */
export async function saidOfOctober(home: NightHome): Promise<unknown> {
  const archive = duckdbQuery(filesOf(home.data).archive)
  const answers: unknown[] = []
  for (const sql of QUESTIONS) answers.push(sorted((await archive.ask(sql)).rows))
  for (const name of NAMED) {
    const sql = readFileSync(new URL(`../../docs/queries/${name}.sql`, import.meta.url), 'utf8')
    const parameters = { day: '2026-10-05', ...(sql.includes('$device_id') && { device_id: 'dev-1' }) }
    answers.push((await archive.ask(sql, parameters)).rows)
  }
  const source = duckdbArchiveSource(home.files)
  const day = { from: OCTOBER - (OCTOBER % DAY_MS), to: OCTOBER - (OCTOBER % DAY_MS) + DAY_MS }
  const ranges = [
    { from: 0, to: NOVEMBER },
    day,
    { ...day, device_id: 'a/b' },
    { from: 0, to: NOVEMBER, device_id: 'dev-1' },
  ]
  for (const range of ranges) answers.push(await collect(source.records(range)))
  answers.push(await collect(duckdbMarks(home.files).marks({ from: OCTOBER, to: OCTOBER + 20 * DAY_MS })))
  const row = {
    device_id: 'a/b',
    ts: OCTOBER + 1,
    reported_timestamp: OCTOBER + 1,
    received_at: OCTOBER + 81,
  }
  answers.push((await confirmedRows([row, { ...row, received_at: 1 }], home.files)).length)
  return answers
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of all) found.push(one)
  return found
}

/** A second message of a device's past, which comes in on the second of November. */
export function late(timestamp: number, more: Record<string, unknown> = {}, device_id = 'dev-1'): LogRecord {
  const payload = said(device_id, timestamp, more)
  return recordAt(1, Date.UTC(2026, 10, 2, 12), telemetryTopic('evse', device_id), payload)
}
