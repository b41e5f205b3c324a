/** Energy of a thermostat's cycle, which nothing measures: the rated power of its mode × its hours (DESIGN §6). */
import { rounded } from './limits.ts'

/** The ratings in force, by the names that they have in a device's configuration. */
export type HvacRatings = {
  rated_power_heating_kw?: number | undefined
  rated_power_cooling_kw?: number | undefined
}

export type CycleEnergy = {
  energy_consumed_kwh: number | null
  /** The rating that the configuration lacks; null where it has it. */
  energy_missing: keyof HvacRatings | null
}

export function cycleEnergy(
  mode: 'heating' | 'cooling',
  duration_hours: number,
  ratings: HvacRatings,
): CycleEnergy {
  const rating = mode === 'heating' ? 'rated_power_heating_kw' : 'rated_power_cooling_kw'
  const rated_kw = ratings[rating]
  if (rated_kw === undefined) return { energy_consumed_kwh: null, energy_missing: rating }
  return { energy_consumed_kwh: rounded(rated_kw * duration_hours), energy_missing: null }
}
