/**
 * Where a device's charts stand, beside its state: what the fleet is counted by. It changes only when a chart moves, which
 * most events do not, and is written with the state, so that nobody ever sees the one without the other.
 */
import type { ChartState } from './chart.ts'
import { type DeviceState, parseDeviceState } from './device-state.ts'

/** One chart instance of a device. `value` as in its state. */
export type Standing = Pick<ChartState, 'chart' | 'version' | 'value' | 'since' | 'taken' | 'entered'>
export type Standings = Record<string, Standing>

/** A device as it is stored: `standing` is null for one whose charts have seen nothing. */
export type StoredDevice = { state: string; standing: string | null }

export function writeDeviceState(state: DeviceState): StoredDevice {
  const standings: Standings = {}
  const instances: DeviceState['instances'] = {}
  for (const [name, instance] of Object.entries(state.instances)) {
    const { taken, entered, ...rest } = instance
    const { chart, version, value, since } = rest
    standings[name] = { chart, version, value, since, ...(taken && { taken }), ...(entered && { entered }) }
    instances[name] = rest
  }
  const hasAny = Object.keys(instances).length > 0
  return {
    state: JSON.stringify({ ...state, instances }),
    standing: hasAny ? JSON.stringify(standings) : null,
  }
}

/** The state with all that a fold goes on from. Throws NewerState. */
export function readDeviceState({ state: text, standing }: StoredDevice): DeviceState {
  const state = parseDeviceState(text)
  const standings = readStandings(standing)
  for (const [name, { taken, entered }] of Object.entries(standings)) {
    const instance = state.instances[name]
    // In the order in which a move leaves them: a checkpoint is the same text whoever cut it.
    if (instance) Object.assign(instance, taken && { taken }, entered && { entered })
  }
  return state
}

export function readStandings(standing: string | null): Standings {
  return standing === null ? {} : (JSON.parse(standing) as Standings)
}
