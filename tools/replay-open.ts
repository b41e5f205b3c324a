/** Sources of a replay, opened by what its flags say: by the command, and by each of its threads. */
import { existsSync, statSync } from 'node:fs'
import { createS3Client } from '../adapters/aws-clients.ts'
import { failedRecords, folderFailedBatches } from '../adapters/failed-records.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisReplay, type ShardProgress } from '../adapters/kinesis-replay.ts'
import { parseLogPosition } from '../adapters/log-position.ts'
import { logRecords } from '../adapters/log-records.ts'
import { ndjsonRecords } from '../adapters/ndjson-records.ts'
import { s3FailedBatches } from '../adapters/s3-failed-batches.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { DatabaseRefused } from '../adapters/sqlite-open.ts'
import { sqliteStored } from '../adapters/sqlite-stored.ts'
import { filesOf } from '../embedded/folder.ts'
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { isStamped } from '../processors/replay-begin.ts'
import {
  type Places,
  type Poison,
  type ReplayRange,
  type ReplaySource,
  SourceRefused,
  sourceOfRecords,
} from '../processors/replay-source.ts'
import { openArchive } from './replay-archive.ts'
import type { SourceOptions } from './replay-places.ts'

export type OpenedSource = {
  source: ReplaySource
  /** How much there is to read, in the unit that `onRead` tells; null where nobody knows. */
  total: number | null
  close(): void
}

export type OpenOptions = {
  source: SourceOptions
  /** Of a log: the position behind which nothing is read; null: its end. */
  until: string | null
  /** What of it is wanted, for a source that can leave out the rest. */
  range: ReplayRange
  /** Places to go on from; none: the beginning. */
  after?: Places
  onPoison: (poison: Poison) => void
  /** Of all devices only this share is wanted: what a source can leave out of the others it does. */
  share?: { share: number; shares: number }
  /** Where a source may put files for a while. */
  scratch?: string | undefined
  /** How much has been read of `total`: records of a log, bytes of a file, parts of an archive. */
  onRead: (read: number) => void
  /** How a shard of a stream is getting on. */
  onShard?: (shard: ShardProgress) => void
}

/** @throws SourceRefused */
export async function openSource(options: OpenOptions): Promise<OpenedSource> {
  const { source, until, after = {}, onPoison, onRead } = options
  if (source.kind === 'kinesis') return openStream(source, options)
  if (source.kind === 'quarantine') return openQuarantine(source.folder, after)
  if (source.kind === 'archive') return openArchive(source.where, options)
  if (source.kind === 'failed') return openFailed(source.where, options)
  if (source.kind === 'file') {
    const records = ndjsonRecords({ path: source.path, after: after.file ?? '', onPoison, onBytes: onRead })
    return { source: records, total: sizeOf(source.path), close: () => {} }
  }
  const log = openLog(source)
  const end = until ?? (await log.tail())
  const records = logRecords(log, { after: after.log ?? '', until: end })
  const counted: ReplaySource = {
    batches: async function* (skip) {
      for await (const batch of records.batches(skip)) {
        onRead(parseLogPosition(batch.position))
        yield batch
      }
    },
  }
  return { source: counted, total: parseLogPosition(end), close: log.close }
}

/** What was refused, with its bytes: for a release that understands more. Who put it on the log is not kept. */
function openQuarantine(folder: string, after: Places): OpenedSource {
  const path = filesOf(folder).hot
  if (!existsSync(path)) throw new SourceRefused(`${folder} is no data folder: nothing is stored in it`)
  const stored = sqliteStored(path)
  const records = async function* () {
    for await (const { position, received_at, topic, payload_base64 } of stored.quarantined(
      after.quarantine ?? '',
    )) {
      const payload = Buffer.from(payload_base64, 'base64')
      yield { position, received_at, source: 'mqtt', topic, verdict: 'unchecked', payload } as const
    }
  }
  return { source: sourceOfRecords('quarantine', records), total: null, close: stored.close }
}

function openFailed(
  where: Extract<SourceOptions, { kind: 'failed' }>['where'],
  { after = {}, onPoison }: OpenOptions,
): OpenedSource {
  if ('folder' in where) {
    if (!existsSync(where.folder)) throw new SourceRefused(`there is no folder ${where.folder}`)
    const batches = folderFailedBatches(where.folder)
    return {
      source: failedRecords(batches, { after: after.failed ?? '', onPoison }),
      total: null,
      close: () => {},
    }
  }
  const { bucket, prefix, endpoint } = where
  const client = createS3Client(endpoint === null ? {} : { endpoint })
  const batches = s3FailedBatches({ client, bucket, ...(prefix !== null && { prefix }) })
  const source = failedRecords(batches, { after: after.failed ?? '', onPoison })
  return { source, total: null, close: () => client.destroy() }
}

async function openStream(
  { stream, endpoint, shard_id, after_sequence }: Extract<SourceOptions, { kind: 'kinesis' }>,
  { after = {}, range, onPoison, onShard }: OpenOptions,
): Promise<OpenedSource> {
  const client = createKinesisClient(endpoint === null ? {} : { endpoint })
  const onProgress = onShard ?? (() => {})
  const since_ms = arrivedSince(range)
  const options = { client, stream, shard_id, after_sequence, since_ms, after, onPoison, onProgress }
  return { source: await kinesisReplay(options), total: null, close: () => client.destroy() }
}

/** Clocks of a stream and of its front door may differ by so much. */
const CLOCKS_MS = 3_600_000

/**
 * Nothing happens later than it arrives, but for what a clock that is ahead claims. Whose a record is, and where, what came
 * long before may say: where that is asked, a stream is read from its beginning.
 */
function arrivedSince({ from, device_id, location }: ReplayRange): number | null {
  if (from === 0 || device_id !== null || location !== null) return null
  return Math.max(0, from - FUTURE_LIMIT_MS - CLOCKS_MS)
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null
}

/** `received_ms`: what a log that was pruned lacks was received by then; null where nothing on it says. */
export type Pruned = { received_ms: number | null }

/** null for a log that has everything from its first record on. @throws SourceRefused */
export async function prunedBefore(source: Extract<SourceOptions, { kind: 'log' }>): Promise<Pruned | null> {
  const log = openLog(source)
  try {
    const [oldest] = await log.read('', 1)
    if (!oldest || parseLogPosition(oldest.position) === 1) return null
    for await (const { records } of logRecords(log, { after: '', until: await log.tail() }).batches()) {
      const stamped = records.find(isStamped)
      if (stamped) return { received_ms: stamped.received_at }
    }
    return { received_ms: null }
  } finally {
    log.close()
  }
}

function openLog({ folder, path = filesOf(folder).log }: Extract<SourceOptions, { kind: 'log' }>) {
  if (!existsSync(path)) throw new SourceRefused(`${folder} is no data folder: it has no log`)
  try {
    return sqliteLog(path, { readonly: true })
  } catch (error) {
    if (error instanceof DatabaseRefused) throw new SourceRefused(error.message, { cause: error })
    throw error
  }
}
