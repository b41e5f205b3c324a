/** Aggregates of nights and the route over them: from messages to figures, over one data folder. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryEnergyBook } from '../../adapters/memory-energy-book.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { createApi } from '../../api/app.ts'
import { filesOf } from '../../embedded/folder.ts'
import { configArriving } from '../../events/config-record.ts'
import type { EnergyBook, EnergyHour } from '../../events/energy-hours.ts'
import type { LogRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { replaceHours } from '../contract/replace-hours.ts'
import { charger, recordAt } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'

const HOUR = 3_600_000
const MIN = 60_000
const DAY = 24 * HOUR
/** 23:00 of 20 November in Berlin. */
const EVENING = Date.UTC(2026, 10, 20, 22)
const MIDNIGHT = Date.UTC(2026, 10, 21)

let home: NightHome
const undo: (() => void)[] = []
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(async () => {
  for (const step of undo.splice(0)) step()
  await home.close()
})

let position = 0
const quiet = { info() {}, warn() {}, error() {} }

async function process(records: LogRecord[]): Promise<void> {
  const taken = await home.take(records)
  await processBatch(taken, { store: home.hot, metrics: { count() {}, gauge() {} }, logger: quiet }, 'charts')
}

const config = (config: Record<string, unknown>, effective_from = 0) => {
  const { topic, payload } = configArriving({
    device_id: 'dev-1',
    effective_from,
    written_at: EVENING - HOUR,
    config,
  })
  return recordAt(++position, EVENING - HOUR, topic, payload, 'internal')
}

/** Four hours of 3 kW from 22:00 UTC on, a reading every ten minutes. */
function session(from = EVENING, minutes = 240): LogRecord[] {
  const at = (min: number, more: object) =>
    charger(++position, from + min * MIN, { event_type: 'telemetry', ...more })
  const readings = Array.from({ length: minutes / 10 }, (_, n) =>
    at((n + 1) * 10, {
      pilot_state: 'C',
      current_draw: 12.5,
      voltage_v: 240,
      power_kw: 3,
      energy_delivered_kwh: (n + 1) / 2,
    }),
  )
  return [
    at(0, { event_type: 'session_start', pilot_state: 'B', energy_delivered_kwh: 0 }),
    at(0.01, { event_type: 'state_change', pilot_state: 'C', current_draw: 12.5, energy_delivered_kwh: 0 }),
    ...readings,
  ]
}
const unplug = (at: number, kwh: number) =>
  charger(++position, at, {
    event_type: 'state_change',
    pilot_state: 'A',
    current_draw: 0,
    energy_delivered_kwh: kwh,
  })

type Answered = { items: (EnergyHour & { period: string })[]; aggregated_until: number }

async function ask(query: string, now: number) {
  const reads = sqliteReads(filesOf(home.data).hot)
  undo.push(reads.close)
  const api = createApi({
    store: reads,
    energy: home.book.energy,
    door: { admit: async () => ({ received_at: 0 }) },
    downlink: { send: async () => {} },
    now: () => now,
    health: async () => ({}),
    pages: new Map(),
    logger: quiet,
  })
  const answer = await api.request(`/v1/energy?${query}`)
  return { status: answer.status, body: (await answer.json()) as Answered }
}
const kwh = ({ body }: Awaited<ReturnType<typeof ask>>) =>
  body.items.map(({ period, delivered_kwh }: { period: string; delivered_kwh: number }) => [
    period,
    delivered_kwh,
  ])

