/**
 * What the way from a device to the front door does to its messages: losses, copies, delays, outages with a backlog, and
 * what clocks and power do to the device itself. Everything from the seed.
 */
import type { FleetEvent } from './fleet-event.ts'
import { DAY_MS } from './habits.ts'
import { between, chance, type Random, randomOf, unit } from './random.ts'

/** Shares are of messages, rates are a day and device; 0 turns one off. */
export type RadioFaults = {
  loss: number
  /** A copy, some seconds later: a QoS 1 publish whose acknowledgement was lost. */
  duplicates: number
  /** A message that takes up to `delay_ms` longer than the next ones. */
  delays: number
  delay_ms: number
  /** A message is never overtaken: what is sent later waits for it. */
  keeps_order: boolean
  outages_a_day: number
  outage_ms: number
  /** Power fails for some seconds; the device comes back with its clock set or not. */
  reboots_a_day: number
  /** A time sync with a wrong epoch, and the right one an hour later. */
  clock_jumps_a_day: number
  clock_jump_ms: number
  /** Clocks run fast or slow by up to so much, each device by its own share of it: 50 are four seconds a day. */
  clock_drift_ppm: number
  /** The gate that keeps a charger from drawing while the HVAC calls lets it pass, for up to `interlock_failure_ms`. */
  interlock_failures_a_day: number
  interlock_failure_ms: number
}

export const NO_FAULTS: RadioFaults = {
  loss: 0,
  duplicates: 0,
  delays: 0,
  delay_ms: 0,
  keeps_order: true,
  outages_a_day: 0,
  outage_ms: 0,
  reboots_a_day: 0,
  clock_jumps_a_day: 0,
  clock_jump_ms: 0,
  clock_drift_ppm: 0,
  interlock_failures_a_day: 0,
  interlock_failure_ms: 0,
}

export const FAULT_LEVELS = {
  none: NO_FAULTS,
  /** What a good installation sees: nothing is lost, and nothing comes out of order. */
  orderly: {
    ...NO_FAULTS,
    duplicates: 0.02,
    delays: 0.02,
    delay_ms: 20_000,
    outages_a_day: 0.2,
    outage_ms: 1_800_000,
  },
  normal: {
    loss: 0.002,
    duplicates: 0.02,
    delays: 0.02,
    delay_ms: 60_000,
    keeps_order: false,
    outages_a_day: 0.2,
    outage_ms: 3_600_000,
    reboots_a_day: 0.1,
    clock_jumps_a_day: 0.02,
    clock_jump_ms: 600_000,
    clock_drift_ppm: 50,
    interlock_failures_a_day: 0.05,
    interlock_failure_ms: 6 * 3_600_000,
  },
  harsh: {
    loss: 0.03,
    duplicates: 0.08,
    delays: 0.1,
    delay_ms: 900_000,
    keeps_order: false,
    outages_a_day: 2,
    outage_ms: 4 * 3_600_000,
    reboots_a_day: 2,
    clock_jumps_a_day: 0.5,
    clock_jump_ms: 3_600_000,
    clock_drift_ppm: 500,
    interlock_failures_a_day: 1,
    interlock_failure_ms: 12 * 3_600_000,
  },
} as const satisfies Record<string, RadioFaults>

export type FaultLevel = keyof typeof FAULT_LEVELS

/** A message as it reaches the front door. */
export type Delivery = FleetEvent & { received_at: number }

/** Plain data, changed in place. */
export type Radio = {
  seed: number
  faults: RadioFaults
  devices: Record<string, { random: Random; last_received_at: number }>
  /** On its way, in no order. */
  under_way: Delivery[]
}

/** The air alone takes up to this long. */
const AIR_MS = 400

export function newRadio(seed: number, faults: RadioFaults): Radio {
  return { seed, faults, devices: {}, under_way: [] }
}

/** Sends `events`, which are in order of time, and returns what arrives before `until`, in order of arrival. */
export function transmit(radio: Radio, events: FleetEvent[], until: number): Delivery[] {
  for (const event of events) send(radio, event)
  const arrived = radio.under_way.filter(({ received_at }) => received_at < until)
  radio.under_way = radio.under_way.filter(({ received_at }) => received_at >= until)
  // A stable sort: of one millisecond the order of sending.
  return arrived.sort((a, b) => a.received_at - b.received_at)
}

/** When a fault of the device itself strikes: at `rate` a day, in [from, to). The same for every slicing of time. */
export function strikes(
  seed: number,
  device_id: string,
  fault: string,
  rate: number,
  from: number,
  to: number,
): number[] {
  const times: number[] = []
  for (let day = Math.floor(from / DAY_MS); day * DAY_MS < to; day++) {
    const random = randomOf(seed, `${fault} ${device_id} ${day}`)
    // As many as the rate has wholes, and one more by chance.
    const count = Math.floor(rate) + (chance(random, rate % 1) ? 1 : 0)
    for (let i = 0; i < count; i++) times.push(Math.round(day * DAY_MS + unit(random) * DAY_MS))
  }
  return times.filter((at) => at >= from && at < to).sort((a, b) => a - b)
}

/** How fast a device's clock runs, ppm: its own, and the same every time. */
export function driftOf({ seed, faults }: Radio, device_id: string): number {
  return between(randomOf(seed, `drift ${device_id}`), -1, 1) * faults.clock_drift_ppm
}

function send(radio: Radio, event: FleetEvent): void {
  const { faults } = radio
  let device = radio.devices[event.device_id]
  if (!device) {
    device = { random: randomOf(radio.seed, `radio ${event.device_id}`), last_received_at: 0 }
    radio.devices[event.device_id] = device
  }
  const { random } = device
  // Drawn for every message, needed or not, so that one fault's rate changes nothing of another's.
  const [lost, delayed, copied, air, late, later] = [
    unit(random),
    unit(random),
    unit(random),
    unit(random),
    unit(random),
    unit(random),
  ]
  if (lost < faults.loss) return
  const delay_ms = air * AIR_MS + (delayed < faults.delays ? late * faults.delay_ms : 0)
  let received_at = Math.round(outageEnd(radio, event.device_id, event.at) + delay_ms)
  if (faults.keeps_order) received_at = Math.max(received_at, device.last_received_at)
  device.last_received_at = Math.max(received_at, device.last_received_at)
  radio.under_way.push({ ...event, received_at })
  if (copied < faults.duplicates)
    radio.under_way.push({ ...event, received_at: Math.round(received_at + 1_000 + later * 30_000) })
}

/** The time at which a message of `at` can leave the device: now, or when the outage is over. */
function outageEnd({ seed, faults }: Radio, device_id: string, at: number): number {
  if (faults.outages_a_day === 0) return at
  // An outage that began yesterday may last until now.
  for (const began of strikes(
    seed,
    device_id,
    'outage',
    faults.outages_a_day,
    at - faults.outage_ms,
    at + 1,
  )) {
    const ends = began + between(randomOf(seed, `${device_id} ${began}`), 0.1, 1) * faults.outage_ms
    if (at < ends) return ends
  }
  return at
}
