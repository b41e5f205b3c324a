/** A device folded by the processor itself, from all of its records: whatever its clock and its network did to them. */
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import { compareKeys, type EventKey } from '../events/key.ts'
import type { LogRecord } from '../events/record.ts'
import { applyRecords } from './apply-records.ts'
import { type DeviceRecord, openRecord, readRecord } from './decode-record.ts'
import { isUnsetBefore, setClockKey } from './quick-event.ts'
import type { Beginning } from './replay-begin.ts'
import { type DeviceStore, deviceStore } from './replay-device-store.ts'
import { lookupsOver } from './replay-overlay.ts'
import { factsOf, type Things } from './replay-things.ts'

const BATCH = 1_000

export type Folded = { things: Things; refused: number }

/** `records` are the device's own, in log order. What they are to its pair is on the pair's own stream. */
export async function foldWhole(
  device_id: string,
  records: readonly LogRecord[],
  beginning: Beginning | null = null,
): Promise<Folded> {
  const { store, refused } = await processWhole(device_id, records, beginning)
  const things: Things = new Map(beginning?.open)
  for (const one of store.summaries()) {
    if (one.kind === 'too_old') continue
    if (one.retracted) things.delete(one.id)
    else things.set(one.id, factsOf(one))
  }
  return { things, refused }
}

/** The same, with every row that they lead to. */
export async function processWhole(
  device_id: string,
  records: readonly LogRecord[],
  beginning: Beginning | null = null,
): Promise<{ store: DeviceStore; refused: number }> {
  const store = deviceStore()
  const lookups = beginning?.lookups
    ? lookupsOver(beginning.lookups, { of: () => store, all: () => [store] })
    : store
  const at = beginning?.at ?? null
  let stored = beginning?.item ?? null
  let refused = 0
  for (let from = 0; from < records.length; from += BATCH) {
    const decoded: DeviceRecord[] = []
    for (const record of records.slice(from, from + BATCH)) {
      const read = readRecord(openRecord(record), () => device_id)
      if ('rejection' in read) refused++
      else if (!isUpTo(at, read)) decoded.push(read)
    }
    const applied = await applyRecords(stored, decoded, lookups)
    refused += applied.refused.length
    if (!applied.write) continue
    store.take(applied.write)
    stored = applied.write.state
  }
  return { store, refused }
}

/** What a set clock says lies in the stretch that is taken as it is stored, as in the quick fold. */
function isUpTo(at: EventKey | null, { kind, ...read }: DeviceRecord): boolean {
  if (at === null || kind !== 'report' || !('report' in read)) return false
  const { report, record } = read
  if (isUnsetBefore(report, record.received_at, at)) return true
  const key = setClockKey(report, record.received_at)
  return key !== null && compareKeys(key, at) <= 0
}

/** Epoch ms: when the last message was received that was sent while the clock was not set; 0 where none was. */
export function lastUnset(device_id: string, records: readonly LogRecord[]): number {
  let last = 0
  for (const record of records) {
    const read = readRecord(openRecord(record), () => device_id)
    if ('report' in read && read.report.reported_timestamp < FIRST_EPOCH_MS)
      last = Math.max(last, record.received_at)
  }
  return last
}
