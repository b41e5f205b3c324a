/** The records of some of the devices of a source. */
import type { ConfigVersion } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { isConfigTopic } from '../events/topics.ts'
import { createOwners, shareOf } from './replay-owner.ts'
import type { ReplayRange, ReplaySource } from './replay-source.ts'

export type ShareOptions = {
  source: ReplaySource
  /** Only `device_id`, `to` and `margin_ms` count here: what a thing comes to, everything before it decides. */
  range: ReplayRange
  /** Of all devices this fold has the `share`th of so many parts. */
  share: number
  shares: number
  /** Told now and then how many records have been read of, and in which pass, from 1. */
  onRecords?: (records: number, pass: number) => void
  /** Configurations that the source may lack, where they say under which id IoT Wireless knows a device. */
  configs?: readonly ConfigVersion[]
}

/** Each record of this share in the order of the log. `figures` counts them, those of nobody in the first share. */
export async function eachRecord(
  { source, range, share, shares, onRecords, configs }: ShareOptions,
  pass: number,
  figures: { records: number; refused: number } | null,
  take: (device_id: string, record: LogRecord) => Promise<void> | void,
): Promise<void> {
  const owners = createOwners(configs)
  const { device_id: only, to, margin_ms } = range
  const all = shares === 1 && only === null
  const isMine = (device_id: string) =>
    all || (shareOf(device_id, shares) === share && (only === null || only === device_id))
  const skip = (topic: string): boolean => {
    const device_id = owners.byTopic(topic)
    // A configuration may say under which id IoT Wireless knows its device: everybody hears it.
    return device_id !== undefined && !isMine(device_id) && !isConfigTopic(topic)
  }
  const heard_by = to + margin_ms
  let records = 0
  for await (const { records: batch } of source.batches(all ? undefined : skip, pass === 1)) {
    for (const record of batch) {
      if (record.received_at >= heard_by) continue
      const device_id = owners.whose(record)
      if (device_id === null) {
        if (figures && share === 0 && only === null) {
          figures.records++
          figures.refused++
        }
      } else if (isMine(device_id)) {
        if (figures) figures.records++
        const waits = take(device_id, record)
        // Only where a device is met for the first time: to wait for each record would cost more than it does.
        if (waits) await waits
      }
    }
    records += batch.length
    onRecords?.(records, pass)
  }
}
