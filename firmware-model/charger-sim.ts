/** A charger in its surroundings: the cars that come, what they do to its inputs, and what the device sends. */
import { dutyOfAmps } from '../energy/duty-cycle.ts'
import type { PilotState } from '../events/event.ts'
import { CHARGE_EFFICIENCY, nextPoll, POLL_MS, phaseAt } from './charger-schedule.ts'
import type { EvseConfig } from './evse-config.ts'
import { type EvseDevice, type EvseInput, newEvseDevice, step } from './evse-device.ts'
import {
  newSessionTruth,
  type Sent,
  type SessionTruth,
  type Truth,
  type ViolationTruth,
} from './fleet-event.ts'
import { currentTaken, type Habits, nextVisit, type Pace, type Visit } from './habits.ts'
import { setHousePace, skipHouse } from './house-life.ts'
import { adcOfCurrent, adcOfPilot, currentAmps, PILOT_MV } from './pilot-voltage.ts'
import { edgesOf } from './pwm-edges.ts'
import { between, type Random, word } from './random.ts'
import { bootGate, gateAt, noteDraw, type SharedCircuit } from './shared-circuit.ts'
import { uptimeAt } from './uptime.ts'

/** Plain data, changed in place by `runCharger`. Times are epoch ms. */
export type ChargerSim = {
  device_type: 'evse'
  device_id: string
  habits: Habits
  pace: Pace
  random: Random
  /** The most it offers. */
  rated_a: number
  evse: EvseDevice
  boot_at: number
  /** How fast its clock runs; exact unless told. */
  drift_ppm?: number
  /** What goes on at the charger since the last poll. */
  phase: Phase
  visit: Visit
  soc: number
  /** What the car takes from the last poll to the next. */
  takes_a: number
  /** What the last poll measured. */
  measured_a: number
  /** Time of the last poll; `boot_at` before the first. */
  polled_at: number
  truth: SessionTruth | null
  /** What it shares with an HVAC unit; absent for one that has a circuit to itself. */
  circuit?: SharedCircuit
}

export type Phase = 'away' | 'plugged' | 'charging' | 'faulted'

export type ChargerOptions = {
  config: EvseConfig
  rated_a: number
  habits: Habits
  random: Random
  pace: Pace
  start_at: number
}

/** A charger that boots at `start_at` with its clock set and nobody there. */
export function newCharger(options: ChargerOptions): ChargerSim {
  const { config, rated_a, habits, random, pace, start_at } = options
  const sim: ChargerSim = {
    device_type: 'evse',
    device_id: config.device_id,
    habits,
    pace,
    random,
    rated_a,
    evse: newEvseDevice(config),
    boot_at: start_at,
    phase: 'away',
    visit: nextVisit(habits, random, start_at + POLL_MS, pace),
    soc: 0,
    takes_a: 0,
    measured_a: 0,
    polled_at: start_at,
    truth: null,
  }
  bootCharger(sim, start_at, true)
  return sim
}

/** Power comes back at `at`. A device that knows the time sets its clock first; another one waits for a time sync. */
export function bootCharger(sim: ChargerSim, at: number, knows_time: boolean): void {
  feed(sim, { op: 'boot', random_seed: word(sim.random), proximity: sim.phase === 'away' ? 0 : 1 }, at)
  sim.boot_at = at
  sim.polled_at = at
  sim.takes_a = 0
  sim.measured_a = 0
  if (sim.circuit) bootGate(sim.circuit)
  if (knows_time) feed(sim, { op: 'sync', epoch_ms: at, uptime_ms: 0 }, at)
  if (sim.phase !== 'away') offer(sim, at)
}

/** A time sync reaches the charger. */
export function syncCharger(sim: ChargerSim, epoch_ms: number, at: number): void {
  feed(sim, { op: 'sync', epoch_ms, uptime_ms: uptimeAt(sim, at) }, at)
}

/** Runs the charger up to `until` (excluded); returns what it sent and what ended: sessions, and violations of its interlock. */
export function runCharger(sim: ChargerSim, until: number): { sent: Sent[]; ended: Truth[] } {
  const sent: Sent[] = []
  const ended: Truth[] = []
  for (let at = nextPoll(sim); at < until; at = nextPoll(sim)) {
    const violations: ViolationTruth[] = []
    sent.push(...pollAt(sim, at, violations))
    ended.push(...violations)
    const truth = follow(sim, at)
    if (truth) ended.push(truth)
  }
  return { sent, ended }
}

/** From now on the cars come as often as `pace` says. A visit that is on ends within two minutes when life gets brisk. */
export function setChargerPace(
  sim: ChargerSim,
  pace: Pace,
  at: number,
  telemetry_interval_ms: number | null,
): void {
  if (sim.pace === pace) return
  sim.pace = pace
  if (sim.circuit) setHousePace(sim.circuit.life, pace, at)
  sim.evse = { ...sim.evse, config: { ...sim.evse.config, telemetry_interval_ms } }
  if (telemetry_interval_ms !== null) {
    const report_due_ms = Math.min(sim.evse.report_due_ms, uptimeAt(sim, at) + telemetry_interval_ms)
    sim.evse = { ...sim.evse, report_due_ms }
  }
  if (sim.phase === 'away') sim.visit = nextVisit(sim.habits, sim.random, at, pace)
  else if (pace === 'brisk') {
    const unplugs_at = Math.min(sim.visit.unplugs_at, at + between(sim.random, 5_000, 120_000))
    sim.visit = { ...sim.visit, unplugs_at }
  }
}

