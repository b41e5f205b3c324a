/** A session told in readings: minutes since it began, and what was read. */
import {
  announceStart,
  type EnergyLimits,
  type EnergyReading,
  openMeter,
  type RegisterBefore,
  readMeter,
  type SessionMeter,
  type SessionTotals,
  totals,
} from '../../energy/session-energy.ts'

export const T0 = Date.UTC(2026, 0, 5, 8)
export const MINUTE_MS = 60_000

export type Said = { kwh?: number; amps?: number; volts?: number; kw?: number }
/** `announced` inside a session: the device's own session_start, whose register is not read. */
export type Told = readonly [minutes: number, said: Said | 'announced']
type Of = { announced?: boolean; before?: RegisterBefore; limits?: EnergyLimits }

export function meterOf(told: readonly Told[], of: Of = {}): SessionMeter {
  const limits = of.limits ?? {}
  const [first, ...rest] = told
  if (!first || first[1] === 'announced') throw new Error('a session opens with a reading')
  const opening = { announced: of.announced ?? false, before: of.before ?? null }
  let meter = openMeter(readingOf(first[0], first[1]), opening, limits)
  for (const [minutes, said] of rest) {
    if (said === 'announced') meter = announceStart(meter, T0 + minutes * MINUTE_MS)
    else meter = readMeter(meter, readingOf(minutes, said), limits)
  }
  return meter
}

export function metered(told: readonly Told[], of: Of = {}): SessionTotals {
  return totals(meterOf(told, of), of.limits ?? {})
}

/** The session's energy, and whether its register is disputed or measured it: what most rules come down to. */
export function energyOf(told: readonly Told[], of: Of = {}): [number | null, string | null] {
  const { energy_kwh, energy_confidence } = metered(told, of)
  return [energy_kwh, energy_confidence]
}

export function readingOf(minutes: number, said: Said): EnergyReading {
  const reading: EnergyReading = { at: T0 + Math.round(minutes * MINUTE_MS) }
  if (said.kwh !== undefined) reading.register_kwh = said.kwh
  if (said.amps !== undefined) reading.current_a = said.amps
  if (said.volts !== undefined) reading.voltage_v = said.volts
  if (said.kw !== undefined) reading.power_kw = said.kw
  return reading
}
