/**
 * Fleets from a seed: chargers and thermostats with people around them, and the messages that they send. Pure and
 * stepwise: the state is plain data, so that a fleet can be stored and go on; nothing in it knows what time it is.
 */
import type { DeviceConfig, DeviceType } from '../events/event.ts'
import { telemetryTopic } from '../events/topics.ts'
import {
  bootCharger,
  type ChargerSim,
  runCharger,
  setChargerPace,
  skipCharger,
  syncCharger,
} from './charger-sim.ts'
import type { EvseWiring } from './evse-config.ts'
import type { FleetEvent, Sent, Truth } from './fleet-event.ts'
import {
  chargerOf,
  type FleetFirmware,
  shareCircuits,
  telemetryInterval,
  thermostatOf,
} from './fleet-members.ts'
import type { Pace } from './habits.ts'
import { setHousePace, skipHouse } from './house-life.ts'
import { openViolation } from './shared-circuit.ts'
import { runThermostat, syncThermostat, type ThermostatSim } from './thermostat-sim.ts'
import { wrapWireless } from './wireless-wrapper.ts'

export type FleetOptions = {
  seed: number
  chargers: number
  thermostats: number
  /** Epoch ms at which the devices boot, their clocks set. */
  start_at: number
  /** When those boot that know nothing but their uptime; `start_at` unless told. */
  uptime_only_from?: number
  pace?: Pace
  /** Put before `evse-01`, `thermostat-01`, … */
  id_prefix?: string
  /** Devices whose messages mean nothing without a configuration (pins, wireless ids) are among them. */
  configured?: boolean
  firmware?: FleetFirmware
  /** Share of the sites with both whose first charger is on one circuit with the thermostat; none unless told. */
  shared_circuits?: number
  /** Of every charger; boards of several kinds unless told. */
  wiring?: EvseWiring
}

/** Plain data, changed in place by the functions below. */
export type Fleet = { members: FleetMember[] }

export type FleetMember = {
  sim: ChargerSim | ThermostatSim
  /** What has to be put for the device to be understood. */
  config: DeviceConfig
  /** Set for a device that is heard through AWS IoT Wireless. */
  wireless_device_id: string | null
  messages_sent: number
}

export function newFleet(options: FleetOptions): Fleet {
  const members: FleetMember[] = []
  for (let i = 0; i < options.chargers; i++) members.push(chargerOf(options, i))
  for (let i = 0; i < options.thermostats; i++) members.push(thermostatOf(options, i))
  shareCircuits(members, options)
  return { members }
}

/** Everything that happens before `until` and has not been given out yet, in order of true time, and what ended. */
export function runFleet(fleet: Fleet, until: number): { events: FleetEvent[]; truth: Truth[] } {
  const events: FleetEvent[] = []
  const truth: Truth[] = []
  for (const member of fleet.members) {
    const ran = runMember(member, until)
    for (const event of ran.events) events.push(event)
    truth.push(...ran.truth)
  }
  // A stable sort: of one millisecond the fleet's order, and of one device its own.
  return { events: events.sort((a, b) => a.at - b.at), truth }
}

/** The same for one device: in order of time. */
export function runMember(member: FleetMember, until: number): { events: FleetEvent[]; truth: Truth[] } {
  const { sim } = member
  const ran: { sent: Sent[]; ended: Truth[] } =
    sim.device_type === 'evse' ? runCharger(sim, until) : runThermostat(sim, until)
  return { events: ran.sent.map((sent) => address(member, sent)), truth: ran.ended }
}

/** What goes on now, and has no end yet. */
export function openTruth(fleet: Fleet): Truth[] {
  return fleet.members.flatMap(({ sim }) => {
    const circuit = sim.device_type === 'evse' ? sim.circuit : undefined
    const violation = circuit && openViolation(circuit, circuit.measured_at)
    return [...(sim.truth ? [sim.truth] : []), ...(violation ? [violation] : [])]
  })
}

/** From `at` on people live at this pace. */
export function setPace(fleet: Fleet, pace: Pace, at: number): void {
  for (const { sim } of fleet.members) {
    if (sim.device_type === 'thermostat') setHousePace(sim, pace, at)
    else setChargerPace(sim, pace, at, telemetryInterval(sim.evse.config.telemetry_interval_ms, pace))
  }
}

/** Nothing begins before `at` any more; what is on goes on, so run the member until it is idle first. */
export function skipTo(member: FleetMember, at: number): void {
  if (member.sim.device_type === 'evse') skipCharger(member.sim, at)
  else skipHouse(member.sim, at)
}

/** No car is plugged in and no call is on. */
export function isIdle({ sim }: FleetMember): boolean {
  return sim.device_type === 'evse' ? sim.phase === 'away' : sim.indoors.stage === 0
}

/** A device loses power and comes back at `at`; only chargers are modelled through it. */
export function powerCycle(member: FleetMember, at: number, knows_time: boolean): void {
  if (member.sim.device_type === 'evse') bootCharger(member.sim, at, knows_time)
}

/** The gate of a charger on a shared circuit lets everything pass until `until`; any other charger has none. */
export function failInterlock({ sim }: FleetMember, until: number): void {
  if (sim.device_type === 'evse' && sim.circuit)
    sim.circuit.failed_until = Math.max(sim.circuit.failed_until, until)
}

/** A time-sync downlink reaches a device. */
export function syncMember(member: FleetMember, epoch_ms: number, at: number): void {
  if (member.sim.device_type === 'evse') syncCharger(member.sim, epoch_ms, at)
  else syncThermostat(member.sim, epoch_ms, at)
}

/** The way of a message to the front door. */
function address(member: FleetMember, { at, payload }: Sent): FleetEvent {
  const { device_id, device_type } = member.sim as { device_id: string; device_type: DeviceType }
  member.messages_sent++
  const addressed = { at, device_id, device_type }
  if (member.wireless_device_id === null)
    return { ...addressed, topic: telemetryTopic(device_type, device_id), payload }
  const wrapped = wrapWireless(payload, member.wireless_device_id, member.messages_sent)
  return { ...addressed, topic: `sidewalk/${encodeURIComponent(device_id)}`, payload: wrapped }
}
