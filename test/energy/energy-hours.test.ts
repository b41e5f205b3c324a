import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EnergyThing, energyHours } from '../../energy/energy-hours.ts'
import { electricalTold, marksOf, type Reading } from '../../energy/energy-marks.ts'
import type { EnergyHour } from '../../events/energy-hours.ts'
import { createOffsets, hourAt } from '../../events/zone.ts'

const HOUR = 3_600_000
const MIN = 60_000
const zoneOf = (timezone: string) => ({ timezone, offsets: createOffsets(timezone) })
const UTC = zoneOf('UTC')
const START = Date.UTC(2026, 10, 20, 22)

function session(of: Partial<EnergyThing> = {}): EnergyThing {
  const started_at = of.started_at ?? START
  const until = of.until ?? START + 4 * HOUR
  return {
    kind: 'session',
    device_id: 'dev-1',
    location: 'garage',
    started_at,
    until,
    open: false,
    energy_kwh: 12,
    legs: [{ started_at, ended_at: until }],
    peak_power_kw: 7,
    ...of,
  }
}
const kwh = (hours: EnergyHour[]) => hours.map(({ delivered_kwh }) => delivered_kwh)
const total = (hours: EnergyHour[]) => Math.round(kwh(hours).reduce((sum, one) => sum + one, 0) * 1e6) / 1e6

describe('the peak of an hour', () => {
  const said = [
    [10, { current_draw: 16 }],
    [70, { current_draw: 10 }],
    [80, { current_draw: 32, voltage_v: 120 }],
    [130, { current_draw: 30, power_kw: 2 }],
    [190, { current_draw: 500 }],
  ] as const
  const readings = said.map(([min, fields]) => ({ at: START + min * MIN, ...electricalTold(fields) }))
  const peaks = (limits: (at: number) => object) =>
    energyHours([session()], marksOf(readings), UTC, limits).map(({ peak_power_kw }) => peak_power_kw)

  it('is what was told as power, as current and voltage, or as current at the rated voltage', () => {
    expect(peaks(() => ({ rated_voltage_v: 230 }))).toEqual([3.68, 3.84, 2, null])
  })

  it('knows nothing of current alone where no voltage is configured then', () => {
    expect(peaks(() => ({}))).toEqual([null, 3.84, 2, null])
    expect(peaks((at) => (at >= START + HOUR ? { rated_voltage_v: 400 } : {}))).toEqual([null, 4, 2, null])
  })
})

describe('a session over midnight', () => {
  it('is split by its register where that reported', () => {
    const readings = [0, 60, 119, 120, 180, 240].map((min) => ({
      at: START + min * MIN,
      register_kwh: [0, 6, 6.9, 7, 11, 12][[0, 60, 119, 120, 180, 240].indexOf(min)],
    }))
    const steady: Reading[] = Array.from({ length: 49 }, (_, n) => ({
      at: START + n * 5 * MIN,
      register_kwh: n <= 24 ? n * 0.4 : 9.6 + (n - 24) * 0.1,
    }))
    const hours = energyHours([session()], marksOf(steady), UTC)
    expect(kwh(hours)).toEqual([4.8, 4.8, 1.2, 1.2])
    expect(hours.map(({ split, day }) => [split, day])).toEqual([
      ['register', '2026-11-20'],
      ['register', '2026-11-20'],
      ['register', '2026-11-21'],
      ['register', '2026-11-21'],
    ])
    expect(total(energyHours([session()], marksOf(readings), UTC))).toBe(12)
  })

  it('in proportion to its charging time where it did not, and says so', () => {
    const legs = [{ started_at: START + HOUR, ended_at: START + 3 * HOUR }]
    const hours = energyHours([session({ legs })], [], UTC)
    expect(kwh(hours)).toEqual([0, 6, 6, 0])
    expect(new Set(hours.map(({ split }) => split))).toEqual(new Set(['time']))
    expect(hours.map(({ charging_s }) => charging_s)).toEqual([0, 3600, 3600, 0])
  })

  it('a gap over a boundary is split by time, and only those hours say so', () => {
    const readings = [0, 10, 20, 30, 100, 110, 240].map((min) => ({
      at: START + min * MIN,
      register_kwh: min * 0.05,
    }))
    const hours = energyHours([session()], marksOf(readings), UTC)
    expect(kwh(hours)).toEqual([3, 3, 3, 3])
    expect(hours.map(({ split }) => split)).toEqual(['time', 'time', 'time', 'time'])
  })

  it('counts as begun in its first hour alone', () => {
    expect(energyHours([session()], [], UTC).map(({ sessions }) => sessions)).toEqual([1, 0, 0, 0])
  })
})

it('a session within an hour is not split, and its peak is its own', () => {
  const [hour] = energyHours([session({ until: START + 30 * MIN })], [], UTC)
  expect(hour).toMatchObject({ delivered_kwh: 12, split: null, peak_power_kw: 7, sessions: 1 })
})

