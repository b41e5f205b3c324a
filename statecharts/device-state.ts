/** Everything a device's charts know, in one item (DESIGN §4): plain data that goes to the store as JSON. */
import { type ClockState, newClock } from '../events/clock.ts'
import type { DeviceEventType, DeviceFields, DeviceType, TimeQuality } from '../events/event.ts'
import type { EventKey } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { ChartState } from './chart.ts'
import type { ChartUpgrade } from './chart-versions.ts'
import type { ConfigInForce } from './config-in-force.ts'
import { chartsOf } from './device-charts.ts'

/** Shape of the state itself; grows when a field changes its meaning. */
export const STATE_FORMAT = 1

/** Identities kept to know a redelivery without a look-up. */
const RECENT_KEPT = 16
/** Hex digits of an identity that are kept of it; 64 bits. */
const RECENT_DIGITS = 16

export type DeviceState = {
  format: number
  device_id: string
  device_type: DeviceType
  /** How many records changed this device: the order of its writers. */
  applied: number
  /** Key of the last event or timer that was folded; null before the first. */
  horizon: EventKey | null
  /** Time has been moved on to here. */
  until: number
  instances: Record<string, ChartState>
  /** Which newer version of a chart is in force from where on, oldest first; none where there was only one. */
  upgrades?: ChartUpgrade[]
  config: ConfigInForce[]
  clock: ClockState
  recent: string[]
  /**
   * The stretch that a repair had begun to correct when this was written; null where none has. Until it is made again, rows
   * in it may be those of an attempt that never ended.
   */
  repairing: { from: EventKey; to: EventKey } | null
  /** Earliest and latest reported timestamp of the events that were clamped: a copy of one reports one of these. */
  clamped_span: [number, number] | null
  /** The end that a timeout decided, while a later event may still undo it. */
  undoable: EventRow | null
  checkpoint: { at: number; events: number } | null
  /** `too_old`: what came too late to be folded; absent where nothing did. */
  counters: {
    events: number
    late: number
    decided: number
    disagreed: number
    clamped: number
    too_old?: number
  }
  last: LastEvent | null
  /** Times of its first event and its last, in the order of time and not of arrival. */
  spoken: [number, number] | null
  /** When the first of its events to come in was received: the least of all of them. */
  first_received_at?: number
  /** The location that the device's own messages last named. */
  payload_location: string | null
  /** Of a pair: the number of the last word that it has heard of each member. */
  told?: Record<string, number>
  /** Levels of the pins that the generic GPIO spelling has reported, of those that the configuration knows. */
  pins: Record<string, 0 | 1>
}

/** The newest event that was folded, for people who ask how the device is. */
export type LastEvent = {
  event_type: DeviceEventType
  event_time: number
  received_at: number
  time_quality: TimeQuality
  fields: DeviceFields
  flags: string[]
}

/** The state was made by code newer than this: hold the shard, upgrade, go on. Nothing is wrong with the record. */
export class NewerState extends Error {
  readonly device_id: string
  /** Of the record that has to wait, and everything behind it; '' where it is not known. */
  position = ''

  constructor(device_id: string, what: string) {
    super(`${device_id}: ${what}: made by newer code`)
    this.device_id = device_id
  }
}

export function newDeviceState(device_id: string, device_type: DeviceType): DeviceState {
  return {
    format: STATE_FORMAT,
    device_id,
    device_type,
    applied: 0,
    horizon: null,
    until: 0,
    instances: {},
    config: [],
    clock: newClock(),
    recent: [],
    repairing: null,
    clamped_span: null,
    undoable: null,
    checkpoint: null,
    counters: { events: 0, late: 0, decided: 0, disagreed: 0, clamped: 0 },
    last: null,
    spoken: null,
    payload_location: null,
    pins: {},
  }
}

/** Throws NewerState for a state, or a chart's state in it, that newer code made. */
export function parseDeviceState(text: string): DeviceState {
  const state = JSON.parse(text) as DeviceState
  refuseNewer(state)
  return state
}

/** Throws NewerState for a state, or a chart's state in it, that newer code made. */
export function refuseNewer(state: DeviceState): void {
  const { device_id, format } = state
  if (format > STATE_FORMAT)
    throw new NewerState(device_id, `state format ${format}, known to ${STATE_FORMAT}`)
  const instances = chartsOf(state.device_type)
  for (const { name, chart } of instances) {
    const version = newestVersion(state, name)
    if (version > chart.version)
      throw new NewerState(device_id, `${name}, ${chart.id} version ${version}, known to ${chart.version}`)
  }
  for (const name in state.instances)
    if (!instances.some((instance) => instance.name === name))
      throw new NewerState(device_id, `a chart ${name}, which is not known`)
}

/** Whether there is a newer version of a chart than has been at work in the device. */
export function hasNewerChart(state: DeviceState): boolean {
  for (const { name, chart } of chartsOf(state.device_type))
    if (newestVersion(state, name) < chart.version) return true
  return false
}

/** The newest version that has been, or is to be, at work in the instance; 0 where none has. */
export function newestVersion({ instances, upgrades = [] }: DeviceState, name: string): number {
  let newest = instances[name]?.version ?? 0
  for (const { instance, to } of upgrades) if (instance === name && to > newest) newest = to
  return newest
}

export function isRecent(state: DeviceState, identity: string): boolean {
  return state.recent.includes(identity.slice(0, RECENT_DIGITS))
}

export function addRecent(recent: readonly string[], identity: string): string[] {
  const next = recent.length < RECENT_KEPT ? recent.slice() : recent.slice(1)
  next.push(identity.slice(0, RECENT_DIGITS))
  return next
}

/** Whether an event that reports this timestamp may be a copy of a clamped one, whose key depended on its arrival. */
export function mayBeClamped({ clamped_span: span }: DeviceState, reported_timestamp: number): boolean {
  return span !== null && reported_timestamp >= span[0] && reported_timestamp <= span[1]
}

/** A span of time with one more moment in it. */
export function spanWith(span: [number, number] | null, at: number): [number, number] {
  if (!span) return [at, at]
  if (at >= span[0] && at <= span[1]) return span
  return [Math.min(span[0], at), Math.max(span[1], at)]
}

/** The earliest timer of all the device's charts. */
export function nextDue(state: DeviceState): number | null {
  let next: number | null = null
  for (const name in state.instances) {
    const timers = (state.instances[name] as ChartState).timers
    for (const timer in timers) {
      const due = timers[timer] as number
      if (next === null || due < next) next = due
    }
  }
  return next
}
