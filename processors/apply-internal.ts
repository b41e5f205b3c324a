/** The two things that the system itself says on a device's stream: a configuration, and that time has passed. */
import { canonicalMessage } from '../events/canonical.ts'
import type { Rejection } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { type EventKey, eventKey, lowestKey, RANK } from '../events/key.ts'
import type { ConfigMessage, LogRecord } from '../events/record.ts'
import { advanceDeviceTime } from '../statecharts/advance-device.ts'
import { addConfig, type ConfigInForce, configAt, withVersion } from '../statecharts/config-in-force.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import { takeAdvance } from './apply-advance.ts'
import { locationAt, type RowPlace } from './decided-rows.ts'
import { beLate, type DeviceWork, END, isBeyondHorizon, isRowKnown, nextApplied, put } from './device-work.ts'
import { configRow, ttlOf } from './event-rows.ts'
import { feedConfig } from './feed-again.ts'
import { foldableFrom, type SetAside, setAside } from './too-old.ts'

/**
 * A configuration is known from here on, and in force from its own time on; it moves no chart by itself, so the horizon
 * stays. A backdated one is a late event, and is marked as one until a repair folds what it touches again.
 */
export async function applyConfig(
  work: DeviceWork,
  message: ConfigMessage,
  record: LogRecord,
): Promise<Rejection | null> {
  const { state } = work
  const { device_id, effective_from, written_at, config } = message
  if (config.device_type !== undefined && config.device_type !== state.device_type) {
    const value = JSON.stringify(config.device_type)
    return {
      field: 'config.device_type',
      value,
      rule: `differs from ${state.device_type}, which ${device_id} is`,
    }
  }
  const { identity, key } = configKey(message)
  if (await isRowKnown(work, key)) {
    work.figures.duplicates++
    return null
  }
  const added = { effective_from, written_at, config }
  const versions = addConfig(state.config, added, state.until)
  if (!versions)
    return { field: 'config', value: 'a version', rule: 'is more than the state of a device can hold' }
  const known = { ...state, config: versions }
  const place = placeAt(work, known, effective_from, record)
  const late = !isBeyondHorizon(state, key)
  const { applied } = place
  // It lies where it says, whatever else is known of that time by now.
  const own = { ...place, location: config.location ?? null }
  put(work, null, { table: 'events', item: configRow(state, message, identity, key, own) })
  put(work, null, {
    table: 'config',
    item: { device_id, effective_from, written_at, identity, applied, config },
  })
  if (config.wireless_device_id) {
    const alias = config.wireless_device_id
    const item = { kind: 'wireless_device', alias, target: device_id, device_id, applied } as const
    put(work, null, { table: 'aliases', item })
  }
  work.figures.events++
  if (late) work.figures.late++
  // A timer of that very millisecond was decided before it, and knows it: it is in force from then on.
  const since = late || state.horizon?.ts === effective_from ? lowestKey(effective_from) : null
  const touches = touched(state, versions, since)
  const from = await foldable(work, touches, { identity, key, reported_timestamp: effective_from }, record)
  await feedConfig(work, withVersion(state.config, added), from, record)
  if (from) beLate(work, 'configuration', { from, to: END })
  const { counters } = work.state
  work.state = { ...known, applied, counters: { ...counters, late: counters.late + (late ? 1 : 0) } }
  return null
}

export function configKey({ device_id, effective_from, written_at, config }: ConfigMessage) {
  const identity = hashOf([device_id, 'config', effective_from, written_at, canonicalMessage(config)])
  return { identity, key: eventKey({ event_time: effective_from, rank: RANK.config, identity }) }
}

/** From where on a new version changes what charts have seen: its own time, or, by a first rating, the very beginning. */
function touched(
  state: DeviceState,
  versions: readonly ConfigInForce[],
  late: EventKey | null,
): EventKey | null {
  if (state.horizon === null) return null
  const first = versions[0]?.effective_from ?? 0
  const before = (known: readonly ConfigInForce[]) => JSON.stringify(configAt(known, first - 1))
  return before(versions) === before(state.config) ? late : lowestKey(0)
}

/** From where on what a version touches can be folded again; where that is not all of it, the rest is listed. */
async function foldable(
  work: DeviceWork,
  from: EventKey | null,
  config: Pick<SetAside, 'identity' | 'key' | 'reported_timestamp'>,
  record: LogRecord,
): Promise<EventKey | null> {
  const { spoken, horizon } = work.state
  const limit = foldableFrom(work, record)
  if (!from || !spoken || from.ts >= limit || spoken[0] >= limit) return from
  await setAside(work, { what: 'config', ...config, folded_from: limit }, record, nextApplied(work))
  return horizon && horizon.ts >= limit ? lowestKey(limit) : null
}

/** Time has reached `until`: every timer due by then fires at its own due time. */
export function applyUntil(work: DeviceWork, until: number, record: LogRecord): void {
  const { state } = work
  if (until <= state.until) return
  const advanced = advanceDeviceTime(state, until)
  const place = placeAt(work, state, until, record)
  takeAdvance(work, { ...state, applied: place.applied }, advanced, place, until)
}

function placeAt(work: DeviceWork, state: DeviceState, at: number, { received_at }: LogRecord): RowPlace {
  return {
    location: locationAt(state, at),
    received_at,
    ttl: ttlOf(received_at),
    applied: nextApplied(work),
  }
}
