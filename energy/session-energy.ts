/**
 * Energy of one charging session (DESIGN §6): the register is the truth, the integral is the check.
 *
 * A meter is plain data inside a chart's context. It is never changed in place; each function returns a new one.
 * Readings come in the order of their time.
 */
import { confidenceOf, type EnergyConfidence } from './confidence.ts'
import { addSample, integralEnergy, NO_SAMPLES, type PowerIntegral, powerOf } from './integral.ts'
import { type EnergyLimits, rounded } from './limits.ts'
import {
  openRegister,
  type RegisterBefore,
  type RegisterTrack,
  readRegister,
  registerEnergy,
  restartRegister,
} from './register.ts'

export type { EnergyLimits } from './limits.ts'
export type { RegisterBefore } from './register.ts'

/** What one message says of energy; a field it did not carry is absent. */
export type EnergyReading = {
  /** Epoch ms. */
  at: number
  register_kwh?: number
  current_a?: number
  voltage_v?: number
  power_kw?: number
}

export type SessionMeter = {
  began_at: number
  /** Last message of any kind, and the last that said something of energy. */
  heard_at: number
  told_at: number
  longest_gap_ms: number
  peak_current_a: number | null
  register: RegisterTrack
  integral: PowerIntegral
}

export type SessionTotals = {
  /** The register's, or, where it never measured anything, the integral; null where neither is known. */
  energy_kwh: number | null
  energy_integral_kwh: number | null
  energy_confidence: EnergyConfidence | null
  /** Longest time without a word on energy. */
  longest_gap_s: number
  peak_current_a: number | null
  peak_power_kw: number | null
}

/**
 * The meter of a session that `opening` opens; it is a baseline at most, never a rise. `announced`: the message is the
 * device's own session_start, after which its register counts from 0 whatever that message still shows (the reference
 * firmware reads its register before it resets it).
 */
export function openMeter(
  opening: EnergyReading,
  of: { announced: boolean; before: RegisterBefore },
  limits: EnergyLimits,
): SessionMeter {
  const meter: SessionMeter = {
    began_at: opening.at,
    heard_at: opening.at,
    told_at: opening.at,
    longest_gap_ms: 0,
    peak_current_a: null,
    register: openRegister(opening, of),
    integral: NO_SAMPLES,
  }
  const { register_kwh: _baseline, ...sample } = opening
  return readMeter(meter, sample, limits)
}

/** The device's own session_start inside an open session. Do not read the register of that message. */
export function announceStart(meter: SessionMeter, at: number): SessionMeter {
  return { ...meter, register: restartRegister(meter.register, at) }
}

/** One more message of the session. A message without any reading still says that the session goes on. */
export function readMeter(meter: SessionMeter, reading: EnergyReading, limits: EnergyLimits): SessionMeter {
  const { at, register_kwh, current_a } = reading
  const kw = powerOf(reading, limits)
  const told = register_kwh !== undefined || current_a !== undefined || kw !== null
  return {
    began_at: meter.began_at,
    heard_at: at,
    told_at: told ? at : meter.told_at,
    longest_gap_ms: told ? longestGap(meter, at) : meter.longest_gap_ms,
    peak_current_a:
      current_a === undefined ? meter.peak_current_a : Math.max(meter.peak_current_a ?? 0, current_a),
    register:
      register_kwh === undefined ? meter.register : readRegister(meter.register, register_kwh, at, limits),
    integral: kw === null ? meter.integral : addSample(meter.integral, at, kw, limits),
  }
}

/** What the session has so far; the last message of any kind is its end as yet. */
export function totals(meter: SessionMeter, limits: EnergyLimits): SessionTotals {
  const { register, integral, began_at, heard_at } = meter
  const register_kwh = registerEnergy(register, heard_at)
  const integral_kwh = integralEnergy(integral)
  const uncovered_ms = heard_at - began_at - integral.covered_ms
  return {
    energy_kwh: register_kwh ?? integral_kwh,
    energy_integral_kwh: integral_kwh,
    energy_confidence: confidenceOf(
      {
        register_kwh,
        integral_kwh,
        disputed: register.disputed,
        uncovered_ms,
        steps_kwh: integral.steps_kwh,
      },
      limits,
    ),
    longest_gap_s: longestGap(meter, heard_at) / 1000,
    peak_current_a: meter.peak_current_a,
    peak_power_kw: integral.peak_kw === null ? null : rounded(integral.peak_kw),
  }
}

function longestGap(meter: SessionMeter, at: number): number {
  return Math.max(meter.longest_gap_ms, at - meter.told_at)
}
