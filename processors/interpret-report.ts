/** What a report means for this device: its type, and, for the generic GPIO spelling, what the pin stands for. */
import type {
  DeviceFields,
  DeviceReport,
  DeviceType,
  EvseFields,
  GpioFields,
  GpioMeaning,
  Rejection,
  ThermostatFields,
} from '../events/event.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import type { DeviceState } from '../statecharts/device-state.ts'

export type Meaning = {
  device_type: DeviceType
  fields: DeviceFields
  gpio?: GpioFields
  /** Levels of the device's pins with this report. */
  pins: DeviceState['pins']
}

/** The report as this device's, or what about it cannot be. A pin means what the configuration in force at `at` says. */
export function interpretReport(
  state: DeviceState,
  report: Pick<DeviceReport, 'device_type' | 'fields'>,
  at: number,
): Meaning | Rejection {
  const { device_type } = state
  if (report.device_type !== null && report.device_type !== device_type) {
    const value = JSON.stringify(report.device_type)
    return { field: 'device_type', value, rule: `differs from ${device_type}, which ${state.device_id} is` }
  }
  const { fields: said } = report
  // A report that says what it is of is not a pin's, whatever its fields are called.
  if (report.device_type !== null) return { device_type, fields: said as DeviceFields, pins: state.pins }
  const gpio = said as GpioFields
  const meanings = configAt(state.config, at).gpio ?? {}
  const meaning = Object.hasOwn(meanings, gpio.pin) ? meanings[gpio.pin] : undefined
  if (!meaning) {
    const rule = `has no meaning in the configuration of ${state.device_id}`
    return { field: 'pin', value: JSON.stringify(gpio.pin), rule }
  }
  const pins = { ...namedPins(state.pins, meanings), [gpio.pin]: gpio.state }
  const fields = signalOf(meaning.signal, meanings, pins)
  return { device_type, fields, gpio, pins }
}

function namedPins(pins: DeviceState['pins'], meanings: Record<string, GpioMeaning>): DeviceState['pins'] {
  return Object.fromEntries(Object.entries(pins).filter(([pin]) => Object.hasOwn(meanings, pin)))
}

/** A signal is on while any of its pins is active: the second stage dropping out does not end a call that Y1 still makes. */
function signalOf(
  signal: GpioMeaning['signal'],
  meanings: Record<string, GpioMeaning>,
  pins: DeviceState['pins'],
): EvseFields | ThermostatFields {
  const active = Object.entries(pins).flatMap(([pin, level]) => {
    const meaning = Object.hasOwn(meanings, pin) ? meanings[pin] : undefined
    return meaning?.signal === signal && level === (meaning.active_state ?? 1) ? [meaning] : []
  })
  if (signal === 'proximity_detected') return { proximity_detected: active.length > 0 }
  const fields: ThermostatFields = { [signal]: active.length > 0 }
  if (active.some(({ stage }) => stage !== undefined))
    fields.stage = active.some(({ stage }) => stage === 2) ? 2 : 1
  return fields
}
