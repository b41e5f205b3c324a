/** A device folded by the processor itself, from all of its records: whatever its clock and its network did to them. */
import type { DeviceStateItem } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { applyRecords } from './apply-records.ts'
import { type DeviceRecord, openRecord, readRecord } from './decode-record.ts'
import { type DeviceStore, deviceStore } from './replay-device-store.ts'
import { factsOf, type Things } from './replay-things.ts'

const BATCH = 1_000

export type Folded = { things: Things; refused: number }

/** `records` are the device's own, in log order. What they are to its pair is on the pair's own stream. */
export async function foldWhole(device_id: string, records: readonly LogRecord[]): Promise<Folded> {
  const { store, refused } = await processWhole(device_id, records)
  const things: Things = new Map()
  for (const one of store.summaries()) if (!one.retracted) things.set(one.id, factsOf(one))
  return { things, refused }
}

/** The same, with every row that they lead to. */
export async function processWhole(
  device_id: string,
  records: readonly LogRecord[],
): Promise<{ store: DeviceStore; refused: number }> {
  const store = deviceStore()
  let stored: DeviceStateItem | null = null
  let refused = 0
  for (let from = 0; from < records.length; from += BATCH) {
    const decoded: DeviceRecord[] = []
    for (const record of records.slice(from, from + BATCH)) {
      const read = readRecord(openRecord(record), () => device_id)
      if ('rejection' in read) refused++
      else decoded.push(read)
    }
    const applied = await applyRecords(stored, decoded, store)
    refused += applied.refused.length
    if (!applied.write) continue
    store.take(applied.write)
    stored = applied.write.state
  }
  return { store, refused }
}
