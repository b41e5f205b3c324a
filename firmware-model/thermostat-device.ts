/**
 * A thermostat's wire logger as a pure step: three control wires, each debounced, and what is sent when one changes.
 * Y1 and Y2 call for the two stages of heating, Y for cooling (the EVSE and thermostat data model).
 */
import { formatHex } from './c-arithmetic.ts'
import { CLOCK_AT_BOOT, type DeviceClock, readClock, syncClock } from './device-clock.ts'
import { nextWord } from './random-words.ts'
import { type ThermostatMessage, thermostatPayload } from './thermostat-payload.ts'
import { newWireDebounce, readWire, type WireDebounce, type WireEdge } from './wire-debounce.ts'

export const CONTROL_WIRES = ['Y1', 'Y2', 'Y'] as const
export type ControlWire = (typeof CONTROL_WIRES)[number]
export type WireLevels = Partial<Record<ControlWire, 0 | 1>>

export type ThermostatConfig = {
  device_id: string
  location: string | null
  /** `nested` and `gpio` send pins, whose meaning only the configuration knows; `gpio` says no device id and no epoch. */
  spelling: 'flat' | 'nested' | 'gpio'
  /** The wires that are connected, each with the pin that reports it. */
  pins: Partial<Record<ControlWire, string>>
  debounce_ms: number
  /** Says cycle_start and cycle_end with an id of its own, rather than state_change (flat spelling only). */
  announces_cycles: boolean
}

export type ThermostatDevice = {
  config: ThermostatConfig
  seed: number
  clock: DeviceClock
  wires: Partial<Record<ControlWire, WireDebounce>>
  cycle_id: string
  messages_sent: number
}

export type ThermostatInput =
  | { op: 'boot'; random_seed: number }
  | { op: 'sync'; epoch_ms: number; uptime_ms: number }
  | { op: 'wires'; uptime_ms: number; levels: WireLevels }

export type ThermostatStep = { device: ThermostatDevice; sent: ThermostatSent[] }
export type ThermostatSent = { message: ThermostatMessage; payload: string }

export function newThermostatDevice(config: ThermostatConfig): ThermostatDevice {
  return { config, seed: 0, clock: CLOCK_AT_BOOT, wires: {}, cycle_id: '', messages_sent: 0 }
}

export function stepThermostat(device: ThermostatDevice, input: ThermostatInput): ThermostatStep {
  if (input.op === 'boot') {
    const wires = Object.fromEntries(
      CONTROL_WIRES.filter((wire) => device.config.pins[wire] !== undefined).map((wire) => [
        wire,
        newWireDebounce(device.config.debounce_ms),
      ]),
    )
    return { device: { ...newThermostatDevice(device.config), seed: input.random_seed, wires }, sent: [] }
  }
  if (input.op === 'sync') {
    const clock = syncClock(device.clock, input.epoch_ms, input.uptime_ms, true)
    return { device: { ...device, clock }, sent: [] }
  }
  return readWires(device, input.uptime_ms, input.levels)
}

/** The calls that the debounced wires make. A wire that is not connected makes none. */
export function calls(device: ThermostatDevice): { heating: boolean; cooling: boolean; stage: 1 | 2 } {
  const on = (wire: ControlWire) => device.wires[wire]?.level === 1
  return { heating: on('Y1') || on('Y2'), cooling: on('Y'), stage: on('Y2') ? 2 : 1 }
}

function readWires(before: ThermostatDevice, uptime_ms: number, levels: WireLevels): ThermostatStep {
  const read = readClock(before.clock, uptime_ms)
  let device: ThermostatDevice = { ...before, clock: read.clock }
  const sent: ThermostatSent[] = []
  for (const wire of CONTROL_WIRES) {
    const known = device.wires[wire]
    const level = levels[wire]
    if (!known || level === undefined) continue
    const debounced = readWire(known, level, uptime_ms)
    const was = calls(device)
    device = { ...device, wires: { ...device.wires, [wire]: debounced.wire } }
    if (!isReported(device, debounced.edge, known, level)) continue
    const told = tell(device, wire, debounced.edge ?? 'unknown', was, read.timestamp_ms)
    device = told.device
    sent.push(told.sent)
  }
  return { device, sent }
}

/** The firmware reports edges. A flat-spelling device also says after boot that a wire already calls. */
function isReported(
  device: ThermostatDevice,
  edge: WireEdge | null,
  known: WireDebounce,
  level: number,
): boolean {
  if (edge !== null) return true
  return device.config.spelling === 'flat' && !known.initialized && level === 1
}

function tell(
  before: ThermostatDevice,
  wire: ControlWire,
  edge: WireEdge,
  was: ReturnType<typeof calls>,
  timestamp_ms: number,
): { device: ThermostatDevice; sent: ThermostatSent } {
  const { config } = before
  const now = calls(before)
  const called = was.heating || was.cooling
  const callsNow = now.heating || now.cooling
  const event_type =
    !config.announces_cycles || called === callsNow ? 'state_change' : callsNow ? 'cycle_start' : 'cycle_end'
  const random = nextWord(before.seed)
  const cycle_id = event_type === 'cycle_start' ? formatHex(random, 8) : before.cycle_id
  const messages_sent = before.messages_sent + 1
  const message: ThermostatMessage = {
    device_id: config.device_id,
    location: config.location,
    timestamp_ms,
    time_anomaly: before.clock.time_anomaly,
    event_id: formatHex(random, 8) + formatHex(messages_sent, 8),
    event_type,
    ...now,
    cycle_id,
    pin: config.pins[wire] ?? wire,
    level: before.wires[wire]?.level === 1 ? 1 : 0,
    edge,
  }
  const device = { ...before, seed: random, cycle_id: callsNow ? cycle_id : '', messages_sent }
  return { device, sent: { message, payload: thermostatPayload(message, config.spelling) } }
}
