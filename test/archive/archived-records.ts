/** Records as they come, all of their kinds. */
import { FUTURE_LIMIT_MS } from '../../events/clock.ts'
import { configArriving } from '../../events/config-record.ts'
import type { LogRecord, RecordSource } from '../../events/record.ts'
import { telemetryTopic, untilTopic } from '../../events/topics.ts'

export const NOON = Date.UTC(2026, 10, 20, 12)

export function recordAt(
  position: number,
  received_at: number,
  topic: string,
  payload: string | Uint8Array,
  source: RecordSource = 'mqtt',
): LogRecord {
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
  return {
    position: String(position).padStart(20, '0'),
    received_at,
    source,
    topic,
    payload: bytes,
    verdict: 'ok',
  }
}

export function said(device_id: string, timestamp: number, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ device_id, device_type: 'evse', timestamp, event_type: 'telemetry', ...more })
}

export function charger(
  position: number,
  timestamp: number,
  more: Record<string, unknown> = {},
  device_id = 'dev-1',
): LogRecord {
  const topic = telemetryTopic('evse', device_id)
  return recordAt(position, timestamp + 80, topic, said(device_id, timestamp, more))
}

/** One of each kind that a log may hold, around noon. */
export function everyKind(): LogRecord[] {
  const config = configArriving({
    device_id: 'dev-1',
    effective_from: NOON - 86_400_000,
    written_at: NOON,
    config: { device_type: 'evse', location: 'garage' },
  })
  const until = JSON.stringify({ device_id: 'dev-1', until: NOON + 5 })
  return [
    charger(1, NOON, { pilot_state: 'C', current_draw: 16.02, energy_delivered_kwh: 1.5, session_id: 'x' }),
    recordAt(2, NOON + 1, 'ev/evse/dev-1/telemetry', 'no JSON at all'),
    recordAt(3, NOON + 2, 'ev/evse/dev-1/telemetry', Uint8Array.from([0xff, 0x00, 0x7b])),
    recordAt(4, NOON + 3, 'somewhere/else', '{}'),
    recordAt(5, NOON + 4, config.topic, config.payload, 'internal'),
    recordAt(6, NOON + 5, untilTopic('dev-1'), until, 'internal'),
    recordAt(7, NOON + 6, 'ev/evse/dev-1/telemetry', said('dev-1', 5_000, { pilot_state: 'A' })),
    recordAt(8, NOON + 7, 'ev/evse/dev-1/telemetry', said('dev-1', NOON + FUTURE_LIMIT_MS + 8)),
    recordAt(9, NOON + 8, 'ev/evse/..%2F..%2Fx/telemetry', said('../../x', NOON, { location: '\ud800' })),
    recordAt(10, NOON + 9, 'ev/thermostat/t-1/telemetry', thermostat()),
  ]
}

function thermostat(): string {
  const device = { device_id: 't-1', device_type: 'thermostat', timestamp: NOON, event_type: 'state_change' }
  return JSON.stringify({ ...device, heating_call: true, cooling_call: false })
}
