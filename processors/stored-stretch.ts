/** What is stored of a device from a key on, read piece by piece: a repair seldom needs more than the first few. */
import { compareKeys, type EventKey, lowestKey, MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { Checkpoint, EventRow, Range } from '../events/ports.ts'
import { statePath } from '../statecharts/chart.ts'
import { isResting } from '../statecharts/chart-versions.ts'
import { chartsOf } from '../statecharts/device-charts.ts'
import { type DeviceState, parseDeviceState } from '../statecharts/device-state.ts'
import { type DeviceWork, END } from './device-work.ts'

/** Each piece reaches twice as far as the one before: a stretch is never over-read by more than its own length. */
const FIRST_REACH_MS = 3_600_000

export type Stretch = {
  device_id: string
  applied: number
  stored: EventRow[]
  /** All of them, for a repair to withdraw; not every one is usable. */
  checkpoints: Checkpoint[]
  /** Read up to here. */
  edge: EventKey
  reach_ms: number
  after: EventKey
}

/** Nothing read yet. `whole`: what comes much later counts too, so the first piece is everything. */
export function beginStretch(work: DeviceWork, start: EventKey, after: EventKey, whole: boolean): Stretch {
  const reach_ms = whole ? Number.POSITIVE_INFINITY : FIRST_REACH_MS
  const { device_id } = work.state
  const applied = work.stored?.applied ?? 0
  return { device_id, applied, stored: [], checkpoints: [], edge: start, reach_ms, after }
}

/** Reads the next piece, and says what its range was. */
export async function readOn(work: DeviceWork, stretch: Stretch): Promise<Range & { stored: EventRow[] }> {
  const { device_id, edge: from, after, reach_ms } = stretch
  const reached = Math.max(after.ts, from.ts) + reach_ms
  const to = reached > MAX_TIMESTAMP_MS ? END : lowestKey(reached)
  const stored = await work.lookups.history(device_id, { from, to })
  const checkpoints = await work.lookups.checkpoints(device_id, { from, to })
  stretch.stored.push(...stored)
  stretch.checkpoints.push(...checkpoints)
  stretch.edge = to
  stretch.reach_ms = reach_ms * 2
  return { from, to, stored }
}

/** One with a higher `applied` than the state's was left by an attempt that never wrote its state. */
export function isUsable({ applied }: Stretch, checkpoint: Checkpoint): boolean {
  return checkpoint.applied <= applied
}

export function isReadWhole({ edge }: Stretch): boolean {
  return compareKeys(edge, END) >= 0
}

/** Whether a rest from `end` on has been read: of what began before one, nothing is told after it. */
export function isRestRead(stretch: Stretch, end: EventKey): boolean {
  return stretch.checkpoints.some(
    (one) => isUsable(stretch, one) && compareKeys(one, end) >= 0 && hasEndedAll(parseDeviceState(one.state)),
  )
}

/** No chart has anything open, nor a session that may still be continued. */
export function hasEndedAll({ device_type, instances }: DeviceState): boolean {
  return chartsOf(device_type).every((chart) => {
    const instance = instances[chart.name]
    return !instance || (isResting(chart, instance) && statePath(instance.value) !== 'silent')
  })
}
