/** What is said: the one event that every device's message, whatever its spelling, becomes. Stored fields keep the wire's snake_case. */
import { DESCRIBED_TYPES, type DescribedType } from './described-types.ts'

const OWN_TYPES = ['evse', 'thermostat', 'meter', 'vehicle', 'station'] as const

/** What a device may say that it is. */
export const DEVICE_TYPES: readonly ((typeof OWN_TYPES)[number] | DescribedType)[] = [
  ...new Set([...OWN_TYPES, ...DESCRIBED_TYPES]),
]
/** `pair` is the system's own: the devices on one circuit, fed with what each of them says. Nobody outside may name it. */
export type DeviceType = (typeof DEVICE_TYPES)[number] | 'pair'

/** Event types a device may send. */
export const DEVICE_EVENT_TYPES = [
  'state_change',
  'telemetry',
  'session_start',
  'session_end',
  'cycle_start',
  'cycle_end',
] as const
export type DeviceEventType = (typeof DEVICE_EVENT_TYPES)[number]

/** Event types a chart decides; session_start to cycle_end are spelt as the devices spell theirs, `origin` tells them apart. */
export const DECIDED_EVENT_TYPES = [
  'session_start',
  'session_end',
  'session_continued',
  'cycle_start',
  'cycle_end',
  'alarm',
  // Whatever else a chart decides: what is to be asked of another service, for one.
  'action',
] as const
export type DecidedEventType = (typeof DECIDED_EVENT_TYPES)[number]

export type EventType = DeviceEventType | DecidedEventType | 'config'

/** Folds, replay and the archive read `device` and `config`; lists of sessions and cycles read `chart`. */
export type Origin = 'device' | 'config' | 'chart'

/** `device`: the device's own clock; `estimated`: clock not set, placed by its boot's offset; `clamped`: claimed the future. */
export type TimeQuality = 'device' | 'estimated' | 'clamped'

/** J1772 / IEC 61851-1 pilot states. */
export const PILOT_STATES = ['A', 'B', 'C', 'D', 'E', 'F'] as const
export type PilotState = (typeof PILOT_STATES)[number]

/** What a charger reports; a field it did not send is absent. */
export type EvseFields = {
  pilot_state?: PilotState
  pwm_duty_cycle?: number
  current_draw?: number
  voltage_v?: number
  power_kw?: number
  proximity_detected?: boolean
  /** The device's own session id. An empty string is no id. */
  session_id?: string
  /** Cumulative register, kWh: per session or for life, which energy/ decides. */
  energy_delivered_kwh?: number
}

/** What a thermostat reports: the calls on its control wires. Absent means "not said", not "off". */
export type ThermostatFields = {
  heating_call?: boolean
  cooling_call?: boolean
  /** Stage of the call where the wires tell (Y1 is 1, Y2 is 2). */
  stage?: 1 | 2
  /** The device's own cycle id. */
  cycle_id?: string
  energy_consumed_kwh?: number
}

/** What a pair hears of one of its members: its readings as they stand, and what its configuration says of the circuit. */
export type PairFields = Pick<EvseFields, 'pilot_state' | 'current_draw' | 'voltage_v' | 'power_kw'> &
  Pick<ThermostatFields, 'heating_call' | 'cooling_call'> & {
    member_id: string
    member_type: 'evse' | 'thermostat'
    circuit: string
    /** It is on this circuit no more, and says nothing. */
    left?: true
    /**
     * The number of the member's record that had it told (`applied`), a half more where a repair did, and behind the point
     * its place among the words of that record: of two words under one key the later counts.
     */
    told?: number
    config: Pick<DeviceConfig, (typeof PAIR_CONFIG)[number]>
  }

/** What of a member's configuration its pair has to know. */
export const PAIR_CONFIG = [
  'interlock_debounce_s',
  'interlock_grace_s',
  'report_interval_s',
  'rated_voltage_v',
  'rated_power_kw',
] as const satisfies (keyof DeviceConfig)[]

