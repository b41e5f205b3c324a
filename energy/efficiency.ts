/** Efficiency of a vehicle and its meter: DC delivered ÷ AC consumed over the same interval (DESIGN §6). */

export type EfficiencyStatus = 'excellent' | 'good' | 'warning' | 'critical'

export type Efficiency = { ratio: number; status: EfficiencyStatus } | { ratio: null; status: null }

/** From the best; a ratio on the edge has the better name. Below the last it is critical. */
const STATUS_FROM: readonly [number, EfficiencyStatus][] = [
  [0.92, 'excellent'],
  [0.85, 'good'],
  [0.75, 'warning'],
]

/**
 * Both energies in kWh, of one interval. Null where no AC was consumed. The ratio has four decimals and its name is
 * that of the rounded one, so that what is shown as 0.85 is good.
 */
export function efficiencyOf(dc_delivered_kwh: number, ac_consumed_kwh: number): Efficiency {
  if (!(ac_consumed_kwh > 0)) return { ratio: null, status: null }
  const ratio = Math.round((dc_delivered_kwh / ac_consumed_kwh) * 1e4) / 1e4
  const status = STATUS_FROM.find(([least]) => ratio >= least)?.[1] ?? 'critical'
  return { ratio, status }
}
