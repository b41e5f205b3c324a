/**
 * How far apart the clocks of two recordings of one charge are: the shift at which their currents agree best. Nothing but
 * the readings is asked, and nothing is corrected: a wrong past clock is told, never guessed at.
 */
import type { TelemetryPlan } from './import-telemetry.ts'

/** Epoch second, and the mean of what was read in it. */
export type Series = Map<number, number>

/** `shift_s`: what has to be added to the first one's clock; `agreement` is their correlation over `seconds`. */
export type ClockOffset = { shift_s: number; agreement: number; seconds: number }

/** Of the shorter one so much must lie beside the other, or a few alike readings at an edge would do. */
const LEAST_OVERLAP = 0.5
const LEAST_SECONDS = 60

/** The size of the current by the second, or of the power where there is none: a car's is negative while it charges. */
export function seriesOf({ rows }: Pick<TelemetryPlan, 'rows'>): Series {
  const read = new Map<number, { sum: number; count: number }>()
  for (const { timestamp, message } of rows) {
    const said = JSON.parse(new TextDecoder().decode(message.payload)) as Record<string, unknown>
    const value = said.current_draw ?? said.power_kw
    if (typeof value !== 'number') continue
    const second = Math.floor(timestamp / 1000)
    const { sum, count } = read.get(second) ?? { sum: 0, count: 0 }
    read.set(second, { sum: sum + Math.abs(value), count: count + 1 })
  }
  return new Map([...read].map(([second, { sum, count }]) => [second, sum / count]))
}

/** Null where they are too short, or nowhere alike. */
export function clockOffset(one: Series, other: Series): ClockOffset | null {
  const least = Math.max(LEAST_SECONDS, LEAST_OVERLAP * Math.min(one.size, other.size))
  const [from, to] = [edgesOf(one), edgesOf(other)]
  if (!from || !to) return null
  let best: ClockOffset | null = null
  for (let shift_s = to.first - from.last; shift_s <= to.last - from.first; shift_s++) {
    const { agreement, seconds } = agreementAt(one, other, shift_s)
    if (seconds >= least && (!best || agreement > best.agreement)) best = { shift_s, agreement, seconds }
  }
  return best
}

function edgesOf(series: Series): { first: number; last: number } | null {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const second of series.keys()) {
    first = Math.min(first, second)
    last = Math.max(last, second)
  }
  return series.size === 0 ? null : { first, last }
}

/** Pearson's correlation of the seconds that both have; 0 where one of them never changes. */
function agreementAt(one: Series, other: Series, shift_s: number): { agreement: number; seconds: number } {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
  for (const [second, a] of one) {
    const b = other.get(second + shift_s)
    if (b === undefined) continue
    n++
    x += a
    y += b
    xx += a * a
    yy += b * b
    xy += a * b
  }
  const spread = Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n))
  return { agreement: spread > 0 ? (xy - (x * y) / n) / spread : 0, seconds: n }
}