describe('energy over the nights', () => {
  it('has no seam: before the first night, between two, and after the second it is the same', async () => {
    await process([...session(), unplug(EVENING + 4 * HOUR + 1_000, 12)])
    const now = EVENING + 5 * HOUR
    const expected = [
      ['2026-11-20', 6],
      ['2026-11-21', 6],
    ]
    expect(kwh(await ask('device_id=dev-1&by=day', now))).toEqual(expected)
    await home.night('2026-11-20', { now: () => now })
    const between = await ask('device_id=dev-1&by=day', now)
    expect(between.body.aggregated_until).toBe(MIDNIGHT)
    expect(kwh(between)).toEqual(expected)
    await home.night('2026-11-21', { now: () => MIDNIGHT + DAY + HOUR })
    expect(kwh(await ask('device_id=dev-1&by=day', now))).toEqual(expected)
    const hours = await ask('device_id=dev-1&by=hour', now)
    expect(
      hours.body.items.slice(0, 4).map((item) => [item.delivered_kwh, item.split, item.peak_power_kw]),
    ).toEqual([
      [3, 'register', 3],
      [3, 'register', 3],
      [3, 'register', 3],
      [3, 'register', 3],
    ])
  })

  it('peaks of an hour are those of its sessions, by a rating that was first written down later too', async () => {
    const said = (min: number, more: object) =>
      charger(++position, EVENING + min * MIN, { event_type: 'telemetry', pilot_state: 'C', ...more })
    await process([
      config({ device_type: 'evse', rated_voltage_v: 230 }, EVENING + 90 * MIN),
      said(1, { current_draw: 16 }),
      said(30, { current_draw: 10 }),
      said(70, { current_draw: 8 }),
      unplug(EVENING + 110 * MIN, 3),
    ])
    const now = MIDNIGHT + HOUR
    const peaks = async () =>
      (await ask('device_id=dev-1&by=hour', now)).body.items.map(({ peak_power_kw }) => peak_power_kw)
    expect(await peaks()).toEqual([3.68, 1.84])
    await home.night('2026-11-20', { now: () => now })
    expect(await peaks()).toEqual([3.68, 1.84])
  })

  it('of a past day is told again by what came late, where a night was killed behind the day’s file too', async () => {
    const noon = EVENING - 10 * HOUR
    await process(session(noon, 60))
    await home.night('2026-11-20', { now: () => MIDNIGHT + 2 * HOUR })
    const late = { ...unplug(noon + 70 * MIN, 3.5), received_at: MIDNIGHT + 5 * HOUR }
    await process([late])
    const now = () => MIDNIGHT + DAY + 2 * HOUR
    const onProgress = ({ step }: { step: string }) => {
      if (step === 'Aggregate') throw new Error('killed')
    }
    await expect(home.night('2026-11-21', { now, onProgress })).rejects.toThrow('killed')
    await home.night('2026-11-21', { now: () => now() + HOUR })
    expect(kwh(await ask('device_id=dev-1&by=day', now()))).toEqual([['2026-11-20', 3.5]])
  })

  it('an open session is counted as far as it has come, and once', async () => {
    await process(session())
    const now = EVENING + 4 * HOUR + MIN
    await home.night('2026-11-20', { now: () => now })
    expect(kwh(await ask('device_id=dev-1&by=day', now))).toEqual([
      ['2026-11-20', 6],
      ['2026-11-21', 6],
    ])
    await process([unplug(now + MIN, 12.05)])
    await home.night('2026-11-21', { now: () => MIDNIGHT + DAY + HOUR })
    const days = kwh(await ask('device_id=dev-1&by=day', now))
    expect(days.reduce((sum, day) => sum + Number(day[1]), 0)).toBeCloseTo(12.05, 6)
  })

  it('days are those of the configuration’s time zone', async () => {
    await process([
      config({ device_type: 'evse', timezone: 'Europe/Berlin', location: 'garage' }),
      ...session(),
      unplug(EVENING + 4 * HOUR + 1_000, 12),
    ])
    const now = MIDNIGHT + DAY + HOUR
    await home.night('2026-11-20', { now: () => now })
    expect(kwh(await ask('location=garage&by=day', now))).toEqual([
      ['2026-11-20', 3],
      ['2026-11-21', 9],
    ])
    expect(kwh(await ask('location=garage&by=month', now))).toEqual([['2026-11', 12]])
    await home.night('2026-11-21', { now: () => now })
    expect(kwh(await ask('location=garage&by=day', now))).toEqual([
      ['2026-11-20', 3],
      ['2026-11-21', 9],
    ])
  })

  it('a night that is run again counts nothing twice', async () => {
    await process([...session(), unplug(EVENING + 4 * HOUR + 1_000, 12)])
    const now = MIDNIGHT + DAY + HOUR
    for (const _ of [1, 2, 3]) await home.night('2026-11-21', { now: () => now + position++ })
    expect(kwh(await ask('device_id=dev-1&by=month', now))).toEqual([['2026-11', 12]])
  })
})

it.each([
  ['', 'device_id'],
  ['device_id=a&location=b', 'location'],
  ['device_id=a&by=week', 'by'],
  ['device_id=a&from=2&to=1', 'from'],
])('a question that makes no sense is refused: %s', async (query, parameter) => {
  expect(await ask(query, EVENING)).toMatchObject({ status: 400, body: { parameter } })
})

describe.each([
  ['SQLite', () => home.book.energy],
  ['memory', () => memoryEnergyBook()],
])('aggregates in %s', (_, open: () => EnergyBook) => {
  const hour = (device_id: string, n: number, more: Partial<EnergyHour> = {}): EnergyHour => ({
    device_id,
    location: 'garage',
    starts_at: n * HOUR,
    ends_at: (n + 1) * HOUR,
    day: '1970-01-01',
    timezone: 'UTC',
    delivered_kwh: n,
    consumed_kwh: 0,
    sessions: 1,
    cycles: 0,
    charging_s: 60,
    cycle_s: 0,
    peak_power_kw: null,
    split: null,
    ...more,
  })

  it('are found by device and by location, in order, within a range of beginnings', async () => {
    const book = open()
    await replaceHours(
      book,
      [],
      [hour('b', 2), hour('a', 3), hour('a', 1), hour('c', 1, { location: null })],
      5 * HOUR,
    )
    const found = async (by: { device_id: string } | { location: string }, from = 0, to = 9 * HOUR) =>
      (await book.hours({ by, from, to })).map(({ device_id, starts_at }) => [device_id, starts_at / HOUR])
    expect(await found({ device_id: 'a' })).toEqual([
      ['a', 1],
      ['a', 3],
    ])
    expect(await found({ location: 'garage' })).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 2],
    ])
    expect(await found({ device_id: 'a' }, 2 * HOUR, 3 * HOUR)).toEqual([])
    expect(await book.aggregatedUntil()).toBe(5 * HOUR)
  })

  it('are written over: what a window held and does not hold any more is gone, and no other', async () => {
    const book = open()
    await replaceHours(book, [], [hour('a', 1), hour('a', 2), hour('a', 3)], 4 * HOUR)
    await replaceHours(book, [{ from: 2 * HOUR, to: 3 * HOUR }], [hour('b', 2)], 3 * HOUR)
    const all = await book.hours({ by: { location: 'garage' }, from: 0, to: 9 * HOUR })
    expect(all.map(({ device_id, starts_at }) => [device_id, starts_at / HOUR])).toEqual([
      ['a', 1],
      ['a', 3],
      ['b', 2],
    ])
    expect(await book.aggregatedUntil()).toBe(4 * HOUR)
  })
})
