/**
 * What happens to each record: decode → validate → route → advance → write (DESIGN §5).
 * A record that is bad in itself is quarantined and never blocks; what infrastructure throws goes to the caller,
 * who tries again from the stored position; what our own code throws is not caught here either, and ends the process.
 */

import { type DeviceType, describeRejection } from '../events/event.ts'
import { compareKeys } from '../events/key.ts'
import type { BatchWrite, DeviceWrite, HotStore, Logger, Metrics, Quarantined } from '../events/ports.ts'
import { type LogRecord, REPLAYED } from '../events/record.ts'
import { NewerState } from '../statecharts/device-state.ts'
import { type Applied, applyRecords, type Lost } from './apply-records.ts'
import {
  type DeviceRecord,
  type OpenedRecord,
  openRecord,
  type Refused,
  readRecord,
} from './decode-record.ts'
import type { Figures, Upgraded } from './device-work.ts'
import { type Feed, feedPairs } from './feed-pairs.ts'
import { cutAtClaims, lookUpWireless, type WirelessAt } from './wireless-claims.ts'

/** `feed` is for devices on a circuit; a home that has one and no `feed` is not put together right, and crashes. */
export type ProcessorPorts = { store: HotStore; metrics: Metrics; logger: Logger; feed?: Feed }

export type BatchReport = Figures & {
  records: number
  quarantined: number
  /** Devices whose clock is not set, to be sent the time. */
  time_syncs: { device_type: DeviceType; device_id: string }[]
}

/** Somebody else writes the same devices again and again: let the caller back off and come back. */
export class WriteConflict extends Error {}

const CONFLICT_ATTEMPTS = 5

/**
 * Processes records in log order and moves `consumer`'s position past what is written. On an error the position says how
 * far it came; what lies behind it has not happened. Without a consumer whoever calls keeps the place, and gives all of
 * the records again. A device whose state newer code made holds its record and all behind it (NewerState, with its
 * position); what lies before is done.
 */
export async function processBatch(
  records: readonly LogRecord[],
  ports: ProcessorPorts,
  consumer?: string,
): Promise<BatchReport> {
  const report = newReport()
  if (records.length === 0) return report
  for (const run of cutAtClaims(records.map(openRecord))) add(report, await processRun(run, ports, consumer))
  return report
}

async function processRun(
  opened: readonly OpenedRecord[],
  ports: ProcessorPorts,
  consumer: string | undefined,
): Promise<BatchReport> {
  const { store, metrics, logger } = ports
  const report = newReport(opened)
  const position = opened.at(-1)?.record.position ?? ''
  const place = consumer === undefined ? null : { consumer, position }
  const { byDevice, refused } = groupByDevice(opened, await lookUpWireless(opened, store))
  const told = [...refused]
  const upgraded: UpgradedDevice[] = []
  let pending = byDevice
  const lost = new Map<string, Lost>()
  for (let attempt = 1; ; attempt++) {
    const { applied, held } = await applyAll(pending, store, lost)
    if (held) {
      const before = opened.filter(({ record }) => record.position < held.position)
      if (before.length > 0) await processRun(before, ports, consumer)
      throw held
    }
    const fed = await feedPairs(applied.values(), ports.feed)
    if (fed > 0) metrics.count('pairs_fed', fed)
    const conflicts = await write(applied, refused, place, store)
    addWritten(report, told, applied, conflicts)
    for (const [device_id, one] of applied)
      if (!conflicts.includes(device_id)) upgraded.push(...one.upgraded.map((up) => ({ device_id, ...up })))
    if (conflicts.length === 0) break
    if (attempt === CONFLICT_ATTEMPTS)
      throw new WriteConflict(`conflicting writers of ${conflicts.join(', ')}`)
    logger.warn('another writer was faster', { device_ids: conflicts, attempt })
    for (const device_id of conflicts) noteLost(lost, applied.get(device_id)?.write)
    pending = new Map([...pending].filter(([device_id]) => conflicts.includes(device_id)))
  }
  report.quarantined = told.length
  tell(report, told, ports)
  tellUpgrades(upgraded, ports)
  return report
}

type UpgradedDevice = Upgraded & { device_id: string }

function tellUpgrades(upgraded: readonly UpgradedDevice[], { metrics, logger }: ProcessorPorts): void {
  if (upgraded.length > 0) metrics.count('charts_upgraded', upgraded.length)
  for (const { since: _, known, ...upgrade } of upgraded) {
    if (known) logger.info('a chart was upgraded', upgrade)
    else logger.warn('a chart was upgraded from a version that is not known any more', upgrade)
  }
}

function groupByDevice(
  opened: readonly OpenedRecord[],
  wireless: WirelessAt,
): { byDevice: Map<string, DeviceRecord[]>; refused: Refused[] } {
  const byDevice = new Map<string, DeviceRecord[]>()
  const refused: Refused[] = []
  for (const one of opened) {
    const decoded = readRecord(one, (id) => wireless(id, one.record.received_at))
    if ('rejection' in decoded) {
      refused.push(decoded)
      continue
    }
    const known = byDevice.get(decoded.device_id)
    if (known) known.push(decoded)
    else byDevice.set(decoded.device_id, [decoded])
  }
  return { byDevice, refused }
}

