/** What `npm run simulate` simulates: a fleet or a scenario, behind one way of being run. */
import type { DeviceConfig } from '../events/event.ts'
import { type EvseWiring, evseConfig } from '../firmware-model/evse-config.ts'
import { lastDeliveries, runFaultyFleet } from '../firmware-model/faulty-fleet.ts'
import { type FleetMember, newFleet, openTruth, syncMember } from '../firmware-model/fleet.ts'
import type { Truth } from '../firmware-model/fleet-event.ts'
import { type Delivery, FAULT_LEVELS, newRadio, transmit } from '../firmware-model/radio.ts'
import { runScenario } from '../firmware-model/scenario.ts'
import type { SimulateOptions } from './simulate-options.ts'

export type World = {
  start: number
  until: number
  devices: { sim: Pick<FleetMember['sim'], 'device_id' | 'device_type'> }[]
  /** What has to be known of the devices. */
  configs: { device_id: string; config: DeviceConfig }[]
  /** What arrives before `at`; call with growing times. */
  runTo(at: number): Delivery[]
  /** What is on its way when it is over. */
  rest(): Delivery[]
  truth(): Truth[]
  /** A time sync reaches a device. */
  sync(device_id: string, epoch_ms: number, at: number): void
}

export function createWorld(options: SimulateOptions, start: number, wiring: EvseWiring | null): World {
  return options.scenario ? scenarioWorld(options, start, wiring) : fleetWorld(options, start, wiring)
}

function fleetWorld(options: SimulateOptions, start: number, wiring: EvseWiring | null): World {
  const { seed, evse, thermostats, hours, faults, firmware, shared_circuits } = options
  const fleet = newFleet({
    seed,
    chargers: evse,
    thermostats,
    start_at: start,
    id_prefix: 'sim-',
    firmware,
    shared_circuits,
    ...(wiring ? { wiring } : {}),
  })
  const radio = newRadio(seed, FAULT_LEVELS[faults])
  const ended: Truth[] = []
  let ran_to = start
  return {
    start,
    until: start + hours * 3_600_000,
    devices: fleet.members,
    configs: fleet.members.map(({ sim: { device_id }, config }) => ({ device_id, config })),
    runTo: (at) => {
      const { deliveries, truth } = runFaultyFleet(fleet, radio, ran_to, at)
      ran_to = at
      for (const one of truth) ended.push(one)
      return deliveries
    },
    rest: () => lastDeliveries(radio),
    truth: () => [...ended, ...openTruth(fleet)],
    sync: (device_id, epoch_ms, at) => {
      const member = fleet.members.find(({ sim }) => sim.device_id === device_id)
      if (member) syncMember(member, epoch_ms, at)
    },
  }
}

/** A scenario is written beforehand: what it is told on the way changes nothing of it. */
function scenarioWorld(options: SimulateOptions, start: number, wiring: EvseWiring | null): World {
  const { seed, faults, firmware, scenario } = options
  const device_id = 'sim-evse-01'
  const config = evseConfig({
    ...wiring,
    device_id,
    quirks: firmware === 'reference' ? 'reference' : 'none',
    event_ids: 'firmware',
    spelling: firmware === 'reference' ? 'nested' : 'flat',
  })
  const { events, truth } = runScenario(config, scenario ?? [], { start_at: start, random_seed: seed })
  const radio = newRadio(seed, FAULT_LEVELS[faults])
  let sent = 0
  return {
    start,
    until: (events.at(-1)?.at ?? start) + 1,
    devices: [{ sim: { device_id, device_type: 'evse' } }],
    configs: [],
    runTo: (at) => {
      const next = events.findIndex((event, i) => i >= sent && event.at >= at)
      const due = events.slice(sent, next < 0 ? events.length : next)
      sent += due.length
      return transmit(radio, due, at)
    },
    rest: () => lastDeliveries(radio),
    truth: () => truth,
    sync: () => undefined,
  }
}
