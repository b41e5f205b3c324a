/** Payloads as devices may write them, right and odd. */
import fc from 'fast-check'
import { MARK } from '../../events/archive-payload.ts'
import { NOON } from './archived-records.ts'

const NUMBERS = [
  '0',
  '-0',
  '-0.0',
  '0.10',
  '1e3',
  '16',
  '16.0',
  '-0.5',
  '31.993',
  '32.000',
  '53.30',
  '1.23456789',
]
const WIRE = ['current_draw', 'voltage_v', 'power_kw', 'energy_delivered_kwh', 'pwm_duty_cycle', 'uptime_ms']
const FREE = ['event_id', 'soc', 'x', 'location', 'device_id', 'session_id', 'pilot_state', 'a"b']

/** A value as a device may write it, odd ones among them. */
const written = fc.oneof(
  fc.constantFrom(...NUMBERS, 'true', 'null', '12345678901234567890', '0x10', '00', '1.', String(NOON)),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.float({ min: 0, max: 500, noNaN: true }).map((value) => value.toFixed(3)),
  fc.constantFrom(
    '"C"',
    '"dev-1"',
    '"evse"',
    '"telemetry"',
    '"garage"',
    '"00000000deadbeef"',
    '"DEADBEEF"',
    '""',
  ),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('[1,2.50,"dev-1"]', '{"timestamp":1}', '"\\u0001a"', '"\ud83d\ude00"', `"${MARK}a"`),
)

/** A charger's message with fields of all sorts, as somebody may write them. */
export const payloads = fc
  .array(fc.tuple(fc.constantFrom(...WIRE, ...FREE), written, fc.constantFrom('', ' ', '\n')), {
    maxLength: 14,
  })
  .map((members) => {
    const more = members.map(([key, value, gap]) => `,${gap}${JSON.stringify(key)}:${gap}${value}`).join('')
    const first = `{"device_id":"dev-1","device_type":"evse","event_type":"telemetry","timestamp":${NOON}`
    return `${first}${more}}`
  })
