/** Messages as devices send them, and the shortest way through the parser. */
import { type DeviceReport, describeRejection } from '../../events/event.ts'
import { parseReport, type WirelessLookup } from '../../events/parse.ts'

/** The flat charger message of the source document. */
export const FLAT_EVSE = {
  device_type: 'evse',
  device_id: 'RAK4630_001',
  timestamp: 1704067200000,
  location: 'garage_1',
  event_type: 'state_change',
  pilot_state: 'C',
  pwm_duty_cycle: 50,
  current_draw: 16,
  proximity_detected: true,
  session_id: '550e8400-e29b-41d4-a716-446655440000',
  energy_delivered_kwh: 5.2,
}

export const FLAT_THERMOSTAT = {
  device_type: 'thermostat',
  device_id: 'stat-1',
  timestamp: 1704067200000,
  event_type: 'cycle_start',
  heating_call: true,
  cooling_call: false,
  cycle_id: 'cy-1',
}

/** The generic GPIO message of the source document. */
export const GPIO = {
  source: 'gpio',
  pin: 'extinput0',
  state: 0,
  edge: 'rising',
  uptime_ms: 123456,
  run_id: 'test123',
}

const NESTED_ENVELOPE = {
  schema_version: '1.0',
  device_id: 'RAK4630_001',
  device_type: 'evse',
  timestamp: 1704067200000,
  event_id: 'evt-1',
  time_anomaly: false,
  event_type: 'state_change',
  location: null,
  run_id: null,
}

export const NESTED_GPIO = {
  ...NESTED_ENVELOPE,
  data: { gpio: { pin: 'hvac', state: 1, edge: 'rising', uptime_ms: 1704067200000 } },
}

export const NESTED_LINE_CURRENT = {
  ...NESTED_ENVELOPE,
  event_type: 'current_change',
  data: { line_current: { current_a: 12.345 } },
}

export const bytesOf = (text: string) => new TextEncoder().encode(text)

/** What the parser makes of a message, given as a value or as its exact text. */
export function parse(message: unknown, topic = 'sidewalk/uplink', wireless?: WirelessLookup) {
  const payload = bytesOf(typeof message === 'string' ? message : JSON.stringify(message))
  return parseReport({ topic, payload, ...(wireless ? { wireless } : {}) })
}

export function accepted(message: unknown, topic?: string, wireless?: WirelessLookup): DeviceReport {
  const outcome = parse(message, topic, wireless)
  if ('rejection' in outcome) throw new Error(describeRejection(outcome.rejection))
  return outcome.report
}

/** Why the message was refused, as a person reads it. */
export function refused(message: unknown, topic?: string, wireless?: WirelessLookup): string {
  const outcome = parse(message, topic, wireless)
  if ('report' in outcome) throw new Error(`accepted: ${JSON.stringify(outcome.report)}`)
  return describeRejection(outcome.rejection)
}

export function wrapped(inner: unknown, wireless_device_id = 'wd-1') {
  const PayloadData = Buffer.from(JSON.stringify(inner)).toString('base64')
  return {
    WirelessDeviceId: wireless_device_id,
    PayloadData,
    WirelessMetadata: { Sidewalk: { Seq: 7, MessageType: 'CUSTOM_COMMAND_ID_NOTIFY' } },
  }
}
