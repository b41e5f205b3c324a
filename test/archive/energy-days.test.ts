/** Which days a night computes the energy of, and that what lasts for days is told by its nights as by its rows. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { duckdbQuery } from '../../adapters/duckdb-query.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { liveHours } from '../../api/live-energy.ts'
import { filesOf } from '../../embedded/folder.ts'
import { type ArchiveFiles, dayOf } from '../../events/archive.ts'
import type { LogRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { daysToCompute, thingsOfDay } from '../../workflows/energy-things.ts'
import { charger } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

const HOUR = 3_600_000
const at = (day: number, hour: number) => Date.UTC(2026, 10, day, hour)
const date = (day: number) => dayOf(at(day, 0))

let home: NightHome
let reads: ReturnType<typeof sqliteReads>
beforeEach(async () => {
  home = await createNightHome()
  reads = sqliteReads(filesOf(home.data).hot)
})
afterEach(async () => {
  reads.close()
  await home.close()
})

/** A session of 3 kW, a reading every two hours. */
function session(device_id: string, from: number, to: number): LogRecord[] {
  const said = (time: number, more: object) =>
    charger(0, time, { energy_delivered_kwh: (3 * (time - from)) / HOUR, ...more }, device_id)
  const charging = { pilot_state: 'C', current_draw: 12.5, voltage_v: 240, power_kw: 3 }
  const records = [
    said(from, { event_type: 'session_start', pilot_state: 'B' }),
    said(from + 1_000, charging),
  ]
  for (let time = from + 2 * HOUR; time < to; time += 2 * HOUR) records.push(said(time, charging))
  return [...records, said(to, { event_type: 'state_change', pilot_state: 'A', current_draw: 0 })]
}

/** What comes in by the end of a day. */
async function comesIn(records: LogRecord[], day: number): Promise<void> {
  const some = records.filter(({ received_at }) => dayOf(received_at) === date(day))
  const taken = await home.take(some.toSorted((a, b) => a.received_at - b.received_at))
  const quiet = { info() {}, warn() {}, error() {} }
  await processBatch(taken, { store: home.hot, metrics: { count() {}, gauge() {} }, logger: quiet }, 'charts')
}

const daysOf = async (landed: number[], until: number) =>
  (await daysToCompute(reads, new Set(landed.map(date)), until)).windows.map(({ from }) =>
    new Date(from).getUTCDate(),
  )

/** One that is over midnight each night, from the 10th on. */
const everyNight = (device_id: string, nights = [10, 11, 12, 13, 14]) =>
  nights.flatMap((day) => session(device_id, at(day, 22), at(day + 1, 2)))

it('a night computes its day and what ended in it from its beginning on, and not what ended before that', async () => {
  for (const day of [10, 11, 12, 13, 14, 15]) await comesIn(everyNight('dev-1'), day)
  expect(await daysOf([14], at(15, 0))).toEqual([13, 14])
  expect(await daysOf([12], at(13, 0))).toEqual([11, 12])
  // Of a day to which something came late, what reaches out of it on either side.
  expect(await daysOf([11, 14], at(15, 0))).toEqual([10, 11, 12, 13, 14])
  expect(await daysOf([16], at(17, 0))).toEqual([16])
})

it('what lasted for days brings its days along when it ends, and no others while it lasts', async () => {
  const long = session('dev-9', at(10, 7), at(14, 9))
  const comes = (day: number) => comesIn([...long, ...everyNight('dev-1')], day)
  for (const day of [10, 11, 12, 13]) await comes(day)
  expect(await daysOf([13], at(14, 0))).toEqual([12, 13])
  await comes(14)
  expect(await daysOf([14], at(15, 0))).toEqual([10, 11, 12, 13, 14])
  const until = at(15, 0)
  const { long: lasting } = await daysToCompute(reads, new Set([date(14)]), until)
  expect(lasting.map(({ device_id }) => device_id)).toEqual(['dev-9'])
  const window = { from: at(12, 0), to: at(13, 0) }
  const things = await thingsOfDay(reads, window, { long: lasting, until })
  // Two that reach into the day on either side, one of them once although two looks could find it.
  expect(things.map(({ started_at }) => dayOf(started_at)).sort()).toEqual([date(10), date(11), date(12)])
})

it('hours that nights computed, one after the other, are those of the rows, and so are sessions', async () => {
  const long = session('dev-9', at(10, 7), at(14, 9))
  const again = session('dev-9', at(14, 11), at(14, 17))
  for (const day of [10, 11, 12, 13, 14]) {
    await comesIn([...long, ...again, ...everyNight('dev-1', [10, 11, 12, 13])], day)
    await home.night(date(day), { now: () => at(day + 1, 3) })
  }
  const range = { from: 0, to: at(15, 0) }
  for (const device_id of ['dev-1', 'dev-9']) {
    const by = { device_id }
    const live = (await liveHours(reads, { by, ...range }, { after: 0, now: at(15, 0) })).filter(
      ({ ends_at }) => ends_at <= at(15, 0),
    )
    const computed = await home.book.energy.hours({ by, ...range })
    expect(computed.map(rounded)).toEqual(live.map(rounded))
    expect(computed.length).toBeGreaterThan(12)
  }
  const { rows } = await duckdbQuery(filesOf(home.data).archive).ask(
    `SELECT device_id, ended_at IS NOT NULL, count(*)::INTEGER FROM sessions GROUP BY ALL ORDER BY ALL`,
  )
  expect(rows).toEqual([
    ['dev-1', true, 4],
    ['dev-9', true, 2],
  ])
  const sum = await duckdbQuery(filesOf(home.data).archive).ask(
    `SELECT round(sum(delivered_kwh), 6) FROM energy WHERE device_id = 'dev-9'`,
  )
  expect(sum.rows).toEqual([[3 * ((at(14, 9) - at(10, 7)) / HOUR + 6)]])
})

it('what a night could not put in its place is told by its registers all the same', async () => {
  await comesIn(session('dev-1', at(10, 7), at(10, 15)), 10)
  const hours = () => home.book.energy.hours({ by: { device_id: 'dev-1' }, from: 0, to: at(15, 0) })
  const between = (files: ArchiveFiles): ArchiveFiles => ({
    ...files,
    move: async (from, to) => {
      if (to.includes('/dev-1/')) throw new Error('refused')
      return files.move(from, to)
    },
  })
  const now = () => at(11, 3)
  await expect(home.night(date(10), { now, between })).rejects.toThrow('the manifest of the day names')
  const told = await hours()
  // Of more than an hour the peak of each is known by its readings alone.
  expect(told.map(({ delivered_kwh }) => delivered_kwh)).toEqual(told.map(() => 3))
  expect(told.map(({ peak_power_kw }) => peak_power_kw)).toEqual([3, null, 3, null, 3, null, 3, null])
  await home.night(date(10), { now: () => now() + HOUR })
  expect(await hours()).toEqual(told)
})

const rounded = (hour: object) =>
  JSON.parse(JSON.stringify(hour), (_, value) =>
    typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
  )
