/** What a poll computed, and the messages that it leads to: announcements, and reports between them. */
import type { PilotState } from '../events/event.ts'
import { statePath } from '../statecharts/chart.ts'
import { formatHex } from './c-arithmetic.ts'
import type { Announcement } from './evse-announce.ts'
import type { EvseDevice, EvseOutput, EvseStep } from './evse-device.ts'
import { type EvseMessage, evsePayload } from './evse-payload.ts'
import { nextWord } from './random-words.ts'

/** What was measured. */
export type Reading = { pilot: PilotState; duty: number; current_a: number; proximity: boolean }

/** What a poll computed, as the traces record it. */
export type EvseSample = {
  timestamp: number
  send: boolean
  pilot_state: PilotState
  pwm_duty_cycle: number
  current_draw: number
  proximity_detected: boolean
  energy_kwh: number
  event_type: EvseMessage['event_type']
  session_id: string
}

/** Says what is to be said of a poll: `announcements`, or a report that is due. */
export function sendTold(
  polled: EvseDevice,
  announcements: Announcement[],
  reading: Reading,
  timestamp_ms: number,
): EvseStep {
  const due = announcements.length === 0 && reportIsDue(polled, reading.current_a)
  const said: Announcement[] = due ? [reportOf(polled)] : announcements
  const last = said.at(-1)
  const sample: EvseSample = {
    timestamp: timestamp_ms,
    send: said.length > 0,
    pilot_state: reading.pilot,
    pwm_duty_cycle: reading.duty,
    current_draw: reading.current_a,
    proximity_detected: reading.proximity,
    energy_kwh: last?.energy_kwh ?? polled.register.kwh,
    event_type: last?.event_type ?? 'state_change',
    session_id: last?.session_id ?? polled.announced.session_id,
  }
  const outputs: EvseOutput[] = [{ kind: 'sampled', ...sample }]
  let device = polled
  for (const announcement of said) {
    const { eventId, seed } = nextEventId(device)
    const message = messageOf(device, announcement, sample, eventId)
    outputs.push({ kind: 'sent', message, payload: evsePayload(message, device.config.spelling) })
    device = { ...device, seed, messages_sent: device.messages_sent + 1 }
  }
  if (said.length === 0) return { device, outputs }
  const told = { report_due_ms: nextReport(device), told_a: reading.current_a, clock: settle(device) }
  return { device: { ...device, ...told }, outputs }
}

function messageOf(
  { config, clock, uptime_ms }: EvseDevice,
  announcement: Announcement,
  sample: EvseSample,
  event_id: string,
): EvseMessage {
  const report = announcement.event_type === 'telemetry'
  return {
    device_id: config.device_id,
    timestamp_ms: sample.timestamp,
    uptime_ms: config.quirks.omits_uptime || !clock.synced ? null : uptime_ms,
    event_id,
    time_anomaly: clock.time_anomaly,
    event_type: announcement.event_type,
    location: config.location,
    pilot_state: sample.pilot_state,
    pwm_duty_cycle: sample.pwm_duty_cycle,
    current_draw: sample.current_draw,
    proximity_detected: sample.proximity_detected,
    session_id: announcement.session_id,
    energy_delivered_kwh: announcement.energy_kwh,
    voltage_v: report ? config.nominal_voltage_v : null,
    power_kw: report ? (sample.current_draw * config.nominal_voltage_v) / 1000 : null,
  }
}

function reportOf(polled: EvseDevice): Announcement {
  const { announced, register } = polled
  return { event_type: 'telemetry', session_id: announced.session_id, energy_kwh: register.kwh }
}

function reportIsDue(polled: EvseDevice, current_a: number): boolean {
  const { config, session, uptime_ms } = polled
  if (!session || !statePath(session.value).startsWith('session.')) return false
  const jumped =
    config.telemetry_change_a !== null && Math.abs(current_a - polled.told_a) >= config.telemetry_change_a
  return jumped || (config.telemetry_interval_ms !== null && uptime_ms >= polled.report_due_ms)
}

const REPORTS_LESS_OFTEN_WHILE_IDLE = 3

/** Any message puts the next report off. */
function nextReport({ config, session, uptime_ms }: EvseDevice): number {
  if (config.telemetry_interval_ms === null || !session) return 0
  const charges = statePath(session.value) === 'session.charging'
  return uptime_ms + config.telemetry_interval_ms * (charges ? 1 : REPORTS_LESS_OFTEN_WHILE_IDLE)
}

function nextEventId({ config, seed, messages_sent }: EvseDevice): { eventId: string; seed: number } {
  if (config.event_ids === 'recorder') return { eventId: `evt-${messages_sent}`, seed }
  const word = nextWord(seed)
  return { eventId: formatHex(word, 8) + formatHex(messages_sent + 1, 8), seed: word }
}

/** A step back of the clock that has been told is told once. */
function settle({ clock, config }: EvseDevice): EvseDevice['clock'] {
  return config.quirks.time_anomaly_sticks ? clock : { ...clock, time_anomaly: false }
}
