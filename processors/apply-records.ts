/** All of one device's records in a batch, strictly in log order: from its stored state to what is to be written. */
import { needsTimeSync } from '../events/clock.ts'
import type { DeviceType, Rejection } from '../events/event.ts'
import { compareKeys, lowestKey } from '../events/key.ts'
import { isPairId } from '../events/pair-id.ts'
import type { DeviceStateItem, DeviceWrite, Range } from '../events/ports.ts'
import { type DeviceState, hasNewerChart, newDeviceState } from '../statecharts/device-state.ts'
import { applyConfig, applyUntil } from './apply-internal.ts'
import { applyPair } from './apply-pair.ts'
import { applyReport } from './apply-report.ts'
import { byNeed } from './by-need.ts'
import { type DeviceRecord, deviceTypeOf, type Refused } from './decode-record.ts'
import {
  beginWork,
  beLate,
  type Cause,
  type DeviceWork,
  type Figures,
  finishWork,
  isChanged,
  type Lookups,
  type Upgraded,
} from './device-work.ts'
import { feedOfUntil, type PairFeed } from './feed-pairs.ts'
import { readState } from './parsed-states.ts'
import { foldableFrom } from './too-old.ts'

export type Applied = {
  /** null: nothing about the device is different. */
  write: DeviceWrite | null
  /** To be written before the rest; where it comes too late, the rest does. */
  mark: DeviceWrite | null
  refused: Refused[]
  /** What it is to its pair. */
  feeds: PairFeed[]
  figures: Figures
  upgraded: Upgraded[]
  /** Whether the device's clock is not set, by the newest of its messages; null where none came. */
  clock_unset: { device_type: DeviceType } | null
}

/** Where rows of an attempt may stand whose state somebody else was faster to write; `since`: when what they tell of began. */
export type Lost = Range & {
  since: number
  cause: Cause
  /** What is to be put right before all of it is folded again. */
  before?: (work: DeviceWork) => Promise<void>
}

/**
 * Pure but for the look-ups of late or clock-less events. Same state and records, same result.
 */
export async function applyRecords(
  stored: DeviceStateItem | null,
  records: readonly DeviceRecord[],
  lookups: Lookups,
  lost?: Lost,
): Promise<Applied> {
  const refused: Refused[] = []
  const feeds: PairFeed[] = []
  const state = stored && readState(stored)
  let work: DeviceWork | null = state && !isMarkAlone(state) ? beginWork(state, stored, lookups) : null
  if (work && hasNewerChart(work.state)) {
    const { upgradeCharts } = await byNeed.upgradeCharts()
    await upgradeCharts(work)
  }
  for (const decoded of records) {
    if (decoded.kind === 'until' && !decoded.fed && isPairId(decoded.device_id)) {
      feeds.push(feedOfUntil(decoded))
      continue
    }
    work ??= workOfNewDevice(decoded, stored, lookups)
    if (!work) {
      if (decoded.kind === 'until') continue
      refused.push(refuseUnknown(decoded))
      continue
    }
    const applied = applyOne(work, decoded)
    // Nearly all are applied at once; to wait for each would cost as much again as its chart.
    const rejection = applied instanceof Promise ? await applied : applied
    if (rejection) refused.push({ record: decoded.record, device_id: decoded.device_id, rejection })
  }
  if (!work)
    return { write: null, mark: null, refused, feeds, figures: NOTHING, upgraded: [], clock_unset: null }
  if (lost?.before) await lost.before(work)
  if (lost) beLate(work, lost.cause, lostIn(work, lost))
  // A mark that somebody has left is for whoever comes next, whatever brings him (DESIGN §5.4).
  const isMarked = work.late !== null && work.late.because === null
  if (work.late && (lost || work.anew || isMarked || isChanged(work))) {
    const { repair } = await byNeed.repair()
    await repair(work, records.at(-1)?.record ?? NOWHERE)
  }
  feeds.push(...work.feeds)
  const finished = finishWork(work)
  return {
    write: finished?.write ?? null,
    mark: finished?.mark ?? null,
    refused,
    feeds,
    figures: work.figures,
    upgraded: finished ? work.upgraded : [],
    clock_unset: clockUnset(work, records),
  }
}

/** As far back as the device is sure to be kept. */
function lostIn(work: DeviceWork, { from, to, since }: Lost): Range {
  const begun = lowestKey(Math.min(Math.max(since, foldableFrom(work, { received_at: 0 })), from.ts))
  return { from: compareKeys(begun, from) < 0 ? begun : from, to }
}

const NOWHERE = { position: '' }
const NOTHING: Figures = { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0, too_old: 0 }

/** Left by an attempt that never ended, at a device’s first records: nobody knows the device yet. */
function isMarkAlone({ applied, repairing }: DeviceState): boolean {
  return applied === 0 && repairing !== null
}

function workOfNewDevice(
  decoded: DeviceRecord,
  stored: DeviceStateItem | null,
  lookups: Lookups,
): DeviceWork | null {
  const device_type = deviceTypeOf(decoded)
  if (!device_type) return null
  const state = stored ? readState(stored) : newDeviceState(decoded.device_id, device_type)
  return beginWork(state, stored, lookups)
}

function applyOne(work: DeviceWork, decoded: DeviceRecord): Promise<Rejection | null> | Rejection | null {
  switch (decoded.kind) {
    case 'report':
      return applyReport(work, decoded.report, decoded.record)
    case 'config':
      return applyConfig(work, decoded.message, decoded.record)
    case 'pair':
      return applyPair(work, decoded.message, decoded.record).then(() => null)
    case 'until':
      applyUntil(work, decoded.until, decoded.record)
      return null
  }
}

/** Nobody knows what the device is: a pin alone does not say. */
function refuseUnknown({ record, device_id }: DeviceRecord): Refused {
  const rule = 'is not known: put a configuration that names its device_type first'
  return { record, device_id, rejection: { field: 'device_id', value: JSON.stringify(device_id), rule } }
}

function clockUnset(work: DeviceWork, records: readonly DeviceRecord[]): Applied['clock_unset'] {
  const heard = records.some(({ kind, record }) => kind === 'report' && record.source !== 'import')
  return heard && needsTimeSync(work.state.clock) ? { device_type: work.state.device_type } : null
}
