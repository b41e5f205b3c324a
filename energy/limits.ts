/** What could have flowed at most: the measure of every reading that claims energy (DESIGN §6). */

export type EnergyLimits = {
  rated_power_kw?: number
  rated_voltage_v?: number
  /** How often a charger reports by itself; absent for one that reports changes only. */
  report_interval_s?: number
}

/** The most that a J1772 pilot can offer (duty 96 to 97 %). */
export const MOST_CURRENT_A = 80
export const NOMINAL_VOLTAGE_V = 240
/** Mains run above nominal, clocks and meters err: what is beyond this share of the rating was never delivered. */
const MARGIN = 1.1
/** Sums and differences of doubles miss the decimals that they stand for by less than this, lifetime registers included. */
export const DUST_KWH = 1e-9

/** Power beyond which a reading is not believed, kW. */
export function mostPower(limits: EnergyLimits): number {
  const rated_kw =
    limits.rated_power_kw ?? (MOST_CURRENT_A * (limits.rated_voltage_v ?? NOMINAL_VOLTAGE_V)) / 1000
  return rated_kw * MARGIN
}

/** Energy beyond which a rise over `elapsed_ms` is not believed, kWh. */
export function mostEnergy(elapsed_ms: number, limits: EnergyLimits): number {
  return kwhOf(mostPower(limits), elapsed_ms)
}

/** A power held for a time, as kWh. */
export function kwhOf(power_kw: number, ms: number): number {
  return (power_kw * ms) / 3_600_000
}

/** What is computed, kWh or kW, to the milliwatt-hour or milliwatt: finer than any meter, and what doubles cannot spell ends beyond it. */
export function rounded(kwh_or_kw: number): number {
  return Math.round(kwh_or_kw * 1e6) / 1e6
}

/** What was read, kWh: 0.3 for 5.2 − 4.9, which doubles make 0.2999999999999998, and every digit that a register has. */
export function asRead(kwh: number): number {
  const decimal = rounded(kwh)
  return Math.abs(kwh - decimal) < DUST_KWH ? decimal : kwh
}