/** `held`: what has to wait for newer code, and from which record on; the earliest of them. */
async function applyAll(
  byDevice: Map<string, DeviceRecord[]>,
  store: HotStore,
  lost: ReadonlyMap<string, Lost>,
): Promise<{ applied: Map<string, Applied>; held: NewerState | null }> {
  const stored = await store.loadStates([...byDevice.keys()])
  const applied = new Map<string, Applied>()
  let held: NewerState | null = null
  for (const [device_id, records] of byDevice) {
    try {
      const item = stored.get(device_id) ?? null
      const one = await applyRecords(item, records, store, lost.get(device_id))
      // What is told again, nobody is notified of.
      const again = records.every(({ record }) => record.verdict === REPLAYED)
      applied.set(device_id, again ? { ...one, clock_unset: null } : one)
    } catch (error) {
      if (!(error instanceof NewerState)) throw error
      error.position = records[0]?.record.position ?? ''
      if (!held || error.position < held.position) held = error
    }
  }
  return { applied, held }
}

/**
 * The stretch in which the loser's rows may stand, though the winner has never come to them, and the beginning of what
 * they tell of, whose row and name may be the loser's too: it is folded again.
 */
function noteLost(lost: Map<string, Lost>, write: DeviceWrite | null | undefined): void {
  if (!write) return
  const before = lost.get(write.device_id)
  const keys = write.puts.flatMap(({ table, item }) =>
    table === 'events' || table === 'checkpoints' ? [{ ts: item.ts, ord: item.ord }] : [],
  )
  const [from, to] = [...keys, ...(before ? [before.from, before.to] : [])]
    .toSorted(compareKeys)
    .filter((_, index, { length }) => index === 0 || index === length - 1)
  const begun = write.puts.flatMap(({ table, item }) =>
    table === 'summaries' && item.kind !== 'too_old' ? [item.started_at] : [],
  )
  const since = Math.min(...begun, before?.since ?? Number.POSITIVE_INFINITY)
  if (from) lost.set(write.device_id, { from, to: to ?? from, since, cause: 'another_writer' })
}

/** Marks first, and of a device that somebody else has written since nothing more. Resolves with the conflicts. */
async function write(
  applied: Map<string, Applied>,
  refused: Refused[],
  place: BatchWrite['checkpoint'] | null,
  store: HotStore,
): Promise<string[]> {
  const marks = [...applied.values()].flatMap(({ mark }) => (mark ? [mark] : []))
  if (marks.length === 0) return (await store.write(toBatch(applied, refused, place))).conflicts
  const { conflicts } = await store.write({ devices: marks, quarantined: [] })
  const others = new Map([...applied].filter(([device_id]) => !conflicts.includes(device_id)))
  // The place moves only when all of the batch is written.
  const written = await store.write(toBatch(others, refused, conflicts.length === 0 ? place : null))
  return [...conflicts, ...written.conflicts]
}

function toBatch(
  applied: Map<string, Applied>,
  refused: Refused[],
  place: BatchWrite['checkpoint'] | null,
): BatchWrite {
  const devices: DeviceWrite[] = []
  for (const { write } of applied.values()) if (write) devices.push(write)
  const all = [...refused, ...[...applied.values()].flatMap((one) => one.refused)]
  return { devices, quarantined: all.map(toQuarantined), ...(place && { checkpoint: place }) }
}

function toQuarantined({ record, device_id, rejection }: Refused): Quarantined {
  const { position, received_at, topic, payload } = record
  const payload_base64 = Buffer.from(payload).toString('base64')
  return { position, received_at, topic, device_id, reason: describeRejection(rejection), payload_base64 }
}

function newReport({ length }: { length: number } = []): BatchReport {
  const figures = { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0, too_old: 0 }
  return { records: length, quarantined: 0, time_syncs: [], ...figures }
}

const COUNTED = [
  ...(['records', 'events', 'decided', 'late', 'too_old'] as const),
  ...(['duplicates', 'disagreed', 'quarantined'] as const),
]

function add(to: BatchReport, run: BatchReport): void {
  for (const name of COUNTED) to[name] += run[name]
  for (const sync of run.time_syncs)
    if (!to.time_syncs.some(({ device_id }) => device_id === sync.device_id)) to.time_syncs.push(sync)
}

/** Counts what was written; what a conflict sent back is counted when it succeeds. */
function addWritten(
  report: BatchReport,
  told: Refused[],
  applied: Map<string, Applied>,
  conflicts: string[],
): void {
  for (const [device_id, { figures, clock_unset, refused }] of applied) {
    if (conflicts.includes(device_id)) continue
    for (const name of Object.keys(figures) as (keyof Figures)[]) report[name] += figures[name]
    told.push(...refused)
    if (clock_unset) report.time_syncs.push({ ...clock_unset, device_id })
  }
}

function tell(report: BatchReport, refused: readonly Refused[], { metrics, logger }: ProcessorPorts): void {
  for (const name of COUNTED) if (report[name] > 0) metrics.count(name, report[name])
  for (const { record, device_id, rejection } of refused) {
    // The rule, which is ours; value and field name came from outside, and may be anything.
    logger.warn('quarantined', { position: record.position, device_id, rule: rejection.rule })
  }
}
