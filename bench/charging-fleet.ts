/** A fleet that charges, record by record, for the measurements of replays. */
import type { LogRecord } from '../events/record.ts'
import { telemetryTopic } from '../events/topics.ts'

export const DEVICES = 1_000
export const BATCH = 2_000
const START = Date.UTC(2026, 0, 5)
const utf8 = new TextEncoder()

/** The nth of a fleet that charges: plugged in, a reading every ten seconds with a growing register, unplugged, again. */
function recordAt(n: number): LogRecord {
  const device_id = `charger-${n % DEVICES}`
  const step = Math.floor(n / DEVICES)
  const inSession = step % 40
  const pilot_state = inSession === 0 ? 'A' : inSession === 1 || inSession === 38 ? 'B' : 'C'
  const timestamp = START + step * 10_000 + (n % DEVICES)
  const message = {
    device_type: 'evse',
    device_id,
    timestamp,
    location: 'garage_1',
    event_type: inSession < 3 || inSession === 38 ? 'state_change' : 'telemetry',
    pilot_state,
    pwm_duty_cycle: 50,
    current_draw: pilot_state === 'C' ? 16.02 : 0,
    proximity_detected: pilot_state !== 'A',
    session_id: `550e8400-e29b-41d4-a716-${String(Math.floor(step / 40)).padStart(12, '0')}`,
    energy_delivered_kwh: Math.max(0, inSession - 2) * 0.0106,
  }
  return {
    position: String(n + 1).padStart(20, '0'),
    source: 'mqtt',
    topic: telemetryTopic('evse', device_id),
    received_at: timestamp + 80,
    payload: utf8.encode(JSON.stringify(message)),
    verdict: 'unchecked',
  }
}

export function batchAt(from: number, events: number): LogRecord[] {
  return Array.from({ length: Math.min(BATCH, events - from) }, (_, n) => recordAt(from + n))
}
