/**
 * A well-behaved device folded as its records come: its clock is set, and what overtakes something else does so within
 * the last few dozen events, which are held back for that. No rows, no store. Anything else is said to be one for
 * `replay-whole.ts`, which is the processor itself; the two must come to the same things.
 */

import type { DeviceEvent, DeviceReport } from '../events/event.ts'
import { compareKeys, type EventKey } from '../events/key.ts'
import type { Put, Summary } from '../events/ports.ts'
import type { ConfigMessage, LogRecord } from '../events/record.ts'
import { type AdvancedDevice, advanceDevice, advanceDeviceTime } from '../statecharts/advance-device.ts'
import { configAt, withVersion } from '../statecharts/config-in-force.ts'
import { type DeviceState, newDeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { summarizeSession } from '../statecharts/evse-summary.ts'
import { decidedPuts, locationAt, type RowPlace, summaryPuts } from './decided-rows.ts'
import { type DeviceRecord, deviceTypeOf } from './decode-record.ts'
import type { Beginning } from './replay-begin.ts'
import { isUnsetBefore, setClockKey } from './replay-keys.ts'
import { factsOf, type Things } from './replay-things.ts'

type Held = { key: EventKey; event: DeviceEvent }

export type QuickDevice = {
  device_id: string
  /** null until a record says what the device is. */
  state: DeviceState | null
  /** What lies up to here is taken as it is stored; null: all of it is folded. */
  begins: EventKey | null
  /** In key order, not folded yet. */
  held: Held[]
  /** Identities of the last that were folded, to know a copy of one. */
  folded: string[]
  next: number
  until: number
  things: Things
  /** The thing that was last told of: it may be told otherwise by the next event. */
  latest: Summary | null
  refused: number
}

/** Copies and overtaking within so many events need nothing but this. */
const MOST_KNOWN = 64

export function quickDevice(device_id: string, beginning: Beginning | null = null): QuickDevice {
  return {
    device_id,
    state: beginning?.state ?? null,
    begins: beginning?.at ?? null,
    held: [],
    folded: [],
    next: 0,
    until: 0,
    things: new Map(beginning?.open),
    latest: null,
    refused: 0,
  }
}

/** False where the device is no longer one of these; what it has come to is then to be forgotten. */
export function takeQuick(device: QuickDevice, decoded: DeviceRecord, hold: number): boolean {
  const type = deviceTypeOf(decoded)
  if (type === 'pair') return false
  if (!device.state) {
    if (decoded.kind === 'until') return true
    if (!type) {
      device.refused++
      return true
    }
    device.state = newDeviceState(device.device_id, type)
  }
  if (decoded.kind === 'until') device.until = Math.max(device.until, decoded.until)
  if (decoded.kind === 'config') return takeConfig(device, device.state, decoded.message)
  if (decoded.kind === 'report') return takeReport(device, device.state, decoded.report, decoded.record, hold)
  return decoded.kind === 'until'
}

/** Folds what is held back, and moves time on. */
export function endQuick(device: QuickDevice): Things {
  for (const { key, event } of device.held) fold(device, event, key)
  device.held = []
  const { state, until } = device
  if (state && until > state.until) take(device, state, advanceDeviceTime(state, until), until)
  const { latest } = device
  if (latest) device.things.set(latest.id, factsOf(latest))
  return device.things
}

function takeReport(
  device: QuickDevice,
  state: DeviceState,
  report: DeviceReport,
  { received_at }: LogRecord,
  hold: number,
): boolean {
  const key = setClockKey(report, received_at)
  if (!key) return isUnsetBefore(report, received_at, device.begins)
  const { device_type } = report
  // A pin, whose meaning is configuration.
  if (device_type === null) return false
  if (device_type !== state.device_type) {
    device.refused++
    return true
  }
  const { identity } = key
  const { held, begins } = device
  if (begins && compareKeys(key, begins) <= 0) return true
  let at = held.length
  while (at > 0 && compareKeys((held[at - 1] as Held).key, key) > 0) at--
  const before = held[at - 1]
  if (before && compareKeys(before.key, key) === 0) return true
  if (at === 0 && !isBeyond(state, key)) return device.folded.includes(identity)
  held.splice(at, 0, { key, event: eventOf(report, received_at, identity) })
  if (held.length <= hold) return true
  const first = held.shift() as Held
  fold(device, first.event, first.key)
  return true
}

function isBeyond({ horizon }: DeviceState, key: EventKey): boolean {
  return horizon === null || compareKeys(key, horizon) > 0
}

function eventOf(report: DeviceReport, received_at: number, identity: string): DeviceEvent {
  const { device_id, device_type, event_type, fields, reported_timestamp, payload_location } = report
  return {
    device_id,
    device_type: device_type as DeviceEvent['device_type'],
    event_type,
    fields: fields as DeviceEvent['fields'],
    reported_timestamp,
    ...(payload_location !== undefined && { payload_location }),
    origin: 'device',
    event_time: reported_timestamp,
    time_quality: 'device',
    received_at,
    identity,
    extra: report.extra,
    flags: report.flags,
  }
}

/** A version that says nothing new about what has been folded. */
function takeConfig(device: QuickDevice, state: DeviceState, message: ConfigMessage): boolean {
  const { effective_from, written_at, config } = message
  if (config.device_type !== undefined && config.device_type !== state.device_type) {
    device.refused++
    return true
  }
  const versions = withVersion(state.config, { effective_from, written_at, config })
  const { horizon } = state
  if (device.begins && effective_from <= device.begins.ts) return true
  if (horizon) {
    if (effective_from <= horizon.ts) return false
    const first = (versions[0]?.effective_from ?? 0) - 1
    const before = JSON.stringify(configAt(state.config, first))
    if (before !== JSON.stringify(configAt(versions, first))) return false
  }
  device.state = { ...state, config: versions }
  return true
}

function fold(device: QuickDevice, event: DeviceEvent, key: EventKey): void {
  const state = device.state as DeviceState
  const payload_location = event.payload_location ?? state.payload_location
  const heard = payload_location === state.payload_location ? state : { ...state, payload_location }
  take(device, heard, advanceDevice(state, event, key), event.event_time)
  if (device.folded.length < MOST_KNOWN) device.folded.push(event.identity)
  else device.folded[device.next++ % MOST_KNOWN] = event.identity
}

/** What `apply-advance.ts` puts, as far as it is about things. */
function take(device: QuickDevice, state: DeviceState, advanced: AdvancedDevice, at: number): void {
  const before = device.state as DeviceState
  const { instances, decided } = advanced
  const until = Math.max(state.until, at)
  device.state = { ...state, instances, horizon: advanced.horizon ?? state.horizon, until }
  for (const one of decided) {
    const { timer, at: when } = one.decision
    const then = timer === null || when > at ? state : before
    const location = locationAt(then, timer === null ? at : when)
    keep(device, decidedPuts(state, one, placeAt(location)))
  }
  const learnt = learntId(before, device.state, at)
  if (learnt) keep(device, summaryPuts(state, 'session', 'session', learnt, placeAt(locationAt(state, at))))
}

/** Of a row's place only the location is told of a thing. */
function placeAt(location: string | null): RowPlace {
  return { location, received_at: 0, ttl: 0, applied: 0 }
}

function keep(device: QuickDevice, puts: readonly Put[]): void {
  for (const { table, item } of puts) {
    if (table !== 'summaries') continue
    const { latest } = device
    if (latest && latest.id !== item.id) device.things.set(latest.id, factsOf(latest))
    device.latest = item
  }
}

/** A session as it is told where it has learnt its device's name for it behind its beginning. */
function learntId(before: DeviceState, now: DeviceState, at: number) {
  const was = (before.instances.session?.context as EvseContext | undefined)?.session
  const context = now.instances.session?.context as EvseContext | undefined
  const session = context?.session
  if (!context || !was || !session || was.opened_by !== session.opened_by) return null
  return was.device_session_id === session.device_session_id ? null : summarizeSession(context, at, null)
}
