/**
 * A newer version of a chart comes to a device that an older one has folded (DESIGN §4): with the first record that newer
 * code processes, whatever is in the batch. From where on it is in force follows from what has been folded, so that an
 * attempt that is cut off and made again comes to the same; nobody is reset.
 */
import { afterDecisions, compareKeys, type EventKey, lowestKey } from '../events/key.ts'
import { advanceDeviceTime } from '../statecharts/advance-device.ts'
import type { ChartState } from '../statecharts/chart.ts'
import { isResting, versionOf } from '../statecharts/chart-versions.ts'
import { type ChartInstance, chartsOf } from '../statecharts/device-charts.ts'
import { type DeviceState, newestVersion } from '../statecharts/device-state.ts'
import { beLate, type DeviceWork, END, type Upgraded } from './device-work.ts'
import { beginAgain, canBegin, foldRow, inputRows, storedCheckpoint } from './repair.ts'
import { foldableFrom } from './too-old.ts'

/** Upgrades of one chart that a device remembers; what was folded before them is far beyond any repair. */
const UPGRADES_KEPT = 8

/** Notes for each chart that has a newer version from where on it is in force, and has refolded what must be. */
export async function upgradeCharts(work: DeviceWork): Promise<void> {
  for (const instance of chartsOf(work.state.device_type)) {
    if (newestVersion(work.state, instance.name) >= instance.chart.version) continue
    const was = work.state.instances[instance.name]
    if (was) await upgradeChart(work, instance, was)
    else if (work.state.horizon) noteUpgrade(work, instance, 0, afterHorizon(work.state), 'at_rest')
  }
}

async function upgradeChart(work: DeviceWork, instance: ChartInstance, was: ChartState): Promise<void> {
  const { horizon, until } = work.state
  const now = afterHorizon(work.state)
  const { version } = was
  // As of the last record before: which one the newer code reads first is up to the batches.
  const limit = foldableFrom(work, { received_at: 0 })
  if (typeof instance.upgrade === 'object') {
    noteUpgrade(work, instance, version, now, 'migrated')
    // Time has passed beyond the last event already: what the migrated state makes of it is for a repair to say.
    if (horizon && until > horizon.ts && horizon.ts >= limit)
      beLate(work, 'chart_version', { from: horizon, to: horizon })
    return
  }
  if (isResting(instance, was)) return noteUpgrade(work, instance, version, now, 'at_rest')
  const mayStay = instance.upgrade === 'pin' && versionOf(instance, version) !== null
  const opened = mayStay ? null : await openedAt(work, instance, was, limit)
  noteUpgrade(work, instance, version, opened ?? now, opened ? 'refolded' : 'pinned')
  if (opened) beLate(work, 'chart_version', { from: opened, to: horizon ?? opened })
}

/**
 * Key of the event that opened what the chart has open: the last before which it was at rest. Found by folding, so that it
 * does not depend on where checkpoints happen to lie. Null where some of what has been folded since is no longer kept.
 */
async function openedAt(
  work: DeviceWork,
  instance: ChartInstance,
  was: ChartState,
  limit: number,
): Promise<EventKey | null> {
  const { state, lookups } = work
  const rests = (then: DeviceState) => isAtRestIn(then, instance) && canBegin(then)
  const base = await storedCheckpoint(work, afterHorizon(state), rests)
  const oldest = base?.ts ?? state.spoken?.[0] ?? 0
  if (oldest < limit) return null
  const from = base ? afterDecisions(base) : lowestKey(0)
  // Nobody knows any more how it was folded: everything since the last known rest is.
  if (!versionOf(instance, was.version)) return from
  const range = { from, to: END }
  const rows = inputRows(work, { ...range, stored: await lookups.history(state.device_id, range) })
  const again = beginAgain(work, base, rows)
  let opened = from
  for (const row of rows) {
    if (row.origin !== 'device') continue
    const { instances } = advanceDeviceTime(again.state, row.ts)
    if (isAtRestIn({ ...again.state, instances }, instance)) opened = { ts: row.ts, ord: row.ord }
    foldRow(again, row)
  }
  return opened
}

function isAtRestIn({ instances }: DeviceState, instance: ChartInstance): boolean {
  const then = instances[instance.name]
  return !then || isResting(instance, then)
}

/** An upgrade that was to begin later than the new one never will. */
function noteUpgrade(
  work: DeviceWork,
  instance: ChartInstance,
  version: number,
  since: EventKey,
  open: Upgraded['open'],
): void {
  const { upgrades = [] } = work.state
  const mine = upgrades.filter((one) => one.instance === instance.name)
  const others = upgrades.filter((one) => one.instance !== instance.name)
  const kept = mine.filter((one) => compareKeys(one.since, since) < 0)
  const from = kept.at(-1)?.to ?? mine[0]?.from ?? version
  const upgrade = { instance: instance.name, from, to: instance.chart.version, since }
  work.state = { ...work.state, upgrades: [...others, ...[...kept, upgrade].slice(-UPGRADES_KEPT)] }
  const known = version === 0 || versionOf(instance, version) !== null
  work.upgraded.push({ ...upgrade, from: version, open, known })
}

/** What the next event is at, or beyond. */
function afterHorizon({ horizon }: DeviceState): EventKey {
  return horizon ? afterDecisions(horizon) : lowestKey(0)
}
