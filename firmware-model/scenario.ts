/**
 * Scenarios: a charger's day as a sentence, for tests and demonstrations. `plug; charge 30m at 16A; pull`.
 *
 *   plug             the car is there, and asks for nothing      (B)
 *   charge T [at I]  it charges for T, at 16 A unless told       (C)
 *   ventilate T [at I]  the same, with ventilation               (D)
 *   pause T          it stays and takes nothing                  (B)
 *   fault T          the charger reports a fault                 (E)
 *   down T           it is unavailable                           (F)
 *   pull             the car leaves                              (A)
 *   wait T           nothing happens
 *   reboot           power fails for a moment; `reboot blind`: and the time is lost
 *   sync             a time sync arrives; `sync +1h`, `sync -30s`: one that is wrong by so much
 *
 * T is a number with s, m or h; I a number with A.
 */
import type { PilotState } from '../events/event.ts'
import { telemetryTopic } from '../events/topics.ts'
import type { EvseConfig } from './evse-config.ts'
import { type EvseDevice, type EvseInput, newEvseDevice, step } from './evse-device.ts'
import { type FleetEvent, newSessionTruth, type SessionTruth } from './fleet-event.ts'
import { adcOfCurrent, adcOfPilot, PILOT_MV } from './pilot-voltage.ts'
import { edgesOf } from './pwm-edges.ts'

export type ScenarioStep =
  | { kind: 'stay'; pilot: PilotState | 'same'; lasts_ms: number; current_a: number }
  | { kind: 'reboot'; knows_time: boolean }
  | { kind: 'sync'; ahead_ms: number }

const POLL_MS = 2_000
const DEFAULT_A = 16
const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 }
const STATES: Record<string, PilotState | 'same'> = {
  plug: 'B',
  charge: 'C',
  ventilate: 'D',
  pause: 'B',
  fault: 'E',
  down: 'F',
  pull: 'A',
  wait: 'same',
}
/** The steps of a script. Throws a RangeError that names the part nobody understands. */
export function parseScenario(script: string): ScenarioStep[] {
  const parts = script.split(/[;\n]/).map((part) => part.trim())
  return parts.filter((part) => part !== '').map(parseStep)
}

const STEP = /^(\w+)(?:\s+(\d+(?:\.\d+)?)\s*([smh]))?(?:\s+at\s+(\d+(?:\.\d+)?)\s*A)?$/

function parseStep(part: string): ScenarioStep {
  if (part === 'reboot' || part === 'reboot blind') return { kind: 'reboot', knows_time: part === 'reboot' }
  const sync = /^sync(?:\s+([+-])(\d+)\s*([smh]))?$/.exec(part)
  if (sync) return { kind: 'sync', ahead_ms: ahead(sync[1], sync[2], sync[3]) }
  const [, word = '', amount, unit = '', amps] = STEP.exec(part) ?? []
  const pilot = STATES[word]
  const moment = word === 'plug' || word === 'pull'
  const draws = pilot === 'C' || pilot === 'D'
  if (pilot === undefined || (amount === undefined) !== moment || (amps !== undefined && !draws))
    throw new RangeError(`"${part}" is no step of a scenario`)
  const lasts_ms = moment ? POLL_MS : Math.round(Number(amount) * (UNIT_MS[unit] as number))
  return { kind: 'stay', pilot, lasts_ms, current_a: draws ? Number(amps ?? DEFAULT_A) : 0 }
}

function ahead(sign = '+', amount = '0', unit = 's'): number {
  return Number(sign + amount) * (UNIT_MS[unit] as number)
}