/** Nothing is planned before `at` any more; a visit that is on goes on to its end. */
export function skipCharger(sim: ChargerSim, at: number): void {
  if (sim.circuit) skipHouse(sim.circuit.life, at)
  if (sim.phase === 'away' && sim.visit.plugs_at < at)
    sim.visit = nextVisit(sim.habits, sim.random, at, sim.pace)
}

/** One poll: what happened until now, what the charger measures of it, and what it sends. */
function pollAt(sim: ChargerSim, at: number, violations: ViolationTruth[]): Sent[] {
  const before = sim.phase
  const allowed = sim.circuit === undefined || gateAt(sim.circuit, at, violations)
  const wanted = phaseAt(sim, at)
  const phase = wanted === 'charging' && !allowed ? 'plugged' : wanted
  if (before === 'away' && phase !== 'away') arrive(sim, at)
  // The contactor closes within the two seconds before the poll that first sees state C, as in the recorded traces; a
  // car that asks at once has only just been plugged in.
  if (phase === 'charging' && before !== 'charging')
    sim.takes_a = before === 'away' ? 0 : currentTaken(sim.visit, sim.soc, offeredAmps(sim))
  const current_a = phase === 'charging' ? sim.takes_a : 0
  const current_adc_mv = adcOfCurrent(current_a, sim.evse.config)
  const measured_a = currentAmps(current_adc_mv, sim.evse.config)
  deliver(sim, measured_a, at)
  if (sim.circuit) noteDraw(sim.circuit, measured_a, at, violations)
  sim.phase = phase
  sim.takes_a = phase === 'charging' ? currentTaken(sim.visit, sim.soc, offeredAmps(sim)) : 0
  const pilot_adc_mv = pilotAdc(sim)
  const sent = feed(
    sim,
    {
      op: 'sample',
      uptime_ms: uptimeAt(sim, at),
      pilot_adc_mv,
      current_adc_mv,
      proximity: phase === 'away' ? 0 : 1,
    },
    at,
  )
  sim.polled_at = at
  sim.measured_a = measured_a
  return sent
}

function arrive(sim: ChargerSim, at: number): void {
  sim.soc = sim.visit.soc
  offer(sim, at)
  sim.truth = newSessionTruth(sim.device_id, at)
}

/** The current measured at this poll has flowed since the last one. */
function deliver(sim: ChargerSim, current_a: number, at: number): void {
  const elapsed_ms = at - sim.polled_at
  const energy_kwh = ((current_a * sim.evse.config.nominal_voltage_v) / 1000) * (elapsed_ms / 3_600_000)
  if (sim.truth) {
    const charging_ms = sim.truth.charging_ms + (sim.phase === 'charging' ? elapsed_ms : 0)
    sim.truth = { ...sim.truth, energy_kwh: sim.truth.energy_kwh + energy_kwh, charging_ms }
  }
  sim.soc += (energy_kwh * CHARGE_EFFICIENCY) / sim.visit.battery_kwh
}

/** After the poll: who left is gone, and the next visit is planned. */
function follow(sim: ChargerSim, at: number): SessionTruth | null {
  const { truth } = sim
  if (truth && truth.device_session_id === null && sim.evse.announced.open)
    sim.truth = { ...truth, device_session_id: sim.evse.announced.session_id }
  if (sim.phase !== 'away' || at < sim.visit.unplugs_at) return null
  sim.visit = nextVisit(sim.habits, sim.random, at + POLL_MS, sim.pace)
  const ended = sim.truth
  sim.truth = null
  return ended && { ...ended, ended_at: at }
}

/** The oscillator starts, with the duty that offers the current. */
function offer(sim: ChargerSim, at: number): void {
  const duty = dutyOfAmps(offeredAmps(sim)) ?? 0
  for (const edge of edgesOf(duty, Math.max(1, uptimeAt(sim, at)) * 1000)) feed(sim, edge, at)
}

/** The nearest current below what the charger has and the car can use for which there is a duty, at least 6 A. */
function offeredAmps(sim: ChargerSim): number {
  const wished_a = Math.min(80, Math.max(6, Math.min(sim.rated_a, sim.visit.max_current_a)))
  return dutyOfAmps(wished_a) === null ? 51 : wished_a
}

const PILOT_OF: Record<Phase, PilotState> = { away: 'A', plugged: 'B', charging: 'C', faulted: 'E' }
const PILOT_NOISE_MV = 150

function pilotAdc(sim: ChargerSim): number {
  const state = sim.phase === 'charging' && sim.visit.ventilates ? 'D' : PILOT_OF[sim.phase]
  const noise_mv = between(sim.random, -PILOT_NOISE_MV, PILOT_NOISE_MV)
  return adcOfPilot(PILOT_MV[state] + noise_mv, sim.evse.config)
}

function feed(sim: ChargerSim, input: EvseInput, at: number): Sent[] {
  const stepped = step(sim.evse, input)
  sim.evse = stepped.device
  return stepped.outputs.flatMap((output) =>
    output.kind === 'sent' ? [{ at, payload: output.payload }] : [],
  )
}
