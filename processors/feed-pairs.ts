/**
 * What a device on a circuit says is fed to its pair, as a record of the pair's own: so that a rule over two devices has
 * one log and one order (DESIGN §5), and no chart reads another device's state.
 */
import assert from 'node:assert/strict'
import {
  type DeviceConfig,
  type DeviceEvent,
  type EvseFields,
  PAIR_CONFIG,
  type PairFields,
  type ThermostatFields,
} from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { type EventKey, eventKey, RANK, type Rank } from '../events/key.ts'
import { pairId } from '../events/pair-id.ts'
import { pairArriving } from '../events/pair-record.ts'
import type { Arriving, FrontDoor } from '../events/ports.ts'
import type { LogRecord, PairMessage } from '../events/record.ts'
import { type ConfigInForce, configAt } from '../statecharts/config-in-force.ts'
import type { DeviceState } from '../statecharts/device-state.ts'

/** Puts records on the log, in this order; resolves when all of them are durable. */
export type Feed = (records: Arriving[]) => Promise<void>

/** What is to be fed, with the place in the log of the record that it follows from. */
export type PairFeed = { position: string; arriving: Arriving }

/** One after the other, for a front door that promises no order among those that come at once. */
export function feedThrough(door: FrontDoor): Feed {
  return async (records) => {
    for (const record of records) await door.admit(record)
  }
}

/**
 * Feeds what a batch leads to, in the order of the log, before anything of the batch is written: after a crash in between
 * the batch feeds the same again, under the same keys, and in this order whatever the batches were. Resolves with how many.
 */
export async function feedPairs(
  devices: Iterable<{ feeds: PairFeed[] }>,
  feed: Feed | undefined,
): Promise<number> {
  const all: PairFeed[] = []
  for (const { feeds } of devices) for (const one of feeds) all.push(one)
  if (all.length === 0) return 0
  assert(feed, 'a device is on a circuit, and this composition has no way to feed its pair')
  all.sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
  await feed(all.map(({ arriving }) => arriving))
  return all.length
}

/** Cheap, and asked of every event: almost no device is on a circuit. */
export function isWired({ config }: Pick<DeviceState, 'config'>): boolean {
  for (const version of config) if (version.config.interlock_circuit !== undefined) return true
  return false
}

/**
 * What an event of a device is to its pair. `before` is the state that heard it: the first event beyond a change of
 * circuit takes the device off the one before, too.
 */
export function feedsOfEvent(
  before: DeviceState,
  event: DeviceEvent,
  key: EventKey,
  record: LogRecord,
): PairFeed[] {
  const member_type = memberType(event.device_type)
  if (!member_type) return []
  const { event_time, identity, reported_timestamp, time_quality } = event
  const feeds = feedsOfChanges(before, event_time, record)
  const config = configAt(before.config, event_time)
  const circuit = circuitOf(config)
  if (!circuit) return feeds
  const fields = { ...readings(event), ...memberFields(before.device_id, member_type, config) }
  const message = { ...circuit, identity, key, reported_timestamp, time_quality, fields }
  return [...feeds, feedOf(message, record)]
}

/**
 * A configuration that changes a past in which the device has spoken takes it off the pair that was told of it, from its
 * last word on. One that is still to come waits for an event beyond it.
 */
export function feedsOfConfig(before: DeviceState, config: ConfigInForce[], record: LogRecord): PairFeed[] {
  if (!before.last) return []
  const at = before.last.event_time
  const [was, is] = [configAt(before.config, at), configAt(config, at)]
  return leave(before, was, is, { at, rank: RANK.start }, record)
}

/** Those that came into force since the last event, each against the one before. */
function feedsOfChanges({ config, last, ...of }: DeviceState, until: number, record: LogRecord): PairFeed[] {
  if (!last) return []
  return config.flatMap(({ effective_from: at }) => {
    if (at <= last.event_time || at > until) return []
    return leave(of, configAt(config, at - 1), configAt(config, at), { at, rank: RANK.config }, record)
  })
}

/** The device leaves the circuit that it was on, where it is another one now or none. */
function leave(
  { device_id, device_type }: Pick<DeviceState, 'device_id' | 'device_type'>,
  was: DeviceConfig,
  is: DeviceConfig,
  { at, rank }: { at: number; rank: Rank },
  record: LogRecord,
): PairFeed[] {
  const member_type = memberType(device_type)
  const circuit = circuitOf(was)
  if (!member_type || !circuit || circuitOf(is)?.device_id === circuit.device_id) return []
  const identity = hashOf([device_id, 'left', circuit.device_id, at])
  const key = eventKey({ event_time: at, rank, identity })
  const fields = { ...memberFields(device_id, member_type, was), left: true as const }
  const stamp = { reported_timestamp: at, time_quality: 'device' as const }
  return [feedOf({ ...circuit, identity, key, ...stamp, fields }, record)]
}

function memberType(device_type: DeviceState['device_type']): PairFields['member_type'] | null {
  return device_type === 'evse' || device_type === 'thermostat' ? device_type : null
}

/** Both by configuration alone: what a device says of its own location pairs nobody. */
function circuitOf({ location, interlock_circuit }: DeviceConfig) {
  if (location === undefined || interlock_circuit === undefined) return null
  return { device_id: pairId(location, interlock_circuit), location }
}

function memberFields(member_id: string, member_type: PairFields['member_type'], config: DeviceConfig) {
  const said = PAIR_CONFIG.filter((name) => config[name] !== undefined).map((name) => [name, config[name]])
  return {
    member_id,
    member_type,
    circuit: config.interlock_circuit as string,
    config: Object.fromEntries(said) as PairFields['config'],
  }
}

function readings({ fields }: DeviceEvent): Partial<PairFields> {
  const said = fields as EvseFields & ThermostatFields
  const told: Partial<PairFields> = {}
  if (said.pilot_state !== undefined) told.pilot_state = said.pilot_state
  if (said.current_draw !== undefined) told.current_draw = said.current_draw
  if (said.voltage_v !== undefined) told.voltage_v = said.voltage_v
  if (said.power_kw !== undefined) told.power_kw = said.power_kw
  if (said.heating_call !== undefined) told.heating_call = said.heating_call
  if (said.cooling_call !== undefined) told.cooling_call = said.cooling_call
  return told
}

function feedOf(message: PairMessage, { position, received_at }: LogRecord): PairFeed {
  return { position, arriving: pairArriving(message, received_at) }
}
