/** Where a replay reads from, and which of it: ports and the range. */
import type { LogRecord } from '../events/record.ts'

/** Some records, and how far their source has been read with them: `name` is of one shard, where there are many. */
export type ReplayBatch = { records: LogRecord[]; name: string; position: string }

/** How far each shard has been read: where another run goes on. A shard that is not in it has not been begun. */
export type Places = Record<string, string>

/**
 * Records in the order of their log. `skip` says by the topic alone that a record is not wanted, before anything is made
 * of it; a source may ask it or not. After a batch has been taken the next is asked for: what is behind it is done.
 *
 * `fleeting`: no record is held for long. A source may then give such as say what they say without their bytes
 * (`ToldRecord`), which hold memory that they share.
 */
export type ReplaySource = {
  batches(skip?: (topic: string) => boolean, fleeting?: boolean): AsyncIterable<ReplayBatch>
}

/** Half-open, by event time (epoch ms). What happened in it has arrived by `to` and `margin_ms` more. */
export type ReplayRange = {
  from: number
  to: number
  margin_ms: number
  device_id: string | null
  location: string | null
  type: string | null
}

export const EVERYTHING: ReplayRange = {
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  margin_ms: 7 * 86_400_000,
  device_id: null,
  location: null,
  type: null,
}

/** A record that no source can make a record of, set aside with the reason and never in the way. */
export type Poison = { position: string; reason: string; text: string }

/** A source that cannot be used, or no longer: one line for a person. */
export class SourceRefused extends Error {}

const BATCH = 1_000

/** Records that come one by one as a source. `name` is what its places are kept under. */
export function sourceOfRecords(name: string, records: () => AsyncIterable<LogRecord>): ReplaySource {
  return {
    batches: async function* (skip) {
      let batch: LogRecord[] = []
      let position = ''
      for await (const record of records()) {
        position = record.position
        if (!skip?.(record.topic)) batch.push(record)
        if (batch.length < BATCH) continue
        yield { records: batch, name, position }
        batch = []
      }
      if (position !== '') yield { records: batch, name, position }
    },
  }
}
