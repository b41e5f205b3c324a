/** A configuration as a person or a file puts it: checked whole, so that nothing half-right reaches a device's stream. */
import { firstBroken } from './broken-field.ts'
import { isObject, type JsonObject, unsafePart } from './decode.ts'
import type { DeviceConfig, GpioMeaning } from './event.ts'
import { isRejected, type Rejected, reject } from './rejection.ts'
import { ConfigWire, GpioMeaningWire } from './schemas.ts'

const CONFIG_FIELDS = new Set([...Object.keys(ConfigWire.properties), 'gpio'])
const MEANING_FIELDS = new Set(Object.keys(GpioMeaningWire.properties))
const MAX_PIN = 256

/** The configuration in a parsed JSON value. null is the same as absent; an unknown field is refused. Never throws. */
export function parseDeviceConfig(value: unknown): { config: DeviceConfig } | Rejected {
  if (!isObject(value))
    return reject('config', value === undefined ? undefined : typeof value, 'is not an object')
  const unsafe = unsafePart(value, 'config') ?? strangeField(value, CONFIG_FIELDS, '')
  if (unsafe) return unsafe
  if (!ConfigWire.holds(value)) return firstBroken(ConfigWire.properties, value)
  if (value.timezone != null && !isTimeZone(value.timezone))
    return reject('timezone', value.timezone, 'is no IANA time zone')
  const { gpio, ...rest } = value as JsonObject
  const config = withoutNulls(rest) as DeviceConfig
  if (gpio == null) return { config }
  const pins = readPins(gpio)
  return isRejected(pins) ? pins : { config: { ...config, gpio: pins.gpio } }
}

/** What is wrong with a whole version's interlock, or null. Not for the rows of an import, which are parts of one. */
export function interlockFlaw({ interlock_circuit, location }: DeviceConfig): Rejected | null {
  if (interlock_circuit === undefined || location !== undefined) return null
  return reject('interlock_circuit', interlock_circuit, 'needs a location beside it, which the circuit is in')
}

function readPins(value: unknown): { gpio: Record<string, GpioMeaning> } | Rejected {
  if (!isObject(value)) return reject('gpio', value, 'is not an object')
  const gpio: Record<string, GpioMeaning> = {}
  for (const [pin, meaning] of Object.entries(value)) {
    const path = `gpio.${pin}`
    if (pin === '' || pin.length > MAX_PIN)
      return reject('gpio', pin, `is no name of 1 to ${MAX_PIN} characters`)
    if (!isObject(meaning)) return reject(path, meaning, 'is not an object')
    const strange = strangeField(meaning, MEANING_FIELDS, `${path}.`)
    if (strange) return strange
    if (!GpioMeaningWire.holds(meaning)) return firstBroken(GpioMeaningWire.properties, meaning, `${path}.`)
    gpio[pin] = withoutNulls(meaning) as GpioMeaning
  }
  return { gpio }
}

function strangeField(object: JsonObject, known: ReadonlySet<string>, path: string): Rejected | null {
  const strange = Object.keys(object).find((key) => !known.has(key))
  return strange === undefined
    ? null
    : reject(path + strange, object[strange], 'is no field of a configuration')
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value != null))
}

function isTimeZone(name: string): boolean {
  // Intl takes bare offsets too, and days that follow one have no summer time.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
