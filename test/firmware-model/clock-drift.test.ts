import { describe, expect, it } from 'vitest'
import { runFaultyFleet } from '../../firmware-model/faulty-fleet.ts'
import { type FleetOptions, newFleet, syncMember } from '../../firmware-model/fleet.ts'
import type { Truth } from '../../firmware-model/fleet-event.ts'
import { DAY_MS } from '../../firmware-model/habits.ts'
import { type Delivery, driftOf, FAULT_LEVELS, NO_FAULTS, newRadio } from '../../firmware-model/radio.ts'
import { throughTheHome } from './through-the-home.ts'

const START = Date.UTC(2026, 10, 2)
const FLEET: FleetOptions = {
  seed: 3,
  chargers: 8,
  thermostats: 4,
  start_at: START,
  firmware: 'correct',
}
const DRIFTING = { ...NO_FAULTS, clock_drift_ppm: 200 }

function days(count: number, faults = NO_FAULTS, slice_ms = count * DAY_MS) {
  const fleet = newFleet(FLEET)
  const radio = newRadio(FLEET.seed, faults)
  const deliveries: Delivery[] = []
  const truth: Truth[] = []
  for (let at = START; at < START + count * DAY_MS; at += slice_ms) {
    const ran = runFaultyFleet(fleet, radio, at, Math.min(START + count * DAY_MS, at + slice_ms))
    deliveries.push(...ran.deliveries)
    truth.push(...ran.truth)
  }
  return { fleet, radio, deliveries, truth }
}

/** How far ahead a message's own timestamp is. */
function ahead({ payload, at }: Delivery): number {
  return (JSON.parse(payload) as { timestamp: number }).timestamp - at
}

function of(deliveries: Delivery[], device_id: string): Delivery[] {
  return deliveries.filter((one) => one.device_id === device_id)
}

const exact = days(3)
const drifting = days(3, DRIFTING)

describe('a clock that drifts', () => {
  it('goes wrong by its own rate: what it says is ahead, or behind, by that share of the time since it was set', () => {
    for (const { sim } of drifting.fleet.members) {
      const ppm = driftOf(drifting.radio, sim.device_id)
      expect(Math.abs(ppm)).toBeLessThan(200)
      for (const one of of(drifting.deliveries, sim.device_id))
        expect(Math.abs(ahead(one) - ((one.at - START) * ppm) / 1e6)).toBeLessThan(2)
    }
    const ppms = drifting.fleet.members.map(({ sim }) => driftOf(drifting.radio, sim.device_id))
    expect(Math.min(...ppms)).toBeLessThan(-20)
    expect(Math.max(...ppms)).toBeGreaterThan(20)
  })

  it('is exact where nothing drifts', () => {
    expect(exact.deliveries.every((one) => ahead(one) === 0)).toBe(true)
    expect(exact.fleet.members.every(({ sim }) => sim.drift_ppm === undefined)).toBe(true)
  })

  it('is the same from the same seed, in slices of any length, and another from another', () => {
    const sliced = days(3, DRIFTING, 12_345_678)
    const lines = ({ deliveries }: typeof sliced) => deliveries.map(({ payload }) => payload).toSorted()
    expect(lines(sliced)).toEqual(lines(drifting))
    const other = newRadio(4, DRIFTING)
    expect(driftOf(other, 'evse-01')).not.toBe(driftOf(drifting.radio, 'evse-01'))
  })

  it('is put right by a time sync, and goes wrong again from there', () => {
    const { fleet, radio } = days(2, DRIFTING)
    const synced_at = START + 2 * DAY_MS
    for (const member of fleet.members) syncMember(member, synced_at, synced_at)
    const { deliveries } = runFaultyFleet(fleet, radio, synced_at, synced_at + DAY_MS)
    const chargers = fleet.members.filter(({ sim }) => sim.device_type === 'evse')
    for (const { sim } of chargers) {
      const ppm = driftOf(radio, sim.device_id)
      for (const one of of(deliveries, sim.device_id))
        expect(Math.abs(ahead(one) - ((one.at - synced_at) * ppm) / 1e6)).toBeLessThan(2)
    }
    expect(deliveries.length).toBeGreaterThan(50)
  })

  it('is part of the normal and the harsh faults, and of no others', () => {
    const levels = Object.entries(FAULT_LEVELS).filter(([, faults]) => faults.clock_drift_ppm > 0)
    expect(levels.map(([name]) => name)).toEqual(['normal', 'harsh'])
  })
})

describe('what the cloud makes of clocks that drift', () => {
  it('is every session and every cycle that there was, by the time of its device, with its energy', async () => {
    const configs = drifting.fleet.members.map(({ sim, config }) => {
      return { device_id: sim.device_id, config, effective_from: START }
    })
    const home = await throughTheHome(drifting.deliveries, configs)
    for (const kind of ['session', 'cycle'] as const) {
      const happened = drifting.truth.filter((one) => one.kind === kind).toSorted(byDevice)
      const found = (await home.list(kind)).filter(({ ended_at }) => ended_at !== null).toSorted(byDevice)
      expect(found.map(({ device_id }) => device_id)).toEqual(happened.map(({ device_id }) => device_id))
      expect(happened.length).toBeGreaterThan(10)
      for (const [i, one] of happened.entries()) {
        const ppm = driftOf(drifting.radio, one.device_id)
        const at = one.started_at + ((one.started_at - START) * ppm) / 1e6
        expect(Math.abs(Number(found[i]?.started_at) - at)).toBeLessThan(2)
        // A register that counts by a clock which is fast counts that much too much.
        if (one.kind === 'session')
          expect(Math.abs(Number(found[i]?.energy_kwh) - one.energy_kwh * (1 + ppm / 1e6))).toBeLessThan(1e-3)
      }
    }
  })
})

function byDevice(a: Record<string, unknown>, b: Record<string, unknown>): number {
  if (a.device_id !== b.device_id) return String(a.device_id) < String(b.device_id) ? -1 : 1
  return Number(a.started_at) - Number(b.started_at)
}
