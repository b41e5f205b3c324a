/** From ADC millivolts to a pilot state, in the integer arithmetic of the firmware. */
import type { PilotState } from '../events/event.ts'
import { divideInt32, float, multiplyInt32, subtractInt32 } from './c-arithmetic.ts'

/** `pilot mV = adc mV × num ÷ den − bias`. */
export type PilotScale = { pilot_scale_num: number; pilot_scale_den: number; pilot_bias_mv: number }
export type CurrentScale = { current_scale_num: number; current_scale_den: number }

export function pilotMillivolts(adc_mv: number, scale: PilotScale): number {
  const scaled = divideInt32(multiplyInt32(adc_mv, scale.pilot_scale_num), scale.pilot_scale_den)
  return subtractInt32(scaled, scale.pilot_bias_mv)
}

/** Amperes in single precision: the sensor's scale is in whole mA per mV. */
export function currentAmps(adc_mv: number, scale: CurrentScale): number {
  const milliamps = divideInt32(multiplyInt32(adc_mv, scale.current_scale_num), scale.current_scale_den)
  return float(float(milliamps) / 1000)
}

/** What a car or a fault makes of the pilot (IEC 61851-1 table A.1). */
export const PILOT_MV: Readonly<Record<PilotState, number>> = {
  A: 12_000,
  B: 9_000,
  C: 6_000,
  D: 3_000,
  E: 0,
  F: -12_000,
}

/** What the ADC shows for a pilot voltage: the way back through the board's divider. */
export function adcOfPilot(pilot_mv: number, scale: PilotScale): number {
  return Math.round(((pilot_mv + scale.pilot_bias_mv) * scale.pilot_scale_den) / scale.pilot_scale_num)
}

export function adcOfCurrent(current_a: number, scale: CurrentScale): number {
  return Math.round((current_a * 1000 * scale.current_scale_den) / scale.current_scale_num)
}

/** Lowest nominal millivolts of each state, before the tolerance. E's is −1,000: with the usual tolerance E reaches to −2,000. */
const NOMINAL_MV: readonly (readonly [PilotState, number])[] = [
  ['A', 12_000],
  ['B', 9_000],
  ['C', 6_000],
  ['D', 3_000],
  ['E', -1_000],
]

/** The first state whose nominal voltage less the tolerance is reached, else F. There is no gap between states. */
export function pilotState(pilot_mv: number, tolerance_mv: number): PilotState {
  for (const [state, nominal_mv] of NOMINAL_MV) if (pilot_mv >= nominal_mv - tolerance_mv) return state
  return 'F'
}

/**
 * Behind a car's diode the pilot's low half-wave stays near −12 V while the oscillator runs; a low that comes up with
 * the high means that something without a diode is plugged in. High and low both near zero is E, and no diode fault.
 */
export function hasDiodeFault(state: PilotState, low_mv: number, tolerance_mv: number): boolean {
  if (state !== 'B' && state !== 'C' && state !== 'D') return false
  return low_mv > -12_000 + tolerance_mv
}