it('a lifetime register, a reset and a jump that could not have flowed change the split, never the total', () => {
  const registers = [5000, 5001, 0, 1, 909_948, 909_949]
  const readings = registers.map((register_kwh, n) => ({ at: START + n * 40 * MIN, register_kwh }))
  const hours = energyHours([session()], marksOf(readings), UTC)
  expect(total(hours)).toBe(12)
  expect(Math.min(...kwh(hours))).toBeGreaterThanOrEqual(0)
})

it('an open session without a register has no energy yet; with one, what it rose', () => {
  expect(total(energyHours([session({ open: true, energy_kwh: null })], [], UTC))).toBe(0)
  const readings = [0, 5, 10].map((n) => ({ at: START + n * MIN, register_kwh: n / 10 }))
  expect(total(energyHours([session({ open: true, energy_kwh: null })], marksOf(readings), UTC))).toBe(1)
})

it('a cycle is consumption, in proportion to time', () => {
  const cycle = session({
    kind: 'cycle',
    until: START + 90 * MIN,
    energy_kwh: 3,
    legs: [],
    peak_power_kw: null,
  })
  const hours = energyHours([cycle], [], UTC)
  expect(
    hours.map(({ consumed_kwh, delivered_kwh, cycles, cycle_s }) => [
      consumed_kwh,
      delivered_kwh,
      cycles,
      cycle_s,
    ]),
  ).toEqual([
    [2, 0, 1, 3600],
    [1, 0, 0, 1800],
  ])
})

describe('hours of a zone', () => {
  it('the hour that summer time skips is not there: that day has 23', () => {
    const berlin = zoneOf('Europe/Berlin')
    const night = session({
      started_at: Date.UTC(2026, 2, 28, 23),
      until: Date.UTC(2026, 2, 29, 22),
      energy_kwh: 23,
      legs: [],
    })
    const hours = energyHours([night], [], berlin)
    expect(hours.length).toBe(23)
    expect(new Set(hours.map(({ day }) => day))).toEqual(new Set(['2026-03-29']))
    expect(total(hours)).toBe(23)
  })

  it('the hour that it repeats is two: that day has 25', () => {
    const berlin = zoneOf('Europe/Berlin')
    const night = session({
      started_at: Date.UTC(2026, 9, 24, 22),
      until: Date.UTC(2026, 9, 25, 23),
      energy_kwh: 25,
      legs: [],
    })
    const hours = energyHours([night], [], berlin)
    expect(hours.length).toBe(25)
    expect(new Set(hours.map(({ day }) => day))).toEqual(new Set(['2026-10-25']))
    expect(new Set(kwh(hours))).toEqual(new Set([1]))
  })

  it('begin at the half hour where the zone does', () => {
    const { start, end } = hourAt(createOffsets('Asia/Kolkata'), Date.UTC(2026, 10, 20, 18, 45))
    expect([start, end]).toEqual([Date.UTC(2026, 10, 20, 18, 30), Date.UTC(2026, 10, 20, 19, 30)])
  })

  it('follow each other without a gap and without an overlap, over changes of half an hour too', () => {
    for (const zone of ['Australia/Lord_Howe', 'America/St_Johns', 'Europe/Berlin', 'UTC']) {
      const offsets = createOffsets(zone)
      let at = Date.UTC(2026, 0, 1)
      while (at < Date.UTC(2027, 0, 1)) {
        const { start, end } = hourAt(offsets, at)
        expect(start, `${zone} ${new Date(at).toISOString()}`).toBeLessThanOrEqual(at)
        expect(end).toBeGreaterThan(at)
        if (at > Date.UTC(2026, 0, 2)) expect(start).toBe(at)
        at = end
      }
    }
  }, 120_000)
})

it('whatever is reported, the hours add up to the session, and none is negative', () => {
  const reading = fc.record({
    min: fc.integer({ min: 0, max: 600 }),
    kwh: fc.double({ min: 0, max: 1e4, noNaN: true }),
  })
  fc.assert(
    fc.property(
      fc.array(reading, { maxLength: 40 }),
      fc.integer({ min: 1, max: 600 }),
      (readings, minutes) => {
        const sorted = readings.toSorted((a, b) => a.min - b.min)
        const marks = marksOf(
          sorted.map(({ min, kwh: register_kwh }) => ({ at: START + min * MIN, register_kwh })),
        )
        const hours = energyHours(
          [session({ until: START + minutes * MIN })],
          marks,
          zoneOf('Asia/Kathmandu'),
        )
        expect(Math.abs(total(hours) - 12)).toBeLessThan(1e-4)
        expect(Math.min(...kwh(hours))).toBeGreaterThanOrEqual(0)
      },
    ),
  )
})
