/**
 * A charger as a pure step: what it hears (boot, time sync, an edge of the pilot, a poll of its inputs) and what it
 * sends. No clock and no random beyond its own seed; its state is plain data. The session's state comes from the same
 * chart that the cloud runs; the firmware's own habits are quirks of what it announces.
 */
import type { PilotState } from '../events/event.ts'
import type { Chart, ChartState } from '../statecharts/chart.ts'
import { evseSession } from '../statecharts/evse-session.ts'
import { CLOCK_AT_BOOT, type DeviceClock, syncClock } from './device-clock.ts'
import type { EvseConfig } from './evse-config.ts'
import type { EvseMessage } from './evse-payload.ts'
import { pollEvse } from './evse-poll.ts'
import type { EvseSample } from './evse-send.ts'
import { NO_PILOT_YET, type PilotDebounce } from './pilot-debounce.ts'
import { NO_EDGES, onEdge, type PwmEdges } from './pwm-edges.ts'

/** The energy register, kWh, and up to when it has counted: a timestamp, or uptime where the clock's jumps are kept out. */
export type EnergyRegister = { kwh: number; counted_to_ms: number }

/** What was announced of sessions. An empty id: there has been none. */
export type Announced = { session_id: string; open: boolean; ids_made: number }

export type EvseDevice = {
  config: EvseConfig
  /** Where the next random word follows from. */
  seed: number
  clock: DeviceClock
  pwm: PwmEdges
  /** As the last poll saw them; the pilot null before the first one. */
  pilot: PilotState | null
  proximity: boolean
  debounce: PilotDebounce
  /** The chart's state; null before the first poll. */
  session: ChartState | null
  announced: Announced
  register: EnergyRegister
  messages_sent: number
  /** Uptime of the last poll, and the sum of those of earlier boots: together the time that the chart lives in. */
  uptime_ms: number
  earlier_uptime_ms: number
  /** Uptime at which the next periodic report is due. */
  report_due_ms: number
  /** The current of the last message. */
  told_a: number
}

export type EvseInput =
  | { op: 'boot'; random_seed: number; proximity: number }
  | { op: 'sync'; epoch_ms: number; uptime_ms: number }
  | { op: 'edge'; level: number; at_us: number }
  | {
      op: 'sample'
      uptime_ms: number
      pilot_adc_mv: number
      current_adc_mv: number
      proximity: number
      /** The pilot's low half-wave, where the board measures it: it tells a car from a shorted diode. */
      pilot_low_adc_mv?: number
    }

export type EvseOutput =
  | { kind: 'booted' }
  | { kind: 'synced'; time_anomaly: boolean }
  /** What a poll computed, sent or not. */
  | ({ kind: 'sampled' } & EvseSample)
  | { kind: 'sent'; message: EvseMessage; payload: string }

export type EvseStep = { device: EvseDevice; outputs: EvseOutput[] }

/** A charger before it has booted for the first time. */
export function newEvseDevice(config: EvseConfig): EvseDevice {
  return {
    config,
    seed: 0,
    clock: CLOCK_AT_BOOT,
    pwm: NO_EDGES,
    pilot: null,
    proximity: false,
    debounce: NO_PILOT_YET,
    session: null,
    announced: { session_id: '', open: false, ids_made: 0 },
    register: { kwh: 0, counted_to_ms: 0 },
    messages_sent: 0,
    uptime_ms: 0,
    earlier_uptime_ms: 0,
    report_due_ms: 0,
    told_a: 0,
  }
}

/** One step. `chart` is the session chart; another one is for showing that nothing else holds the session's state. */
export function step(device: EvseDevice, input: EvseInput, chart: Chart = evseSession): EvseStep {
  switch (input.op) {
    case 'boot':
      return { device: boot(device, input.random_seed, input.proximity), outputs: [{ kind: 'booted' }] }
    case 'sync':
      return sync(device, input.epoch_ms, input.uptime_ms)
    case 'edge':
      return { device: { ...device, pwm: onEdge(device.pwm, input.level, input.at_us) }, outputs: [] }
    case 'sample':
      return pollEvse(device, input, chart)
  }
}

/** Power comes back. The reference firmware keeps nothing; a better one keeps the session, its id and its register. */
function boot(device: EvseDevice, random_seed: number, proximity: number): EvseDevice {
  const { quirks } = device.config
  const fresh = newEvseDevice(device.config)
  const booted: EvseDevice = {
    ...fresh,
    seed: random_seed >>> 0,
    proximity: proximity > 0,
    earlier_uptime_ms: device.earlier_uptime_ms + device.uptime_ms,
    messages_sent: quirks.event_ids_restart_at_boot ? 0 : device.messages_sent,
  }
  if (quirks.forgets_session_at_boot) return booted
  const register = { kwh: device.register.kwh, counted_to_ms: 0 }
  return { ...booted, session: device.session, announced: device.announced, register }
}

function sync(device: EvseDevice, epoch_ms: number, uptime_ms: number): EvseStep {
  const clock = syncClock(device.clock, epoch_ms, uptime_ms, device.config.quirks.refuses_backward_sync)
  return { device: { ...device, clock }, outputs: [{ kind: 'synced', time_anomaly: clock.time_anomaly }] }
}
