/** A few members of a fleet for some hours, as records, and the truth about them: what a world must come to. */
import { configArriving } from '../../events/config-record.ts'
import { type Fleet, newFleet, runFleet } from '../../firmware-model/fleet.ts'
import type { FleetEvent, Truth } from '../../firmware-model/fleet-event.ts'
import { FAULT_LEVELS, newRadio, transmit } from '../../firmware-model/radio.ts'
import type { Random, Record0 } from './device-life.ts'

/** Begins in the evening, so that midnight is in it. */
const START = Date.UTC(2026, 10, 2, 19)
const HOUR_MS = 3_600_000
const CIRCUITS = 3

export type FleetLife = { said: Record0[]; devices: string[]; truth: Truth[] }

export function fleetLifeOf(seed: number, random: Random): FleetLife {
  const fleet = someOf(
    newFleet({
      seed,
      chargers: 2 * CIRCUITS,
      thermostats: CIRCUITS,
      start_at: START,
      configured: true,
      shared_circuits: 0.7,
    }),
    random,
  )
  const { events, truth } = runFleet(fleet, START + (6 + random.below(12)) * HOUR_MS)
  const configs = fleet.members.map(({ sim, config }) =>
    configArriving({ device_id: sim.device_id, config, effective_from: START, written_at: START }),
  )
  return {
    said: [
      ...configs.map((one) => ({ ...one, received_at: START, verdict: 'ok' })),
      ...throughTheAir(seed, events),
    ],
    devices: fleet.members.map(({ sim }) => sim.device_id),
    truth,
  }
}

/** Two chargers and the thermostat of their site. */
function someOf({ members }: Fleet, random: Random): Fleet {
  const site = random.below(CIRCUITS)
  const own = [site * 2, site * 2 + 1, 2 * CIRCUITS + site]
  return { members: members.filter((_, index) => own.includes(index)) }
}

/** Delays and outages; what they do to the order is the world's to say. */
function throughTheAir(seed: number, events: FleetEvent[]): Record0[] {
  const radio = newRadio(seed, { ...FAULT_LEVELS.orderly, duplicates: 0, outages_a_day: 1 })
  const deliveries = transmit(radio, events, Number.POSITIVE_INFINITY)
  return deliveries.map(({ topic, received_at, payload }) => ({
    source: 'mqtt',
    topic,
    received_at,
    payload: new TextEncoder().encode(payload),
    verdict: 'ok',
  }))
}
