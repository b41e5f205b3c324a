/** Who is in a fleet: every firmware and spelling that the system has to understand, in fixed proportions. */
import type { DeviceConfig } from '../events/event.ts'
import { newCharger } from './charger-sim.ts'
import { DEFAULT_WIRING, type EvseConfig, type EvseWiring, evseConfig } from './evse-config.ts'
import type { FleetMember, FleetOptions } from './fleet.ts'
import { newHabits, type Pace } from './habits.ts'
import { newHouse } from './house.ts'
import { chance, pick, type Random, randomOf, word } from './random.ts'
import { nextSessionId } from './random-words.ts'
import { newSharedCircuit } from './shared-circuit.ts'
import type { ThermostatConfig } from './thermostat-device.ts'
import { newThermostat } from './thermostat-sim.ts'

const REPORTS_EVERY_MS: Record<Pace, number> = { calm: 300_000, brisk: 10_000 }

/** How often a charger that reports by itself does so; one that reports changes only keeps doing that. */
export function telemetryInterval(now_ms: number | null, pace: Pace): number | null {
  return now_ms === null ? null : REPORTS_EVERY_MS[pace]
}

type Firmware = Pick<EvseConfig, 'spelling' | 'event_ids'> & {
  quirks: 'reference' | 'none' | { stale_register_at_start: true; keeps_sending_finished_id: true }
  reports: boolean
  wireless?: true
}

const REFERENCE: Firmware = { spelling: 'nested', event_ids: 'firmware', quirks: 'reference', reports: false }
const REPAIRED: Firmware = { spelling: 'nested', event_ids: 'firmware', quirks: 'none', reports: true }
const FLAT: Firmware = { spelling: 'flat', event_ids: 'firmware', quirks: 'none', reports: true }
const FLAT_CHANGES: Firmware = { ...FLAT, reports: false }
const FLAT_HALF_REPAIRED: Firmware = {
  ...FLAT,
  quirks: { stale_register_at_start: true, keeps_sending_finished_id: true },
}
const REFERENCE_BY_WIRELESS: Firmware = { ...REFERENCE, wireless: true }

/** Of ten chargers. */
const FIRMWARES: readonly Firmware[] = [
  REFERENCE,
  FLAT,
  REPAIRED,
  FLAT,
  FLAT_HALF_REPAIRED,
  REFERENCE_BY_WIRELESS,
  FLAT,
  FLAT_CHANGES,
  REPAIRED,
  FLAT,
]

/** Boards as they were built: read one to one, or with a divider and a bias that lift the pilot's negative half. */
const WIRINGS: readonly EvseWiring[] = [
  DEFAULT_WIRING,
  { ...DEFAULT_WIRING, pilot_scale_num: 10, pilot_bias_mv: 15_000, current_scale_num: 20 },
  {
    pilot_scale_num: 37,
    pilot_scale_den: 3,
    pilot_bias_mv: 20_000,
    current_scale_num: 33,
    current_scale_den: 2,
    nominal_voltage_v: 208,
    pilot_tolerance_mv: 700,
  },
]

/** All of them as in the field, or all of one kind. */
export type FleetFirmware = 'mixed' | 'reference' | 'correct'

function firmwareOf(kind: FleetFirmware, index: number): Firmware {
  if (kind === 'reference') return REFERENCE
  return kind === 'correct' ? FLAT : (FIRMWARES[index % FIRMWARES.length] as Firmware)
}

const RATED_A = [32, 32, 40, 48]
/** A charger may deliver a little more than its plate says before it is a fault. */
const PLATE_TOLERANCE = 1.02

export function chargerOf(options: FleetOptions, index: number): FleetMember {
  const device_id = memberId(options, 'evse', index)
  const random = randomOf(options.seed, device_id)
  const firmware = firmwareOf(options.firmware ?? 'mixed', index)
  const pace = options.pace ?? 'calm'
  const location = siteOf(Math.floor(index / 2))
  const rated_a = pick(random, RATED_A)
  const telemetry_interval_ms = firmware.reports ? REPORTS_EVERY_MS[pace] : null
  const config = evseConfig({
    ...pick(random, WIRINGS),
    ...options.wiring,
    device_id,
    quirks: firmware.quirks,
    spelling: firmware.spelling,
    event_ids: firmware.event_ids,
    location: firmware.quirks === 'reference' ? null : location,
    telemetry_interval_ms,
    telemetry_change_a: firmware.reports ? 2 : null,
  })
  const habits = newHabits(random)
  const sim = newCharger({ config, rated_a, habits, random, pace, start_at: options.start_at })
  const wireless_device_id = firmware.wireless && options.configured ? wirelessId(random) : null
  const device: DeviceConfig = {
    device_type: 'evse',
    location,
    rated_voltage_v: config.nominal_voltage_v,
    rated_power_kw: Math.round(rated_a * config.nominal_voltage_v * PLATE_TOLERANCE) / 1000,
  }
  if (firmware.reports) device.report_interval_s = REPORTS_EVERY_MS.calm / 1000
  if (wireless_device_id !== null) device.wireless_device_id = wireless_device_id
  return { sim, config: device, wireless_device_id, messages_sent: 0 }
}

