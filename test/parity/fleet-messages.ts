/** A seeded fleet with its faults, as it speaks: configurations first, then what arrives, in the order of its arrival. */
import { configArriving } from '../../events/config-record.ts'
import { untilTopic } from '../../events/topics.ts'
import { lastDeliveries, runFaultyFleet } from '../../firmware-model/faulty-fleet.ts'
import { newFleet } from '../../firmware-model/fleet.ts'
import { FAULT_LEVELS, newRadio } from '../../firmware-model/radio.ts'
import type { Record0 } from '../simulation/device-life.ts'

/** Long ago by any clock, so that whoever sweeps finds what is due. */
const START = Date.UTC(2024, 0, 15, 6)
const HOUR_MS = 3_600_000

export type FleetShape = {
  seed: number
  chargers: number
  thermostats: number
  hours: number
  /** Share of the sites whose charger and thermostat are on one circuit. */
  shared_circuits?: number
}

/** Two levels of trouble in one: harsh radio, and the reboots and wrong clocks that come with it. */
export function fleetMessages({ hours, ...shape }: FleetShape): Record0[] {
  const fleet = newFleet({ ...shape, start_at: START, pace: 'brisk' })
  const radio = newRadio(shape.seed, { ...FAULT_LEVELS.harsh, outage_ms: HOUR_MS / 2, reboots_a_day: 12 })
  const end = START + hours * HOUR_MS
  const { deliveries } = runFaultyFleet(fleet, radio, START, end)
  const configs = fleet.members.map(({ sim, config }) =>
    internal(
      { ...configArriving({ device_id: sim.device_id, config, effective_from: START, written_at: START }) },
      START,
    ),
  )
  const spoken = [...deliveries, ...lastDeliveries(radio)].map(
    ({ topic, payload, received_at }): Record0 => ({
      source: 'mqtt',
      topic,
      payload: new TextEncoder().encode(payload),
      received_at,
      verdict: 'unchecked',
    }),
  )
  const nonsense = spoken
    .filter((_, n) => n % 40 === 7)
    .map((record): Record0 => ({ ...record, payload: record.payload.slice(0, record.payload.length / 2) }))
  const last = Math.max(...spoken.map(({ received_at }) => received_at))
  const swept = fleet.members.map(({ sim }) => {
    const until = last + 12 * HOUR_MS
    const payload = new TextEncoder().encode(JSON.stringify({ device_id: sim.device_id, until }))
    return internal({ topic: untilTopic(sim.device_id), payload }, until)
  })
  return [...configs, ...[...spoken, ...nonsense].sort((a, b) => a.received_at - b.received_at), ...swept]
}

function internal({ topic, payload }: Pick<Record0, 'topic' | 'payload'>, received_at: number): Record0 {
  return { source: 'internal', topic, payload, received_at, verdict: 'unchecked' }
}
