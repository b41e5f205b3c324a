import { describe, expect, it } from 'vitest'
import type { EvseFields } from '../../events/event.ts'
import { parseReport } from '../../events/parse.ts'
import {
  type Fleet,
  type FleetOptions,
  newFleet,
  openTruth,
  runFleet,
  setPace,
} from '../../firmware-model/fleet.ts'
import type { FleetEvent, Truth } from '../../firmware-model/fleet-event.ts'
import { currentTaken, DAY_MS, HOUR_MS, newHabits, nextVisit } from '../../firmware-model/habits.ts'
import { outside } from '../../firmware-model/house.ts'
import { randomOf } from '../../firmware-model/random.ts'

const START = Date.UTC(2026, 10, 2)
const SMALL: FleetOptions = { seed: 11, chargers: 20, thermostats: 10, start_at: START, configured: true }

function day(options: FleetOptions): {
  fleet: Fleet
  events: FleetEvent[]
  truth: Truth[]
} {
  const fleet = newFleet(options)
  return { fleet, ...runFleet(fleet, options.start_at + DAY_MS) }
}

const calm = day(SMALL)
const sessions = calm.truth.filter((truth) => truth.kind === 'session')
const cycles = calm.truth.filter((truth) => truth.kind === 'cycle')

/** What a device reported, read by the one parser. */
function reportsOf(events: FleetEvent[], device_id: string) {
  return events
    .filter((event) => event.device_id === device_id)
    .map((event) => parsed(event))
    .map((report) => ({ ...report, fields: report.fields as EvseFields }))
}

function parsed({ topic, payload, device_id }: FleetEvent) {
  const read = parseReport({ topic, payload: new TextEncoder().encode(payload), wireless: () => device_id })
  if ('rejection' in read) throw new Error(`${JSON.stringify(read.rejection)} in ${payload}`)
  return read.report
}

describe('a fleet from a seed', () => {
  it('is the same to the byte every time, and another one from another seed', () => {
    expect(day(SMALL).events).toEqual(calm.events)
    expect(day({ ...SMALL, seed: 12 }).events).not.toEqual(calm.events)
  })

  it('is the same whether it is run at once, in slices, or stored in between', () => {
    let fleet = newFleet(SMALL)
    const events: FleetEvent[] = []
    for (let at = START; at < START + DAY_MS; at += 17 * 60_000) {
      events.push(...runFleet(fleet, Math.min(START + DAY_MS, at + 17 * 60_000)).events)
      fleet = JSON.parse(JSON.stringify(fleet))
    }
    const order = (a: FleetEvent, b: FleetEvent) => a.at - b.at || (a.device_id < b.device_id ? -1 : 1)
    expect(events.toSorted(order)).toEqual(calm.events.toSorted(order))
  })

  it('one device more changes nothing for the others', () => {
    const more = day({ ...SMALL, chargers: 21 })
    expect(more.events.filter(({ device_id }) => device_id !== 'evse-21')).toEqual(calm.events)
  })

  it('its events are in order of time, and so is what each device claims', () => {
    expect(calm.events.map(({ at }) => at)).toEqual(calm.events.map(({ at }) => at).toSorted((a, b) => a - b))
    for (const { sim } of calm.fleet.members) {
      const claimed = reportsOf(calm.events, sim.device_id).map((report) => report.reported_timestamp)
      expect(claimed).toEqual(claimed.toSorted((a, b) => a - b))
    }
  })

  it('says nothing that the parser refuses, in all five spellings', () => {
    const spellings = new Set(
      calm.events.map((event) => `${parsed(event).spelling} ${event.topic.split('/')[0]}`),
    )
    expect(spellings).toEqual(new Set(['flat ev', 'nested ev', 'nested sidewalk', 'gpio ev']))
    const brisk = runFleet(newFleet({ ...SMALL, pace: 'brisk', seed: 3 }), START + 2 * HOUR_MS)
    expect(brisk.events.filter((event) => parsed(event).device_id !== event.device_id)).toEqual([])
  })

  it('without configurations nothing needs one', () => {
    const { events } = day({ ...SMALL, configured: false })
    expect(new Set(events.map((event) => parsed(event).device_type))).toEqual(new Set(['evse', 'thermostat']))
  })
})

