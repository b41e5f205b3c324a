import { describe, expect, it } from 'vitest'
import { lastDeliveries, runFaultyFleet } from '../../firmware-model/faulty-fleet.ts'
import { newFleet } from '../../firmware-model/fleet.ts'
import type { Truth } from '../../firmware-model/fleet-event.ts'
import { DAY_MS } from '../../firmware-model/habits.ts'
import { FAULT_LEVELS, newRadio, type RadioFaults } from '../../firmware-model/radio.ts'
import { throughTheHome } from './through-the-home.ts'

const START = Date.UTC(2026, 10, 2)

function simulate(faults: RadioFaults, slice_ms = DAY_MS) {
  const fleet = newFleet({ seed: 5, chargers: 20, thermostats: 6, start_at: START, configured: true })
  const radio = newRadio(5, faults)
  const truth: Truth[] = []
  const deliveries = []
  for (let at = START; at < START + DAY_MS; at += slice_ms) {
    const ran = runFaultyFleet(fleet, radio, at, Math.min(START + DAY_MS, at + slice_ms))
    deliveries.push(...ran.deliveries)
    truth.push(...ran.truth)
  }
  deliveries.push(...lastDeliveries(radio))
  const configs = fleet.members.map(({ sim, config }) => ({
    device_id: sim.device_id,
    config,
    effective_from: START,
  }))
  return { deliveries, truth, configs }
}

describe('a faulty fleet through the embedded home', () => {
  it('with copies, delays and outages within order, every session is found with its times and its energy, and every cycle', async () => {
    const { deliveries, truth, configs } = simulate(FAULT_LEVELS.orderly)
    const home = await throughTheHome(deliveries, configs)
    expect(home.quarantined).toBe(0)

    const sessions = truth.filter((one) => one.kind === 'session').toSorted(byStart)
    const found = (await home.list('session')).filter(({ ended_at }) => ended_at !== null).toSorted(byStart)
    expect(found.map((one) => [one.device_id, one.started_at, one.ended_at])).toEqual(
      sessions.map((one) => [one.device_id, one.started_at, one.ended_at]),
    )
    const wrong = sessions.filter(
      ({ energy_kwh }, i) => Math.abs(Number(found[i]?.energy_kwh) - energy_kwh) > 1.5e-4,
    )
    expect(wrong).toEqual([])

    const cycles = truth.filter((one) => one.kind === 'cycle').toSorted(byStart)
    const foundCycles = (await home.list('cycle'))
      .filter(({ ended_at }) => ended_at !== null)
      .toSorted(byStart)
    expect(foundCycles.map((one) => [one.device_id, one.mode, one.started_at, one.ended_at])).toEqual(
      cycles.map((one) => [one.device_id, one.mode, one.started_at, one.ended_at]),
    )
  })

  it('is the same in slices of any length', () => {
    const whole = simulate(FAULT_LEVELS.harsh)
    const sliced = simulate(FAULT_LEVELS.harsh, 1_234_567)
    expect(sliced.truth.toSorted(byStart)).toEqual(whole.truth.toSorted(byStart))
    const key = ({ received_at, payload, topic }: { received_at: number; payload: string; topic: string }) =>
      `${received_at} ${topic} ${payload}`
    expect(sliced.deliveries.map(key).toSorted()).toEqual(whole.deliveries.map(key).toSorted())
  })
})

function byStart(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return Number(a.started_at) - Number(b.started_at) || (String(a.device_id) < String(b.device_id) ? -1 : 1)
}
