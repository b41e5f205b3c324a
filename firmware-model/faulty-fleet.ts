/** A fleet with its faults: power cuts and wrong clocks at the devices, and the radio between them and the front door. */
import { type Fleet, type FleetMember, failInterlock, powerCycle, runMember, syncMember } from './fleet.ts'
import type { FleetEvent, Truth } from './fleet-event.ts'
import { type Delivery, driftOf, type Radio, type RadioFaults, strikes, transmit } from './radio.ts'
import { between, randomOf } from './random.ts'

const HOUR_MS = 3_600_000
/** Of the reboots, those after which the device counts from 0 until it is told the time, and how soon it is told. */
const NO_TIME_EVERY = 4
const TOLD_AFTER_MS = 30_000

type Incident = { at: number; happen: (member: FleetMember) => void }

/** Runs the fleet from `from` (where it stands) to `until`, its devices' own faults and the radio's included. */
export function runFaultyFleet(
  fleet: Fleet,
  radio: Radio,
  from: number,
  until: number,
): { deliveries: Delivery[]; truth: Truth[] } {
  const events: FleetEvent[] = []
  const truth: Truth[] = []
  for (const member of fleet.members) {
    if (radio.faults.clock_drift_ppm > 0) member.sim.drift_ppm = driftOf(radio, member.sim.device_id)
    for (const { at, happen } of incidents(radio, member, from, until)) {
      collect(runMember(member, at), events, truth)
      happen(member)
    }
    collect(runMember(member, until), events, truth)
  }
  events.sort((a, b) => a.at - b.at)
  return { deliveries: transmit(radio, events, until), truth }
}

/** What is still on its way when the fleet has ended. */
export function lastDeliveries(radio: Radio): Delivery[] {
  return transmit(radio, [], Number.POSITIVE_INFINITY)
}

function incidents(radio: Radio, { sim }: FleetMember, from: number, until: number): Incident[] {
  const { seed, faults } = radio
  return [
    ...(sim.device_type === 'evse' ? reboots(seed, sim.device_id, faults, from, until) : []),
    ...clockJumps(seed, sim.device_id, faults, from, until),
    ...(sim.device_type === 'evse' && sim.circuit ? gateFailures(radio, sim.device_id, from, until) : []),
  ]
    .filter(({ at }) => at >= from && at < until)
    .sort((a, b) => a.at - b.at)
}

function reboots(
  seed: number,
  device_id: string,
  faults: RadioFaults,
  from: number,
  until: number,
): Incident[] {
  // One of the last half minute may be told the time in this slice.
  return strikes(seed, device_id, 'reboot', faults.reboots_a_day, from - TOLD_AFTER_MS, until).flatMap(
    (at) => {
      const knows_time = at % NO_TIME_EVERY !== 0
      const told_at = at + TOLD_AFTER_MS
      const boots: Incident = { at, happen: (member) => powerCycle(member, at, knows_time) }
      const told: Incident = { at: told_at, happen: (member) => syncMember(member, told_at, told_at) }
      return knows_time ? [boots] : [boots, told]
    },
  )
}

function clockJumps(
  seed: number,
  device_id: string,
  faults: RadioFaults,
  from: number,
  until: number,
): Incident[] {
  if (faults.clock_jumps_a_day === 0) return []
  // A jump of the last hour may be put right in this slice.
  return strikes(seed, device_id, 'clock', faults.clock_jumps_a_day, from - HOUR_MS, until).flatMap((at) => {
    const jump_ms = (at % 2 === 0 ? 1 : -1) * faults.clock_jump_ms
    const wrong: Incident = { at, happen: (member) => syncMember(member, at + jump_ms, at) }
    const right: Incident = {
      at: at + HOUR_MS,
      happen: (member) => syncMember(member, at + HOUR_MS, at + HOUR_MS),
    }
    return [wrong, right]
  })
}

function gateFailures({ seed, faults }: Radio, device_id: string, from: number, until: number): Incident[] {
  const { interlock_failures_a_day, interlock_failure_ms } = faults
  return strikes(seed, device_id, 'interlock', interlock_failures_a_day, from, until).map((at) => {
    const lasts_ms = between(randomOf(seed, `interlock ${device_id} ${at}`), 0.1, 1) * interlock_failure_ms
    return { at, happen: (member) => failInterlock(member, at + lasts_ms) }
  })
}

function collect(ran: { events: FleetEvent[]; truth: Truth[] }, events: FleetEvent[], truth: Truth[]): void {
  for (const event of ran.events) events.push(event)
  truth.push(...ran.truth)
}
