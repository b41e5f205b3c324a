/** Which records of a source a replay is about, where it does not fold them: by time, device, location and type. */
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { LogRecord } from '../events/record.ts'
import { isConfigTopic } from '../events/topics.ts'
import { openRecord, readRecord } from './decode-record.ts'
import { createOwners } from './replay-owner.ts'
import type { ReplayBatch, ReplayRange, ReplaySource } from './replay-source.ts'

type Facts = { at: number; type: string | null; location: string | null }

/**
 * The records in the range, in the order of the source. What is refused whoever sent it belongs to no device, at the time it
 * came in. `in_force`: configurations that were set before too, for whoever folds what is selected.
 */
export async function* selectRecords(
  source: ReplaySource,
  range: ReplayRange,
  { in_force = false }: { in_force?: boolean } = {},
): AsyncGenerator<ReplayBatch> {
  const owners = createOwners()
  const { from, to, margin_ms, device_id: only, location, type } = range
  const byTime = from > 0 || to < Number.MAX_SAFE_INTEGER
  const asked = byTime || location !== null || type !== null
  const wanted = (record: LogRecord): boolean => {
    const device_id = owners.whose(record)
    const { received_at } = record
    if (in_force && isSetBefore(record, device_id, from)) return only === null || device_id === only
    // Nothing happens later than it arrives, but for what a clock that is ahead claims.
    if (received_at < from - FUTURE_LIMIT_MS || received_at >= to + margin_ms) return false
    if (only !== null && device_id !== only) return false
    if (!asked) return true
    const facts = factsOf(record, device_id)
    if (facts.at < from || facts.at >= to) return false
    if (type !== null && facts.type !== type) return false
    if (location === null) return true
    return (
      (device_id === null ? null : (owners.locationOf(device_id, facts.at) ?? facts.location)) === location
    )
  }
  for await (const batch of source.batches()) {
    yield { ...batch, records: batch.records.filter(wanted) }
  }
}

function isSetBefore(record: LogRecord, device_id: string | null, from: number): boolean {
  if (!isConfigTopic(record.topic)) return false
  const { type, at } = factsOf(record, device_id)
  return type === 'config' && at < from
}

/** When it happened, as far as the record alone says, and what it is. */
function factsOf(record: LogRecord, device_id: string | null): Facts {
  const read = readRecord(openRecord(record), () => device_id)
  const { received_at } = record
  if ('rejection' in read) return { at: received_at, type: null, location: null }
  if (read.kind === 'config') {
    const { effective_from, config } = read.message
    return { at: effective_from, type: 'config', location: config.location ?? null }
  }
  if (read.kind === 'until') return { at: read.until, type: 'until', location: null }
  if (read.kind === 'pair') return { at: read.message.key.ts, type: 'pair', location: read.message.location }
  const { reported_timestamp: stamp, event_type, payload_location } = read.report
  const isTime = stamp >= FIRST_EPOCH_MS && stamp - received_at <= FUTURE_LIMIT_MS
  return { at: isTime ? stamp : received_at, type: event_type, location: payload_location ?? null }
}