/** What a device of a described type reports: what its schema names, of what was said. */
export type DescribedReadings = Record<string, unknown>

/** What charts hear of a device. */
export type DeviceFields = EvseFields | ThermostatFields | PairFields | DescribedReadings

/** A pin as the older generic firmware reports it; what it means is in the device's configuration. */
export type GpioFields = { pin: string; state: 0 | 1; edge?: string }

export type Spelling = 'flat' | 'nested' | 'gpio'

/** What a device said, spelt one way, before the clock rules have placed it in time. */
export type DeviceReport = {
  device_id: string
  /** null exactly when `fields` is a pin's: what the device is, the configuration knows. */
  device_type: DeviceType | null
  event_type: DeviceEventType
  spelling: Spelling
  /** As claimed, untouched: epoch ms, or uptime ms below 10^12. */
  reported_timestamp: number
  /** Uptime, where a message carries it beside an epoch timestamp. */
  uptime_ms?: number
  device_event_id?: string
  /** Whole number 0 to 999,999,999, where the device numbers its messages. */
  sequence?: number
  /** The location that the payload itself names. */
  payload_location?: string
  fields: EvseFields | ThermostatFields | GpioFields | DescribedReadings
  /** Everything else the device sent, kept as it came. */
  extra: Record<string, unknown>
  /** Oddities that are kept and shown, not refused (`pwm_duty_cycle_out_of_range`, `time_anomaly`, …). */
  flags: string[]
  /** The message itself as it was decoded: identity is a hash of it, beside device_id, timestamp and event id. */
  said: Record<string, unknown>
}

/** A report that has its place in time and its key. */
export type DeviceEvent = Omit<DeviceReport, 'device_type' | 'fields' | 'spelling' | 'said'> & {
  device_type: DeviceType
  fields: DeviceFields
  /** The pin that was reported, where `fields` are what the configuration makes of it. */
  gpio?: GpioFields
  origin: 'device'
  event_time: number
  time_quality: TimeQuality
  /** Number of the boot, for events placed by uptime. */
  boot?: number
  received_at: number
  identity: string
}

/** Why a record was refused: the field, the value as shown to a person, and the rule it broke. */
export type Rejection = { field: string; value: string; rule: string }

/** One line for a person: `pilot_state: "G" is none of A, B, C, D, E, F`. */
export function describeRejection(rejection: Rejection): string {
  return `${rejection.field}: ${rejection.value} ${rejection.rule}`
}

/** A device's configuration, as it is put and as a chart sees the version in force. Unknown keys are refused. */
export type DeviceConfig = {
  device_type?: DeviceType
  location?: string
  /** IANA zone; days and hours of aggregates follow it. */
  timezone?: string
  rated_voltage_v?: number
  /** Most a charger can deliver; without it 80 A at the rated voltage. */
  rated_power_kw?: number
  rated_power_heating_kw?: number
  rated_power_cooling_kw?: number
  /** How often a charger reports by itself; absent for one that reports changes only. */
  report_interval_s?: number
  /** How long a fault may stand before it closes a session. */
  fault_close_s?: number
  /** A call longer than this is stuck. */
  stuck_call_s?: number
  /** A cycle shorter than this is a short cycle. */
  short_cycle_s?: number
  /** The circuit that the device is on, within its location: the chargers on it may not draw while its thermostats call. */
  interlock_circuit?: string
  /** A call counts as over when it has been off for so long. */
  interlock_debounce_s?: number
  /** So long a charger may take to stop when a call begins; clocks that differ by less raise no alarm. */
  interlock_grace_s?: number
  /** What each pin of the generic GPIO spelling means. */
  gpio?: Record<string, GpioMeaning>
  /** The id under which AWS IoT Wireless knows the device. */
  wireless_device_id?: string
}

export type GpioMeaning = {
  signal: 'heating_call' | 'cooling_call' | 'proximity_detected'
  /** The pin's state that means true; 1 unless told. */
  active_state?: 0 | 1
  stage?: 1 | 2
}