describe('sessions look like sessions', () => {
  it('there are some at most chargers, and each ends after it began', () => {
    expect(new Set(sessions.map(({ device_id }) => device_id)).size).toBeGreaterThan(12)
    for (const { started_at, ended_at } of sessions) expect(ended_at).toBeGreaterThan(started_at)
  })

  it('those of one charger do not overlap', () => {
    for (const { sim } of calm.fleet.members) {
      const own = sessions.filter(({ device_id }) => device_id === sim.device_id)
      expect(own.slice(1).filter(({ started_at }, i) => started_at <= (own[i]?.ended_at ?? 0))).toEqual([])
    }
  })

  it('the energy fits the charging time and the plate of the charger', () => {
    for (const { device_id, energy_kwh, charging_ms } of sessions) {
      const config = calm.fleet.members.find(({ sim }) => sim.device_id === device_id)?.config
      expect(energy_kwh).toBeLessThanOrEqual(((config?.rated_power_kw ?? 0) * charging_ms) / HOUR_MS)
      if (charging_ms > 60_000) expect(energy_kwh).toBeGreaterThan(0)
    }
    expect(sessions.reduce((sum, { energy_kwh }) => sum + energy_kwh, 0) / sessions.length).toBeGreaterThan(4)
  })

  it('a charger without quirks ends with a register that is the energy delivered, its own id in every message', () => {
    const own = sessions.filter(({ device_id }) => device_id === 'evse-02')
    expect(own.length).toBeGreaterThan(0)
    for (const { started_at, ended_at, energy_kwh, device_session_id } of own) {
      const reports = reportsOf(calm.events, 'evse-02').filter(
        ({ reported_timestamp: at }) => at >= started_at && at <= (ended_at ?? 0),
      )
      expect(reports[0]).toMatchObject({ event_type: 'session_start', fields: { energy_delivered_kwh: 0 } })
      expect(reports.at(-1)).toMatchObject({ event_type: 'session_end', fields: { pilot_state: 'A' } })
      expect(reports.at(-1)?.fields.energy_delivered_kwh).toBeCloseTo(energy_kwh, 3)
      expect(new Set(reports.map(({ fields }) => fields.session_id))).toEqual(new Set([device_session_id]))
    }
  })

  it('what is reported between changes adds up to the register', () => {
    const [own] = sessions.filter(({ device_id, energy_kwh }) => device_id === 'evse-02' && energy_kwh > 3)
    const reports = reportsOf(calm.events, 'evse-02').filter(
      ({ reported_timestamp: at }) => at >= (own?.started_at ?? 0) && at <= (own?.ended_at ?? 0),
    )
    let kwh = 0
    reports.slice(1).forEach(({ reported_timestamp, fields }, i) => {
      const hours = (reported_timestamp - (reports[i]?.reported_timestamp ?? 0)) / HOUR_MS
      kwh +=
        ((((fields.current_draw ?? 0) + (reports[i]?.fields.current_draw ?? 0)) / 2) * 240 * hours) / 1000
    })
    expect(Math.abs(kwh / (own?.energy_kwh ?? 0) - 1)).toBeLessThan(0.05)
  })

  it('a car takes less and less when it is nearly full, and nothing when it is', () => {
    const visit = nextVisit(newHabits(randomOf(1, 'car')), randomOf(1, 'visit'), START, 'calm')
    const taken = [0, 0.9, 0.95, 0.99, 1].map((full) => currentTaken(visit, full * visit.stops_at, 32))
    expect(taken).toEqual(taken.toSorted((a, b) => b - a))
    expect(taken[0]).toBe(Math.min(32, visit.max_current_a))
    expect(taken.at(-1)).toBe(0)
  })
})

describe('cycles look like cycles', () => {
  it('every house has some, of minutes, not of seconds or of days', () => {
    expect(new Set(cycles.map(({ device_id }) => device_id)).size).toBe(10)
    for (const { started_at, ended_at } of cycles) {
      expect((ended_at ?? 0) - started_at).toBeGreaterThanOrEqual(3 * 60_000)
      expect((ended_at ?? 0) - started_at).toBeLessThan(3 * HOUR_MS)
    }
  })

  it('each is in the messages: a call that begins with it and one that ends with it', () => {
    const own = cycles.filter(({ device_id }) => device_id === 'thermostat-01')
    const reports = reportsOf(calm.events, 'thermostat-01')
    for (const { started_at, ended_at, mode } of own) {
      const call = (at: number | null) =>
        reports.find(({ reported_timestamp }) => reported_timestamp === at)?.fields
      expect(call(started_at)).toMatchObject({ [`${mode}_call`]: true })
      expect(call(ended_at)).toMatchObject({ [`${mode}_call`]: false })
    }
  })

  it('the weather goes on without a step at midnight', () => {
    const climate = { seed: 1, mean_c: 5, swing_c: 5, spread_c: 4 }
    const midnight = START + DAY_MS
    expect(Math.abs(outside(climate, midnight + 1000) - outside(climate, midnight - 1000))).toBeLessThan(0.01)
  })
})

describe('a brisk fleet', () => {
  const fleet = newFleet(SMALL)
  runFleet(fleet, START + DAY_MS)
  setPace(fleet, 'brisk', START + DAY_MS)
  const { events, truth } = runFleet(fleet, START + DAY_MS + 10 * 60_000)

  it('shows sessions and cycles that begin and end within two minutes', () => {
    const soon = truth.filter(({ ended_at }) => (ended_at ?? 0) < START + DAY_MS + 2 * 60_000)
    expect(
      soon.filter(({ kind, started_at }) => kind === 'session' && started_at > START + DAY_MS).length,
    ).toBeGreaterThan(3)
    expect(soon.filter(({ kind }) => kind === 'cycle').length).toBeGreaterThan(0)
  })

  it('has sessions of one to three minutes, and the long ones that were on have ended', () => {
    const begun = truth.filter(({ kind, started_at }) => kind === 'session' && started_at > START + DAY_MS)
    for (const { started_at, ended_at } of begun) {
      expect((ended_at ?? 0) - started_at).toBeGreaterThan(55_000)
      expect((ended_at ?? 0) - started_at).toBeLessThan(180_000)
    }
    expect(openTruth(fleet).filter(({ started_at }) => started_at < START + DAY_MS + 5 * 60_000)).toEqual([])
  })

  it('says nothing of the time before it began to be brisk', () => {
    expect(Math.min(...events.map(({ at }) => at))).toBeGreaterThanOrEqual(START + DAY_MS)
  })
})
