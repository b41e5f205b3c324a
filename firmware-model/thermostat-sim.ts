/** A thermostat in its house: the calls that the weather leads to, and what the wire logger sends of them. */
import type { CycleTruth, Sent } from './fleet-event.ts'
import type { Pace } from './habits.ts'
import { type House, newIndoors } from './house.ts'
import { type HouseLife, lookAt, nextLook } from './house-life.ts'
import { type Random, word } from './random.ts'
import {
  newThermostatDevice,
  stepThermostat,
  type ThermostatConfig,
  type ThermostatDevice,
  type ThermostatInput,
  type WireLevels,
} from './thermostat-device.ts'
import { uptimeAt } from './uptime.ts'

/** Plain data, changed in place by `runThermostat`. Times are epoch ms. */
export type ThermostatSim = HouseLife & {
  device_type: 'thermostat'
  device_id: string
  random: Random
  device: ThermostatDevice
  boot_at: number
  /** How fast its clock runs; exact unless told. */
  drift_ppm?: number
  truth: CycleTruth | null
}

export type ThermostatOptions = {
  config: ThermostatConfig
  house: House
  random: Random
  pace: Pace
  start_at: number
  knows_time: boolean
}

/** A thermostat that boots at `start_at`. One that does not know the time never will: its firmware has no time sync. */
export function newThermostat(options: ThermostatOptions): ThermostatSim {
  const { config, house, random, pace, start_at, knows_time } = options
  const sim: ThermostatSim = {
    device_type: 'thermostat',
    device_id: config.device_id,
    pace,
    random,
    house,
    indoors: newIndoors(house, random, start_at),
    device: newThermostatDevice(config),
    boot_at: start_at,
    looked_at: start_at,
    truth: null,
  }
  feed(sim, { op: 'boot', random_seed: word(random) }, start_at)
  if (knows_time) syncThermostat(sim, start_at, start_at)
  feed(sim, { op: 'wires', uptime_ms: 0, levels: levelsOf(sim) }, start_at)
  return sim
}

export function syncThermostat(sim: ThermostatSim, epoch_ms: number, at: number): void {
  feed(sim, { op: 'sync', epoch_ms, uptime_ms: uptimeAt(sim, at) }, at)
}

/** Runs the thermostat up to `until` (excluded); returns what it sent and the cycles that ended. */
export function runThermostat(sim: ThermostatSim, until: number): { sent: Sent[]; ended: CycleTruth[] } {
  const sent: Sent[] = []
  const ended: CycleTruth[] = []
  for (let at = nextLook(sim); at + sim.device.config.debounce_ms < until; at = nextLook(sim)) {
    if (!lookAt(sim, at)) continue
    sent.push(...switchWires(sim, at))
    const truth = noteCycle(sim, at + sim.device.config.debounce_ms)
    if (truth) ended.push(truth)
  }
  return { sent, ended }
}

/** The contact closes or opens, and has stayed so for the debounce time. */
function switchWires(sim: ThermostatSim, at: number): Sent[] {
  const levels = levelsOf(sim)
  const { debounce_ms } = sim.device.config
  const uptime_ms = uptimeAt(sim, at)
  return [
    ...feed(sim, { op: 'wires', uptime_ms, levels }, at),
    ...feed(sim, { op: 'wires', uptime_ms: uptime_ms + debounce_ms, levels }, at + debounce_ms),
  ]
}

/** The truth of a cycle is in the debounced wires: what is shorter is noise. */
function noteCycle(sim: ThermostatSim, at: number): CycleTruth | null {
  const { truth, house, indoors } = sim
  if (indoors.stage > 0) {
    sim.truth = truth ?? {
      kind: 'cycle',
      device_id: sim.device_id,
      mode: house.mode,
      started_at: at,
      ended_at: null,
    }
    return null
  }
  sim.truth = null
  return truth && { ...truth, ended_at: at }
}

function levelsOf({ house, indoors }: ThermostatSim): WireLevels {
  const first = indoors.stage >= 1 ? 1 : 0
  const second = indoors.stage === 2 ? 1 : 0
  return house.mode === 'heating' ? { Y1: first, Y2: second, Y: 0 } : { Y1: 0, Y2: 0, Y: first }
}

function feed(sim: ThermostatSim, input: ThermostatInput, at: number): Sent[] {
  const stepped = stepThermostat(sim.device, input)
  sim.device = stepped.device
  return stepped.sent.map(({ payload }) => ({ at, payload }))
}
