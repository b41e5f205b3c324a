/** Scale and bias from measurements: what the pilot's voltage really was, and what the ADC showed. */
import type { PilotState } from '../events/event.ts'
import { type PilotScale, pilotMillivolts, pilotState } from './pilot-voltage.ts'

/** A pair as it is read off a meter and off the firmware's log. */
export type Measured = { pilot_v: number; adc_mv: number }

export type Calibration = PilotScale & {
  /** The furthest that a measured pair lies from what this scale makes of it. */
  worst_mv: number
  /** Pairs whose state the firmware would take for another one. */
  mistaken: { pilot_v: number; is: PilotState; read_as: PilotState }[]
}

/** The largest divisor tried: finer ones are below an ADC step. */
const LARGEST_DEN = 1000
/** A product of the C code that is larger than this wraps. */
const INT32_MAX = 2_147_483_647

/**
 * The integers that fit the pairs best, with the smallest divisor that is as good as any. Needs two different ADC
 * values; throws a RangeError without them, or where voltage falls as the ADC rises.
 */
export function calibratePilot(pairs: readonly Measured[], tolerance_mv: number): Calibration {
  const line = leastSquares(pairs)
  let best: Calibration | null = null
  for (let den = 1; den <= LARGEST_DEN; den++) {
    const tried = evaluate(pairs, withBestBias(pairs, Math.round(line.slope * den), den), tolerance_mv)
    if (tried && (!best || tried.worst_mv < best.worst_mv)) best = tried
  }
  if (!best) throw new RangeError(`a scale of ${line.slope} is beyond 32-bit arithmetic`)
  return best
}

function leastSquares(pairs: readonly Measured[]): { slope: number } {
  const n = pairs.length
  const mean_adc = pairs.reduce((sum, { adc_mv }) => sum + adc_mv, 0) / n
  const mean_mv = pairs.reduce((sum, { pilot_v }) => sum + pilot_v * 1000, 0) / n
  const spread = pairs.reduce((sum, { adc_mv }) => sum + (adc_mv - mean_adc) ** 2, 0)
  if (!(spread > 0)) throw new RangeError('a scale needs pairs at two different ADC voltages')
  const joint = pairs.reduce(
    (sum, pair) => sum + (pair.adc_mv - mean_adc) * (pair.pilot_v * 1000 - mean_mv),
    0,
  )
  if (joint <= 0) throw new RangeError('the pilot falls as the ADC rises: the input is inverted')
  return { slope: joint / spread }
}

/** Truncation and all: the bias in the middle of what the pairs ask for. */
function withBestBias(pairs: readonly Measured[], num: number, den: number): PilotScale {
  const unbiased = { pilot_scale_num: num, pilot_scale_den: den, pilot_bias_mv: 0 }
  const asked = pairs.map(({ pilot_v, adc_mv }) => pilotMillivolts(adc_mv, unbiased) - pilot_v * 1000)
  return { ...unbiased, pilot_bias_mv: Math.round((Math.min(...asked) + Math.max(...asked)) / 2) }
}

function evaluate(pairs: readonly Measured[], scale: PilotScale, tolerance_mv: number): Calibration | null {
  const wraps = pairs.some(({ adc_mv }) => Math.abs(adc_mv * scale.pilot_scale_num) > INT32_MAX)
  if (wraps || scale.pilot_scale_num === 0) return null
  const read = pairs.map(({ pilot_v, adc_mv }) => ({ pilot_v, mv: pilotMillivolts(adc_mv, scale) }))
  const mistaken = read.flatMap(({ pilot_v, mv }) => {
    const [is, read_as] = [pilotState(pilot_v * 1000, tolerance_mv), pilotState(mv, tolerance_mv)]
    return is === read_as ? [] : [{ pilot_v, is, read_as }]
  })
  return {
    ...scale,
    worst_mv: Math.max(...read.map(({ pilot_v, mv }) => Math.abs(mv - pilot_v * 1000))),
    mistaken,
  }
}
