/**
 * What happens to each record: decode → validate → route → advance → write (DESIGN §5).
 * A record that is bad in itself is quarantined and never blocks; what infrastructure throws goes to the caller,
 * who tries again from the stored position; what our own code throws is not caught here either, and ends the process.
 */

import { type DeviceType, describeRejection } from '../events/event.ts'
import type { BatchWrite, DeviceWrite, HotStore, Logger, Metrics, Quarantined } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { type Applied, applyRecords } from './apply-records.ts'
import {
  type DeviceRecord,
  type OpenedRecord,
  openRecord,
  type Refused,
  readRecord,
} from './decode-record.ts'
import type { Figures } from './device-work.ts'

export type ProcessorPorts = { store: HotStore; metrics: Metrics; logger: Logger }

export type BatchReport = Figures & {
  records: number
  quarantined: number
  /** Devices whose clock is not set, to be sent the time. */
  time_syncs: { device_type: DeviceType; device_id: string }[]
}

/** Somebody else writes the same devices again and again: let the caller back off and come back. */
export class WriteConflict extends Error {}

const CONFLICT_ATTEMPTS = 5

/** Processes records in log order and moves `consumer`'s position past the last, all of it or, on an error, nothing new. */
export async function processBatch(
  records: readonly LogRecord[],
  ports: ProcessorPorts,
  consumer: string,
): Promise<BatchReport> {
  const report = newReport(records.length)
  const last = records.at(-1)
  if (!last) return report
  const opened = records.map(openRecord)
  const { byDevice, refused } = groupByDevice(opened, await lookUpWireless(opened, ports.store))
  let pending = byDevice
  for (let attempt = 1; ; attempt++) {
    const applied = await applyAll(pending, ports.store)
    const batch = toBatch(applied, refused, { consumer, position: last.position })
    const { conflicts } = await ports.store.write(batch)
    addToReport(report, applied, conflicts)
    if (conflicts.length === 0) break
    if (attempt === CONFLICT_ATTEMPTS)
      throw new WriteConflict(`conflicting writers of ${conflicts.join(', ')}`)
    ports.logger.warn('another writer was faster', { device_ids: conflicts, attempt })
    pending = new Map([...pending].filter(([device_id]) => conflicts.includes(device_id)))
  }
  report.quarantined += refused.length
  tell(report, refused, ports)
  return report
}

function groupByDevice(
  opened: readonly OpenedRecord[],
  wireless: Map<string, string>,
): { byDevice: Map<string, DeviceRecord[]>; refused: Refused[] } {
  const byDevice = new Map<string, DeviceRecord[]>()
  const refused: Refused[] = []
  const lookup = (id: string) => wireless.get(id) ?? null
  for (const one of opened) {
    const decoded = readRecord(one, lookup)
    if ('rejection' in decoded) {
      refused.push(decoded)
      continue
    }
    if (decoded.kind === 'config' && decoded.message.config.wireless_device_id) {
      // In log order, so that an uplink right behind its device's configuration finds it.
      wireless.set(decoded.message.config.wireless_device_id, decoded.device_id)
    }
    const known = byDevice.get(decoded.device_id)
    if (known) known.push(decoded)
    else byDevice.set(decoded.device_id, [decoded])
  }
  return { byDevice, refused }
}

async function applyAll(
  byDevice: Map<string, DeviceRecord[]>,
  store: HotStore,
): Promise<Map<string, Applied>> {
  const stored = await store.loadStates([...byDevice.keys()])
  const applied = new Map<string, Applied>()
  for (const [device_id, records] of byDevice) {
    applied.set(device_id, await applyRecords(stored.get(device_id) ?? null, records, store))
  }
  return applied
}

function toBatch(
  applied: Map<string, Applied>,
  refused: Refused[],
  checkpoint: NonNullable<BatchWrite['checkpoint']>,
): BatchWrite {
  const devices: DeviceWrite[] = []
  for (const { write } of applied.values()) if (write) devices.push(write)
  const all = [...refused, ...[...applied.values()].flatMap((one) => one.refused)]
  return { devices, quarantined: all.map(toQuarantined), checkpoint }
}

function toQuarantined({ record, device_id, rejection }: Refused): Quarantined {
  const { position, received_at, topic, payload } = record
  const payload_base64 = Buffer.from(payload).toString('base64')
  return { position, received_at, topic, device_id, reason: describeRejection(rejection), payload_base64 }
}

/** Ids under which IoT Wireless speaks of devices, looked up once a batch. Of two devices that claim one id, the later wins. */
async function lookUpWireless(
  opened: readonly OpenedRecord[],
  store: HotStore,
): Promise<Map<string, string>> {
  const ids = new Set<string>()
  for (const one of opened) {
    const id = 'opened' in one ? one.opened.wireless_device_id : null
    if (id !== null) ids.add(id)
  }
  const devices = new Map<string, string>()
  for (const id of ids) {
    const aliases = await store.findAliases('wireless_device', id)
    const alias = aliases.at(-1)
    if (alias) devices.set(id, alias.target)
  }
  return devices
}

function newReport(records: number): BatchReport {
  const figures = { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0 }
  return { records, quarantined: 0, time_syncs: [], ...figures }
}

/** Counts what was written; what a conflict sent back is counted when it succeeds. */
function addToReport(report: BatchReport, applied: Map<string, Applied>, conflicts: string[]): void {
  for (const [device_id, { figures, clock_unset, refused }] of applied) {
    if (conflicts.includes(device_id)) continue
    for (const name of Object.keys(figures) as (keyof Figures)[]) report[name] += figures[name]
    report.quarantined += refused.length
    if (clock_unset) report.time_syncs.push({ ...clock_unset, device_id })
  }
}

function tell(report: BatchReport, refused: Refused[], { metrics, logger }: ProcessorPorts): void {
  metrics.count('records', report.records)
  for (const name of ['events', 'decided', 'late', 'duplicates', 'disagreed', 'quarantined'] as const) {
    if (report[name] > 0) metrics.count(name, report[name])
  }
  for (const { record, device_id, rejection } of refused) {
    // Field and rule, never the value: it came from outside and may be anything, of any size.
    const { field, rule } = rejection
    logger.warn('quarantined', { position: record.position, device_id, field, rule })
  }
}
