/** What a chart decided, as rows: the event in device_events, and the session, cycle or alarm as lists show it. */
import type { DecidedEventType } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { keyText } from '../events/key.ts'
import type { EventRow, Put, Summary } from '../events/ports.ts'
import type { Decided } from '../statecharts/advance-device.ts'
import type { Decision } from '../statecharts/chart.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import { alarmId, thingId } from '../statecharts/thing-id.ts'

/** What all rows of one record have in common. */
export type RowPlace = { location: string | null; received_at: number; ttl: number; applied: number }

/** The location in force at a time: the configuration's, or where that names none, the last that the device named. */
export function locationAt(of: Pick<DeviceState, 'config' | 'payload_location'>, at: number): string | null {
  return configAt(of.config, at).location ?? of.payload_location
}

type Facts = Record<string, unknown> & {
  opened_by: string
  started_at: number
  revision?: number
  alarm?: string
  device_session_id?: string | null
}

const KIND = {
  session_start: 'session',
  session_end: 'session',
  session_continued: 'session',
  cycle_start: 'cycle',
  cycle_end: 'cycle',
  alarm: 'alarm',
} as const satisfies Record<Exclude<DecidedEventType, 'action'>, Summary['kind']>

/** Of what lists show; null for a decision of another name, which is an `action`, and told by its event alone. */
function kindOf({ type }: Decision): Summary['kind'] | null {
  return Object.hasOwn(KIND, type) ? KIND[type as keyof typeof KIND] : null
}

/** The row of a decision. What a timer decided was received, as it were, when it came due: whoever noticed it. */
export function decidedRow(state: DeviceState, decided: Decided, place: RowPlace): EventRow {
  const { decision, key, instance } = decided
  const facts = decision.data as Facts
  const { opened_by: _, revision, ...body } = facts
  const kind = kindOf(decision)
  return {
    ...key,
    device_id: state.device_id,
    device_type: state.device_type,
    origin: 'chart',
    event_type: kind === null ? 'action' : (decision.type as DecidedEventType),
    location: place.location,
    identity: hashOf([state.device_id, decision.type, keyText(key)]),
    reported_timestamp: decision.at,
    received_at: decision.timer === null ? place.received_at : decision.at,
    time_quality: 'device',
    applied: place.applied,
    revision: revision ?? 1,
    ttl: place.ttl,
    body: {
      ...(kind === null
        ? { action: decision.type }
        : { [`${kind}_id`]: idOf(state.device_id, instance.name, kind, facts) }),
      chart: instance.name,
      ...body,
    },
  }
}

/** The thing itself as it now stands, and the device's own name for it. */
export function decidedPuts(state: DeviceState, decided: Decided, place: RowPlace): Put[] {
  const { decision, instance } = decided
  const kind = kindOf(decision)
  return kind === null ? [] : summaryPuts(state, instance.name, kind, decision.data as Facts, place)
}

/** Puts of a session, cycle or alarm told by `facts`. */
export function summaryPuts(
  state: DeviceState,
  instance: string,
  kind: Summary['kind'],
  facts: Facts,
  place: RowPlace,
): Put[] {
  const { device_id } = state
  const id = idOf(device_id, instance, kind, facts)
  const { opened_by: _, ...told } = facts
  const item: Summary = {
    kind,
    id,
    device_id,
    location: place.location,
    started_at: facts.started_at,
    applied: place.applied,
    body: { [`${kind}_id`]: id, device_id, location: place.location, ...told },
  }
  const puts: Put[] = [{ table: 'summaries', item }]
  const alias = facts.device_session_id
  if (kind === 'session' && alias)
    puts.push({
      table: 'aliases',
      item: { kind: 'device_session', alias, target: id, device_id, applied: place.applied },
    })
  return puts
}

function idOf(device_id: string, instance: string, kind: Summary['kind'], facts: Facts): string {
  const thing = thingId(device_id, instance, facts.opened_by)
  return kind === 'alarm' ? alarmId(thing, facts.alarm ?? '') : thing
}
