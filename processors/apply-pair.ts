/** What a member of a pair said, on the pair's own stream: placed already, under the key that it has with the member. */
import type { DeviceEvent } from '../events/event.ts'
import type { LogRecord, PairMessage } from '../events/record.ts'
import { isRecent } from '../statecharts/device-state.ts'
import { takeEvent } from './apply-report.ts'
import { type DeviceWork, hear, isBeyondHorizon, isRowKnown } from './device-work.ts'

/** Applies it, unless it has been fed before. */
export async function applyPair(work: DeviceWork, message: PairMessage, record: LogRecord): Promise<void> {
  const { state } = work
  const { key, identity } = message
  const late = !isBeyondHorizon(state, key)
  if (isRecent(state, identity) || (late && (await isRowKnown(work, key)))) {
    work.figures.duplicates++
    return
  }
  hear(work, record)
  takeEvent(work, { event: eventOf(message, record), key, clock: state.clock, pins: state.pins, late })
}

function eventOf(message: PairMessage, { received_at }: LogRecord): DeviceEvent {
  const { device_id, location, identity, key, reported_timestamp, time_quality, fields } = message
  return {
    device_id,
    device_type: 'pair',
    event_type: 'state_change',
    reported_timestamp,
    payload_location: location,
    fields,
    extra: {},
    flags: [],
    origin: 'device',
    event_time: key.ts,
    time_quality,
    received_at,
    identity,
  }
}
