/**
 * A well-behaved device folded as its records come: its clock is set, and what overtakes something else does so within
 * the last few events, or few dozen where it has done so before, which are held back for that. No rows, no store.
 * Anything else is said to be one for `replay-whole.ts`, which is the processor itself; the two must come to the same.
 */

import type { DeviceReport } from '../events/event.ts'
import { compareKeys, type EventKey } from '../events/key.ts'
import type { Put, Summary } from '../events/ports.ts'
import { type ConfigMessage, isTold, type LogRecord } from '../events/record.ts'
import { type AdvancedDevice, advanceDevice, advanceDeviceTime } from '../statecharts/advance-device.ts'
import { configAt, withVersion } from '../statecharts/config-in-force.ts'
import { type DeviceState, newDeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { summarizeSession } from '../statecharts/evse-summary.ts'
import { learntName } from '../statecharts/learnt-name.ts'
import { decidedPuts, locationAt, type RowPlace, summaryPuts } from './decided-rows.ts'
import { type DeviceRecord, deviceTypeOf } from './decode-record.ts'
import { KnownCopies, printOf } from './known-copies.ts'
import { isUnsetBefore, QuickEvent, setClockKey } from './quick-event.ts'
import type { Beginning } from './replay-begin.ts'
import { factsOf, type Things } from './replay-things.ts'

type Held = { key: EventKey; event: QuickEvent; print: number }

export type QuickDevice = {
  device_id: string
  /** null until a record says what the device is. */
  state: DeviceState | null
  /** What lies up to here is taken as it is stored; null: all of it is folded. */
  begins: EventKey | null
  /** In key order, not folded yet. */
  held: Held[]
  /** Something has overtaken something else: more are held back from then on. */
  overtaken: boolean
  /** The last that were folded, to know a copy of one. */
  folded: KnownCopies
  until: number
  things: Things
  /** The thing that was last told of: it may be told otherwise by the next event. */
  latest: Summary | null
  refused: number
}

export function quickDevice(device_id: string, beginning: Beginning | null = null): QuickDevice {
  return {
    device_id,
    state: beginning?.state ?? null,
    begins: beginning?.at ?? null,
    held: [],
    overtaken: false,
    folded: new KnownCopies(),
    until: 0,
    things: new Map(beginning?.open),
    latest: null,
    refused: 0,
  }
}

/** Held back of a device of which nothing has overtaken anything yet. */
const FEW = 4

/** `hold`: the most that are held back. False where the device is no longer one of these; what it has come to is then to be forgotten. */
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
  for (const one of device.held) fold(device, one)
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
  record: LogRecord,
  hold: number,
): boolean {
  const { received_at } = record
  const key = setClockKey(report, received_at)
  if (!key) return isUnsetBefore(report, received_at, device.begins)
  const { device_type } = report
  // A pin, whose meaning is configuration.
  if (device_type === null) return false
  if (device_type !== state.device_type) {
    device.refused++
    return true
  }
  const { held, begins } = device
  if (begins && compareKeys(key, begins) <= 0) return true
  const event = new QuickEvent(report, device_type, received_at)
  const print = isTold(record) ? record.print() : printOf(record.payload)
  let at = held.length
  while (at > 0 && compareKeys((held[at - 1] as Held).key, key) > 0) at--
  const before = held[at - 1]
  if (before && compareKeys(before.key, key) === 0) return true
  if (at === 0 && !isBeyond(state, key)) return device.folded.has(key.ts, print)
  if (at < held.length) device.overtaken = true
  held.splice(at, 0, { key, event, print })
  if (held.length <= (device.overtaken ? hold : FEW)) return true
  fold(device, held.shift() as Held)
  return true
}

function isBeyond({ horizon }: DeviceState, key: EventKey): boolean {
  return horizon === null || compareKeys(key, horizon) > 0
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

function fold(device: QuickDevice, { event, key, print }: Held): void {
  const state = device.state as DeviceState
  const payload_location = event.payload_location ?? state.payload_location
  const heard = payload_location === state.payload_location ? state : { ...state, payload_location }
  take(device, heard, advanceDevice(state, event, key), event.event_time)
  device.folded.add(key.ts, print)
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
  if (!instances.session || !learntName(before, device.state)) return
  const learnt = summarizeSession(instances.session.context as EvseContext, at, null)
  keep(device, summaryPuts(state, 'session', 'session', learnt, placeAt(locationAt(state, at))))
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
