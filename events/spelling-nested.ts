/**
 * The firmware's nested spelling: `schema_version` "1.0", an envelope, and under `data` one of `evse`, `gpio` and
 * `line_current`.
 */
import { firstBroken } from './broken-field.ts'
import { isObject, type JsonObject } from './decode.ts'
import { type Framed, knownFields, type Reading, readEnvelope, unknownFields } from './envelope.ts'
import { EVSE_FIELDS, evseEventType, flagEvse, readEvse } from './evse-fields.ts'
import { isRejected, type Rejected, reject } from './rejection.ts'
import { EvseData, GpioData, LineCurrentData, NestedEvse, NestedGpio, NestedLineCurrent } from './schemas.ts'
import { readPin } from './spelling-gpio.ts'

const KNOWN = knownFields('schema_version', 'data')
const EVSE_KNOWN = new Set(EVSE_FIELDS)
const GPIO_KNOWN = new Set(['pin', 'state', 'edge', 'uptime_ms'])
const LINE_CURRENT_KNOWN = new Set(['current_a'])
const MINOR_OF_1 = /^1\.\d{1,4}$/

/** The envelope may name both: a flat message that happens to carry one of them is not nested. */
export function isNested(message: JsonObject): boolean {
  return message.schema_version != null && message.data !== undefined
}

export function readNested(message: JsonObject): Reading | Rejected {
  const { schema_version, data } = message
  if (typeof schema_version !== 'string' || !MINOR_OF_1.test(schema_version))
    return reject('schema_version', schema_version, 'is not "1.0", nor another minor of 1')
  if (!isObject(data)) return reject('data', data, 'is not an object')
  if (isObject(data.evse)) return readNestedEvse(message, data, data.evse)
  if (isObject(data.gpio)) return readNestedGpio(message, data, data.gpio)
  if (isObject(data.line_current)) return readLineCurrent(message, data, data.line_current)
  return reject('data', data, 'holds none of evse, gpio, line_current')
}

function readNestedEvse(message: JsonObject, data: JsonObject, evse: JsonObject): Reading | Rejected {
  if (message.device_type != null && message.device_type !== 'evse') return notOfEvse(message, 'evse')
  if (!NestedEvse.holds(message)) return firstBroken(NestedEvse.properties, message)
  if (!EvseData.holds(evse)) return firstBroken(EvseData.properties, evse, 'data.evse.')
  const framed = readEnvelope(message, KNOWN)
  if (isRejected(framed)) return framed
  const fields = readEvse(evse)
  const typed = evseEventType(message.event_type, fields, 'data.evse.')
  if (isRejected(typed)) return typed
  flagEvse(fields, framed.flags)
  keepUnknown(framed, data, 'evse', EVSE_KNOWN)
  return { ...framed, device_type: 'evse', event_type: typed.event_type, spelling: 'nested', fields }
}

/** Every board claims to be an `evse`, whatever its pin is wired to: the claim is kept, and the configuration asked. */
function readNestedGpio(message: JsonObject, data: JsonObject, gpio: JsonObject): Reading | Rejected {
  if (!NestedGpio.holds(message)) return firstBroken(NestedGpio.properties, message)
  if (!GpioData.holds(gpio)) return firstBroken(GpioData.properties, gpio, 'data.gpio.')
  const stamped = { ...message, uptime_ms: message.uptime_ms ?? gpio.uptime_ms ?? null }
  const framed = readEnvelope(stamped, KNOWN)
  if (isRejected(framed)) return framed
  if (message.device_type != null) framed.extra.device_type = message.device_type
  keepUnknown(framed, data, 'gpio', GPIO_KNOWN)
  const event_type = message.event_type ?? 'state_change'
  return { ...framed, device_type: null, event_type, spelling: 'nested', fields: readPin(gpio) }
}

/** A clamp on the line: a reading of current between the changes of state, whatever it calls itself. */
function readLineCurrent(message: JsonObject, data: JsonObject, clamp: JsonObject): Reading | Rejected {
  if (message.device_type != null && message.device_type !== 'evse') return notOfEvse(message, 'line_current')
  if (!NestedLineCurrent.holds(message)) return firstBroken(NestedLineCurrent.properties, message)
  if (!LineCurrentData.holds(clamp))
    return firstBroken(LineCurrentData.properties, clamp, 'data.line_current.')
  const framed = readEnvelope(message, KNOWN)
  if (isRejected(framed)) return framed
  const fields = { current_draw: clamp.current_a }
  flagEvse(fields, framed.flags)
  if (message.event_type != null && message.event_type !== 'telemetry')
    framed.extra.event_type = message.event_type
  keepUnknown(framed, data, 'line_current', LINE_CURRENT_KNOWN)
  return { ...framed, device_type: 'evse', event_type: 'telemetry', spelling: 'nested', fields }
}

function notOfEvse(message: JsonObject, part: string): Rejected {
  return reject('device_type', message.device_type, `does not go with data.${part}`)
}

/** What the known part leaves over goes to `extra`, at the place where it stood. */
function keepUnknown(framed: Framed, data: JsonObject, part: string, known: ReadonlySet<string>): void {
  const others = unknownFields(data, new Set([part]))
  const rest = unknownFields(data[part] as JsonObject, known)
  if (Object.keys(rest).length > 0) others[part] = rest
  if (Object.keys(others).length > 0) framed.extra.data = others
}