/** Runs a script on a charger that boots at `start_at`; every poll of the firmware is made, two seconds apart. */
export function runScenario(
  config: EvseConfig,
  steps: readonly ScenarioStep[],
  of: { start_at: number; random_seed?: number; knows_time?: boolean },
): { events: FleetEvent[]; truth: SessionTruth[] } {
  const play: Play = {
    device: newEvseDevice(config),
    now: of.start_at,
    boot_at: of.start_at,
    seed: of.random_seed ?? 1,
    pilot: 'A',
    current_a: 0,
    events: [],
    ended: [],
    open: null,
  }
  boot(play, of.knows_time ?? true)
  stay(play, { kind: 'stay', pilot: 'A', lasts_ms: POLL_MS, current_a: 0 })
  for (const one of steps) {
    if (one.kind === 'stay') stay(play, one)
    else if (one.kind === 'reboot') boot(play, one.knows_time)
    else sync(play, one.ahead_ms)
  }
  return { events: play.events, truth: play.open ? [...play.ended, play.open] : play.ended }
}

/** A script under way; changed in place. */
type Play = {
  device: EvseDevice
  now: number
  boot_at: number
  seed: number
  pilot: PilotState
  current_a: number
  events: FleetEvent[]
  ended: SessionTruth[]
  open: SessionTruth | null
}

function boot(play: Play, knows_time: boolean): void {
  play.boot_at = play.now
  feed(play, { op: 'boot', random_seed: play.seed++, proximity: proximity(play) })
  if (knows_time) sync(play, 0)
}

function sync(play: Play, ahead_ms: number): void {
  feed(play, { op: 'sync', epoch_ms: play.now + ahead_ms, uptime_ms: play.now - play.boot_at })
}

function stay(play: Play, { pilot, lasts_ms, current_a }: Extract<ScenarioStep, { kind: 'stay' }>): void {
  if (pilot !== 'same') {
    if (pilot !== 'A' && play.pilot === 'A') offer(play)
    play.pilot = pilot
    play.current_a = current_a
  }
  const until = play.now + lasts_ms
  while (play.now < until) {
    const elapsed_ms = Math.min(POLL_MS, until - play.now)
    play.now += elapsed_ms
    note(play, elapsed_ms)
    poll(play)
  }
}

/** What the charger offers: 32 A. */
const OFFERED_DUTY = 53.3

function offer(play: Play): void {
  const start_us = Math.max(1, play.now - play.boot_at) * 1000
  for (const edge of edgesOf(OFFERED_DUTY, start_us)) feed(play, edge)
}

function poll(play: Play): void {
  const { config } = play.device
  feed(play, {
    op: 'sample',
    uptime_ms: play.now - play.boot_at,
    pilot_adc_mv: adcOfPilot(PILOT_MV[play.pilot], config),
    current_adc_mv: adcOfCurrent(play.current_a, config),
    proximity: proximity(play),
  })
}

/** What really happens until a poll, with the current that the poll will see. */
function note(play: Play, elapsed_ms: number): void {
  const { device_id, nominal_voltage_v } = play.device.config
  if (!play.open && proximity(play) === 1) play.open = newSessionTruth(device_id, play.now)
  if (!play.open) return
  const energy_kwh = ((play.current_a * nominal_voltage_v) / 1000) * (elapsed_ms / 3_600_000)
  const charging_ms = play.current_a > 0 ? elapsed_ms : 0
  play.open = {
    ...play.open,
    energy_kwh: play.open.energy_kwh + energy_kwh,
    charging_ms: play.open.charging_ms + charging_ms,
  }
  if (play.pilot !== 'A') return
  play.ended.push({ ...play.open, ended_at: play.now })
  play.open = null
}

function proximity({ pilot }: Play): 0 | 1 {
  return pilot === 'A' || pilot === 'F' ? 0 : 1
}

function feed(play: Play, input: EvseInput): void {
  const stepped = step(play.device, input)
  play.device = stepped.device
  const { device_id } = play.device.config
  const topic = telemetryTopic('evse', device_id)
  for (const output of stepped.outputs)
    if (output.kind === 'sent')
      play.events.push({ at: play.now, payload: output.payload, device_id, device_type: 'evse', topic })
  if (play.open && play.device.announced.open)
    play.open = { ...play.open, device_session_id: play.device.announced.session_id }
}