/** Of ten thermostats two send pins, where a configuration can say what they mean; of the others every second one announces its cycles. */
export function thermostatOf(options: FleetOptions, index: number): FleetMember {
  const device_id = memberId(options, 'thermostat', index)
  const random = randomOf(options.seed, device_id)
  const location = siteOf(index)
  const spelling = options.configured ? thermostatSpelling(index) : 'flat'
  const house = newHouse(random, options.seed, ['heating', 'cooling'])
  const wire = house.mode === 'heating' ? 'Y1' : 'Y'
  const pins: ThermostatConfig['pins'] =
    spelling === 'flat' ? { Y1: 'Y1', Y2: 'Y2', Y: 'Y' } : { [wire]: 'extinput0' }
  const config: ThermostatConfig = {
    device_id,
    location: spelling === 'flat' ? location : null,
    spelling,
    pins,
    debounce_ms: 50,
    announces_cycles: index % 2 === 1,
  }
  const uptime_only = spelling === 'gpio'
  const start_at = uptime_only ? (options.uptime_only_from ?? options.start_at) : options.start_at
  const pace = options.pace ?? 'calm'
  const sim = newThermostat({ config, house, random, pace, start_at, knows_time: !uptime_only })
  const rated = house.mode === 'heating' ? { rated_power_heating_kw: 4.2 } : { rated_power_cooling_kw: 3.5 }
  const device: DeviceConfig = { device_type: 'thermostat', location, short_cycle_s: 20, ...rated }
  if (spelling !== 'flat') device.gpio = { extinput0: { signal: `${house.mode}_call` } }
  return { sim, config: device, wireless_device_id: null, messages_sent: 0 }
}

const CIRCUIT = 'main'

/** Puts the first charger of some sites on one circuit with the site's thermostat. */
export function shareCircuits(members: readonly FleetMember[], options: FleetOptions): void {
  const { chargers, shared_circuits = 0 } = options
  for (let site = 0; site < options.thermostats; site++) {
    const [charger, thermostat] = [members[site * 2], members[chargers + site]]
    if (site * 2 >= chargers || !charger || !thermostat) return
    if (!chance(randomOf(options.seed, `circuit ${siteOf(site)}`), shared_circuits)) continue
    shareCircuit(charger, thermostat)
  }
}

function shareCircuit(charger: FleetMember, thermostat: FleetMember): void {
  const [evse, hvac] = [charger.sim, thermostat.sim]
  if (evse.device_type !== 'evse' || hvac.device_type !== 'thermostat') return
  const { pace, house, indoors, looked_at } = hvac
  evse.circuit = newSharedCircuit({
    name: CIRCUIT,
    charger_id: evse.device_id,
    thermostat_id: hvac.device_id,
    voltage_v: evse.evse.config.nominal_voltage_v,
    wire_ms: hvac.device.config.debounce_ms,
    life: { pace, house, indoors, looked_at },
  })
  charger.config.interlock_circuit = CIRCUIT
  thermostat.config.interlock_circuit = CIRCUIT
}

function thermostatSpelling(index: number): ThermostatConfig['spelling'] {
  if (index % 10 === 3) return 'nested'
  return index % 10 === 6 ? 'gpio' : 'flat'
}

/** Two chargers and a thermostat a site. */
function siteOf(index: number): string {
  return `site_${index + 1}`
}

function memberId(options: FleetOptions, type: string, index: number): string {
  return `${options.id_prefix ?? ''}${type}-${String(index + 1).padStart(2, '0')}`
}

/** The network's id for a device looks like a UUID. */
function wirelessId(random: Random): string {
  return nextSessionId(word(random)).id
}
