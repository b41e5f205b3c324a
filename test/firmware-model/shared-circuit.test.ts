import { describe, expect, it } from 'vitest'
import { runFaultyFleet } from '../../firmware-model/faulty-fleet.ts'
import { type Fleet, type FleetOptions, newFleet, openTruth } from '../../firmware-model/fleet.ts'
import type { CycleTruth, Truth, ViolationTruth } from '../../firmware-model/fleet-event.ts'
import { DAY_MS, HOUR_MS } from '../../firmware-model/habits.ts'
import { type Delivery, NO_FAULTS, newRadio } from '../../firmware-model/radio.ts'
import { throughTheHome } from './through-the-home.ts'

const START = Date.UTC(2026, 10, 2)
const HOUSES: FleetOptions = {
  seed: 5,
  chargers: 24,
  thermostats: 12,
  start_at: START,
  firmware: 'correct',
  shared_circuits: 0.8,
}
const FAILING = { ...NO_FAULTS, interlock_failures_a_day: 1, interlock_failure_ms: 12 * HOUR_MS }

type Ran = { fleet: Fleet; deliveries: Delivery[]; truth: Truth[] }

function days(faults = NO_FAULTS, options = HOUSES, slice_ms = 2 * DAY_MS): Ran {
  let fleet = newFleet(options)
  const radio = newRadio(options.seed, faults)
  const ran: Omit<Ran, 'fleet'> = { deliveries: [], truth: [] }
  for (let at = START; at < START + 2 * DAY_MS; at += slice_ms) {
    const slice = runFaultyFleet(fleet, radio, at, Math.min(START + 2 * DAY_MS, at + slice_ms))
    ran.deliveries.push(...slice.deliveries)
    ran.truth.push(...slice.truth)
    fleet = JSON.parse(JSON.stringify(fleet))
  }
  return { fleet, ...ran }
}

function violationsOf({ truth, fleet }: Ran): ViolationTruth[] {
  return [...truth, ...openTruth(fleet)].filter((one) => one.kind === 'violation')
}

const failing = days(FAILING)
const violations = violationsOf(failing)

describe('a charger and a thermostat on one circuit', () => {
  it('are the first charger and the thermostat of some sites, and are configured so', () => {
    const circuits = failing.fleet.members.flatMap(({ sim, config }) =>
      sim.device_type === 'evse' && sim.circuit
        ? [[config.location, sim.device_id, sim.circuit.thermostat_id]]
        : [],
    )
    expect(circuits.length).toBeGreaterThan(6)
    expect(circuits.length).toBeLessThan(12)
    expect(circuits).toContainEqual(['site_2', 'evse-03', 'thermostat-02'])
    const wired = failing.fleet.members.filter(({ config }) => config.interlock_circuit === 'main')
    expect(wired.map(({ sim }) => sim.device_id).toSorted()).toEqual(
      circuits.flatMap((one) => one.slice(1)).toSorted(),
    )
    const none = days(NO_FAULTS, { ...HOUSES, shared_circuits: 0 })
    expect(none.fleet.members.filter(({ config }) => config.interlock_circuit)).toEqual([])
  })

  it('never draw together where the gate holds, and the car charges all the same', () => {
    const held = days()
    expect(violationsOf(held)).toEqual([])
    const wired = new Set(violations.map(({ device_id }) => device_id))
    const sessions = held.truth.filter((one) => one.kind === 'session' && wired.has(one.device_id))
    const kwh = sessions.reduce((sum, one) => sum + ('energy_kwh' in one ? one.energy_kwh : 0), 0)
    expect(kwh).toBeGreaterThan(50)
    expect(held.deliveries).not.toEqual(days(NO_FAULTS, { ...HOUSES, shared_circuits: 0 }).deliveries)
  })

  it('draw together where the gate has failed: for a call at most, and each after the other', () => {
    expect(violations.length).toBeGreaterThan(20)
    const cycles = failing.truth.filter((one) => one.kind === 'cycle')
    for (const one of violations) {
      expect(one.peak_current_a).toBeGreaterThan(1)
      expect(one.energy_kwh).toBeGreaterThan(0)
      if (one.ended_at !== null) expect(callOf(one, cycles)).toBeDefined()
    }
  })

  it('are the same in slices of any length, and when stored in between', () => {
    const sliced = days(FAILING, HOUSES, 1_234_567)
    expect(sliced.truth.toSorted(byStart)).toEqual(failing.truth.toSorted(byStart))
    expect(sliced.deliveries.map(({ payload }) => payload).toSorted()).toEqual(
      failing.deliveries.map(({ payload }) => payload).toSorted(),
    )
  })

  it('change nothing for the others', () => {
    const alone = days(FAILING, { ...HOUSES, shared_circuits: 0 })
    const circuits = new Set(violations.map(({ device_id }) => device_id))
    const others = ({ deliveries }: Ran) =>
      deliveries.filter(({ device_id }) => device_id.startsWith('thermostat') || device_id === 'evse-02')
    expect(circuits.has('evse-02')).toBe(false)
    expect(others(failing)).toEqual(others(alone))
  })
})

/** The call that a violation lies in, with the five seconds after it in which the charger may not draw yet. */
function callOf({ thermostat_id, started_at, ended_at }: ViolationTruth, cycles: CycleTruth[]) {
  return cycles.find(
    (one) =>
      one.device_id === thermostat_id &&
      one.started_at <= started_at &&
      (ended_at ?? 0) <= (one.ended_at ?? Number.POSITIVE_INFINITY) + 5_000,
  )
}

describe('what the cloud decides', () => {
  it('is every violation that there was, and no other, with its times, its energy and its peak', async () => {
    // Over a radio that takes no time, so that the two come in the order in which it happened.
    const arriving = failing.deliveries
      .map((one) => ({ ...one, received_at: one.at }))
      .sort((a, b) => a.received_at - b.received_at)
    const configs = failing.fleet.members.map(({ sim, config }) => {
      return { device_id: sim.device_id, config, effective_from: START }
    })
    const home = await throughTheHome(arriving, configs)
    const alarms = (await home.list('alarm')).filter(({ alarm }) => alarm === 'interlock_violation')
    const told = alarms.map((one) => [[one.chargers, one.thermostats].flat(), one.started_at, one.ended_at])
    const happened = violations.map((one) => {
      return [[one.device_id, one.thermostat_id], one.started_at, one.ended_at]
    })
    expect(told.toSorted(byText)).toEqual(happened.toSorted(byText))
    for (const one of violations) {
      const alarm = alarms.find((each) => {
        return each.started_at === one.started_at && String(each.chargers) === one.device_id
      })
      // A charger says how much it draws when that has changed by two amperes.
      expect(Math.abs(Number(alarm?.peak_current_a) - one.peak_current_a)).toBeLessThan(2)
      expect(Math.abs(Number(alarm?.energy_kwh) / one.energy_kwh - 1)).toBeLessThan(0.2)
    }
  })
})

function byStart(a: Truth, b: Truth): number {
  return a.started_at - b.started_at || byText(a, b)
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
