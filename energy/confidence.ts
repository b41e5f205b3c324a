/** How far a session's energy may be trusted: the register against the integral of what was reported (DESIGN §6). */
import { type EnergyLimits, mostEnergy } from './limits.ts'
import { REGISTER_STEP_KWH } from './register.ts'

export type EnergyConfidence = 'high' | 'register' | 'integral' | 'disputed'

const AGREEMENT = 0.02

/**
 * `uncovered_ms` is the time of the session in which no samples stood close enough to integrate, `steps_kwh` what the
 * samples leave open between them. Null: there is neither a register nor an integral.
 */
export function confidenceOf(
  energy: {
    register_kwh: number | null
    integral_kwh: number | null
    disputed: boolean
    uncovered_ms: number
    steps_kwh: number
  },
  limits: EnergyLimits,
): EnergyConfidence | null {
  const { register_kwh, integral_kwh, steps_kwh } = energy
  if (register_kwh === null) return integral_kwh === null ? null : 'integral'
  if (energy.disputed) return 'disputed'
  if (integral_kwh === null) return 'register'
  const unseen_kwh = register_kwh - integral_kwh
  if (Math.abs(unseen_kwh) <= Math.max(REGISTER_STEP_KWH, AGREEMENT * Math.max(register_kwh, integral_kwh)))
    return 'high'
  // Only what the register has beyond the integral can have flowed in a gap.
  const explained_kwh = steps_kwh + (unseen_kwh > 0 ? mostEnergy(energy.uncovered_ms, limits) : 0)
  return Math.abs(unseen_kwh) <= explained_kwh ? 'register' : 'disputed'
}
