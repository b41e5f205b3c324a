/** What the reported power adds up to: the check on the register, and the energy where there is no register (DESIGN §6). */
import { type EnergyLimits, kwhOf, mostPower, rounded } from './limits.ts'

export type PowerIntegral = {
  kwh: number
  /** How long samples stood close enough together to integrate between them. */
  covered_ms: number
  /** How far the truth may lie from the trapezoids: half of every step between two samples, for as long as they are apart. */
  steps_kwh: number
  sample: { at: number; kw: number } | null
  peak_kw: number | null
}

export const NO_SAMPLES: PowerIntegral = { kwh: 0, covered_ms: 0, steps_kwh: 0, sample: null, peak_kw: null }

const GAP_LEAST_MS = 5 * 60_000
/** A charger that reports by itself may lose two reports before its silence is a gap. */
const GAP_REPORTS = 3

/**
 * Power of a reading, kW: as reported, else V·I with the voltage reported or rated; null where neither is known.
 * What flows back is not delivered and counts as 0; more than could flow is no measurement at all.
 */
export function powerOf(
  reading: { current_a?: number; voltage_v?: number; power_kw?: number },
  limits: EnergyLimits,
): number | null {
  let kw = reading.power_kw
  if (kw === undefined) {
    const voltage_v = reading.voltage_v ?? limits.rated_voltage_v
    if (reading.current_a === undefined || voltage_v === undefined) return null
    kw = (reading.current_a * voltage_v) / 1000
  }
  return kw > mostPower(limits) ? null : Math.max(0, kw)
}

/** The integral with one more sample, no earlier than the last: a trapezoid, and nothing across a gap. */
export function addSample(
  integral: PowerIntegral,
  at: number,
  kw: number,
  limits: EnergyLimits,
): PowerIntegral {
  const { sample } = integral
  const peak_kw = Math.max(integral.peak_kw ?? 0, kw)
  const apart_ms = sample ? Math.max(0, at - sample.at) : 0
  if (!sample || apart_ms > longestTrapezoid(limits)) return { ...integral, sample: { at, kw }, peak_kw }
  return {
    kwh: integral.kwh + kwhOf((sample.kw + kw) / 2, apart_ms),
    covered_ms: integral.covered_ms + apart_ms,
    steps_kwh: integral.steps_kwh + kwhOf(Math.abs(kw - sample.kw) / 2, apart_ms),
    sample: { at, kw },
    peak_kw,
  }
}

/** Null where no two samples stood close enough: an integral over nothing is not 0 kWh. */
export function integralEnergy(integral: PowerIntegral): number | null {
  return integral.covered_ms > 0 ? rounded(integral.kwh) : null
}

function longestTrapezoid(limits: EnergyLimits): number {
  return Math.max(GAP_LEAST_MS, GAP_REPORTS * (limits.report_interval_s ?? 0) * 1000)
}
