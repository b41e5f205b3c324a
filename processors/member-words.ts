/** What a device is to the pairs of the circuits that it is or was on: a function of its events and its configuration alone. */
import {
  type DeviceConfig,
  type DeviceEvent,
  type DeviceType,
  type EvseFields,
  PAIR_CONFIG,
  type PairFields,
  type ThermostatFields,
} from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { type EventKey, eventKey, keyText, RANK } from '../events/key.ts'
import { pairId } from '../events/pair-id.ts'
import type { PairMessage } from '../events/record.ts'
import { type ConfigInForce, configAt } from '../statecharts/config-in-force.ts'
import type { DeviceState } from '../statecharts/device-state.ts'

/** A message to a pair, and when its member's home received what it tells. */
export type PairWord = { message: PairMessage; received_at: number }

type Member = { device_id: string; device_type: DeviceType }

/** An event with its key, as far as a pair cares. */
export type MemberEvent = Pick<
  DeviceEvent,
  'identity' | 'reported_timestamp' | 'received_at' | 'time_quality' | 'fields'
> & { key: EventKey }

/** What an event is to the pair of its circuit, by the configuration in force at its time; none where there is no circuit. */
export function wordsOfEvent(of: Member, event: MemberEvent, versions: readonly ConfigInForce[]): PairWord[] {
  const { identity, key, reported_timestamp, received_at, time_quality, fields } = event
  const config = configAt(versions, key.ts)
  const circuit = circuitOf(config)
  const member = memberFields(of, config)
  if (!member || !circuit) return []
  const said = { ...readings(fields), ...member }
  return [
    { message: { ...circuit, identity, key, reported_timestamp, time_quality, fields: said }, received_at },
  ]
}

/**
 * That it left a circuit, at each change of configuration that lies between its first word and its last: one that is
 * still to come waits for an event beyond it. As of the change, and as if it had been received then.
 */
export function wordsOfLeaving(
  of: Member,
  versions: readonly ConfigInForce[],
  spoken: DeviceState['spoken'],
): PairWord[] {
  if (!spoken) return []
  const changes = new Set(versions.map(({ effective_from }) => effective_from))
  return [...changes].flatMap((at) => {
    if (at <= spoken[0] || at > spoken[1]) return []
    const was = configAt(versions, at - 1)
    const circuit = circuitOf(was)
    const member = memberFields(of, was)
    if (!member || !circuit || circuitOf(configAt(versions, at))?.device_id === circuit.device_id) return []
    const identity = hashOf([of.device_id, 'left', circuit.device_id, at])
    const key = eventKey({ event_time: at, rank: RANK.config, identity })
    const fields = { ...member, left: true as const }
    const stamp = { reported_timestamp: at, time_quality: 'device' as const }
    return [{ message: { ...circuit, identity, key, ...stamp, fields }, received_at: at }]
  })
}

/** What has to be said so that those who were told `was` know what `is` now: withdrawn first, then what is new or different. */
export function correction(was: readonly PairWord[], is: readonly PairWord[]): PairWord[] {
  const told = new Map(was.map((word) => [nameOf(word), word]))
  const said: PairWord[] = []
  for (const word of is) {
    const before = told.get(nameOf(word))
    told.delete(nameOf(word))
    if (!before || JSON.stringify(before) !== JSON.stringify(word)) said.push(word)
  }
  const withdrawn = [...told.values()].map((word) => ({
    ...word,
    message: { ...word.message, retracted: true as const },
  }))
  return [...withdrawn, ...said]
}

function nameOf({ message: { device_id, key } }: PairWord): string {
  return `${keyText(key)} ${device_id}`
}

/** Both by configuration alone: what a device says of its own location pairs nobody. */
function circuitOf({ location, interlock_circuit }: DeviceConfig) {
  if (location === undefined || interlock_circuit === undefined) return null
  return { device_id: pairId(location, interlock_circuit), location }
}

function memberFields(
  { device_id, device_type }: Member,
  config: DeviceConfig,
): Pick<PairFields, 'member_id' | 'member_type' | 'circuit' | 'config'> | null {
  if (device_type !== 'evse' && device_type !== 'thermostat') return null
  const said = PAIR_CONFIG.filter((name) => config[name] !== undefined).map((name) => [name, config[name]])
  return {
    member_id: device_id,
    member_type: device_type,
    circuit: config.interlock_circuit as string,
    config: Object.fromEntries(said) as PairFields['config'],
  }
}

function readings(fields: MemberEvent['fields']): Partial<PairFields> {
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
