/**
 * The wire's schemas, compiled once at load. They say what a field may hold; what may stand together is said by the
 * spellings. Fields that nobody knows are allowed everywhere, and null is the same as absent.
 * Source: seeds' EVSE and thermostat data model, and the payloads that the reference firmware sends.
 */
import type { Static, TSchema } from 'typebox'
import * as Type from 'typebox'
import { Build } from 'typebox/schema'
import { DESCRIBED_TYPES, type DescribedFields } from './described-types.ts'
import { DEVICE_TYPES, PILOT_STATES } from './event.ts'
import { MAX_TIMESTAMP_MS } from './key.ts'

export const EVSE_EVENT_TYPES = ['state_change', 'telemetry', 'session_start', 'session_end'] as const
export const THERMOSTAT_EVENT_TYPES = ['state_change', 'telemetry', 'cycle_start', 'cycle_end'] as const
export const GPIO_EVENT_TYPES = ['state_change', 'telemetry'] as const
/** What a device of a described type may call its message; without a word it is telemetry. */
export const DESCRIBED_EVENT_TYPES = ['state_change', 'telemetry'] as const
/** The device types that the five spellings speak of, and those that a schema describes. */
export const SPELT_DEVICE_TYPES = ['evse', 'thermostat', ...DESCRIBED_TYPES] as const

/** Longest id or name that a device may send beside its device_id: what a key of any store can hold. */
const MAX_TEXT = 256

function optional<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}

const text = () => optional(Type.String({ maxLength: MAX_TEXT }))
const flag = () => optional(Type.Boolean())
/** A reading. The bounds are no judgement: they keep a product of three readings finite, whatever is sent. */
const reading = (most: number) => optional(Type.Number({ minimum: -most, maximum: most }))

/** `device_id` and `timestamp` are beyond a schema: device-id.ts and timestamp.ts read them. */
const envelope = {
  uptime_ms: optional(Type.Integer({ minimum: 0, maximum: MAX_TIMESTAMP_MS })),
  event_id: text(),
  sequence: optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  location: text(),
  time_anomaly: flag(),
}

const evse = {
  pilot_state: optional(Type.Enum([...PILOT_STATES])),
  pwm_duty_cycle: optional(Type.Number({ minimum: 0, maximum: 100 })),
  current_draw: reading(10_000),
  voltage_v: reading(100_000),
  voltage: reading(100_000),
  power_kw: reading(100_000),
  proximity_detected: flag(),
  session_id: text(),
  energy_delivered_kwh: reading(1e9),
}

const thermostat = {
  heating_call: flag(),
  cooling_call: flag(),
  stage: optional(Type.Enum([1, 2])),
  cycle_id: text(),
  energy_consumed_kwh: reading(1e9),
}

const gpio = {
  pin: Type.String({ minLength: 1, maxLength: MAX_TEXT }),
  state: Type.Enum([0, 1]),
  edge: text(),
}

const evseType = { event_type: optional(Type.Enum([...EVSE_EVENT_TYPES])) }
const thermostatType = { event_type: optional(Type.Enum([...THERMOSTAT_EVENT_TYPES])) }
const gpioType = { event_type: optional(Type.Enum([...GPIO_EVENT_TYPES])) }
const claimedType = { device_type: optional(Type.Enum([...SPELT_DEVICE_TYPES])) }

export const FlatEvse = wire({ ...envelope, ...evseType, ...evse })
export const FlatThermostat = wire({ ...envelope, ...thermostatType, ...thermostat })
export const FlatGpio = wire({ ...envelope, ...claimedType, ...gpioType, ...gpio })

export type DescribedWire = ReturnType<typeof describedWire>

/** The schema of a described type's message: its own fields beside the envelope's. */
export function describedWire(fields: DescribedFields) {
  const described: Record<string, TSchema> = Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, optional(schema)]),
  )
  const event_type = optional(Type.Enum([...DESCRIBED_EVENT_TYPES]))
  return wire({ ...described, ...envelope, event_type })
}

export const NestedEvse = wire({ ...envelope, ...evseType })
export const NestedGpio = wire({ ...envelope, ...claimedType, ...gpioType })
/** The firmware's clamp says `current_change` where others say `telemetry`. */
export const NestedLineCurrent = wire({ ...envelope, event_type: text() })
export const EvseData = wire(evse)
export const GpioData = wire({ ...gpio, uptime_ms: envelope.uptime_ms })
export const LineCurrentData = wire({ current_a: Type.Number({ minimum: -10_000, maximum: 10_000 }) })

export const WirelessWrapper = wire({
  WirelessDeviceId: Type.String({ minLength: 1, maxLength: MAX_TEXT }),
  PayloadData: Type.String(),
})

const seconds = () => optional(Type.Integer({ minimum: 1, maximum: 366 * 86_400 }))
const rating = () => optional(Type.Number({ minimum: 0.001, maximum: 100_000 }))
const name = () => optional(Type.String({ minLength: 1, maxLength: MAX_TEXT }))

/** All of a configuration but `gpio`, whose keys are the device's own. */
export const ConfigWire = wire({
  device_type: optional(Type.Enum([...DEVICE_TYPES])),
  location: name(),
  timezone: name(),
  rated_voltage_v: rating(),
  rated_power_kw: rating(),
  rated_power_heating_kw: rating(),
  rated_power_cooling_kw: rating(),
  report_interval_s: seconds(),
  fault_close_s: seconds(),
  stuck_call_s: seconds(),
  short_cycle_s: seconds(),
  interlock_circuit: name(),
  interlock_debounce_s: seconds(),
  interlock_grace_s: seconds(),
  wireless_device_id: name(),
})

export const GpioMeaningWire = wire({
  signal: Type.Enum(['heating_call', 'cooling_call', 'proximity_detected']),
  active_state: optional(Type.Enum([0, 1])),
  stage: optional(Type.Enum([1, 2])),
})

export type EnvelopeWire = Static<ReturnType<typeof Type.Object<typeof envelope>>>
export type EvseWire = Static<ReturnType<typeof Type.Object<typeof evse>>>
export type ThermostatWire = Static<ReturnType<typeof Type.Object<typeof thermostat>>>

/** A compiled schema of an object, with its properties at hand to say which of them is broken. */
function wire<P extends Record<string, TSchema>>(properties: P) {
  const schema = Type.Object(properties)
  const compiled = Build(schema).Evaluate()
  return {
    properties: properties as Record<string, TSchema>,
    holds: (value: unknown): value is Static<typeof schema> => compiled.Check(value),
  }
}
