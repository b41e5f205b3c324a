/** A stream from its oldest record to what was on it when the reading began, shard by shard, within each shard's limits. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  GetRecordsCommand,
  type GetRecordsOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsOutput,
} from '@aws-sdk/client-kinesis'
import { hashOf } from '../events/hash.ts'
import type { LogRecord } from '../events/record.ts'
import type { Shard } from '../processors/replay-lineage.ts'
import { readShards } from '../processors/replay-shards.ts'
import {
  type Places,
  type Poison,
  type ReplayBatch,
  type ReplaySource,
  SourceRefused,
} from '../processors/replay-source.ts'
import { RETRIES, type RetryPolicy, withRetries } from './aws-retry.ts'
import { decodeRecord, parsePosition, positionOf } from './kinesis-records.ts'
import { deaggregate } from './kpl-records.ts'

/** How a shard is, where it has been read to. */
export type ShardProgress = { shard_id: string; records: number; behind_ms: number; read_ms: number }

export type KinesisReplayOptions = {
  client: KinesisClient
  stream: string
  /** Only this shard, none of its children. */
  shard_id?: string | null
  /** Of that shard, what follows this sequence number. */
  after_sequence?: string | null
  /** Epoch ms: shards that are not gone on with begin at what arrived then. */
  since_ms?: number | null
  /** Where shards are gone on with; the others begin at their oldest record. */
  after?: Places
  onPoison: (poison: Poison) => void
  onProgress?: (progress: ShardProgress) => void
  retries?: RetryPolicy
  limits?: ShardLimits
}

/** A shard gives 5 reads and 2 MB a second to all who read it; one read a second is left to the processor. */
export type ShardLimits = { reads_a_second: number; bytes_a_second: number }
const LIMITS: ShardLimits = { reads_a_second: 4, bytes_a_second: 2 * 1024 * 1024 }

const READ_RECORDS = 10_000

/** Rejects with SourceRefused for a stream or a shard that there is not. */
export async function kinesisReplay(options: KinesisReplayOptions): Promise<ReplaySource> {
  const shards = await shardsOf(options)
  const only = options.shard_id ?? null
  const wanted = only === null ? shards : shards.filter(({ shard_id }) => shard_id === only)
  if (wanted.length === 0) throw new SourceRefused(`${options.stream} has no shard ${only}`)
  return { batches: () => readShards(wanted, reading(options, createKnown())) }
}

async function shardsOf({
  client,
  stream: StreamName,
  retries = RETRIES,
}: KinesisReplayOptions): Promise<Shard[]> {
  const shards: Shard[] = []
  let NextToken: string | undefined
  do {
    const command = new ListShardsCommand(NextToken ? { NextToken } : { StreamName })
    let page: ListShardsOutput
    try {
      page = await withRetries(`ListShards ${StreamName}`, () => client.send(command), retries)
    } catch (error) {
      throw new SourceRefused(`the stream ${StreamName} cannot be read: ${reasonOf(error)}`, { cause: error })
    }
    for (const { ShardId = '', ParentShardId, AdjacentParentShardId } of page.Shards ?? [])
      shards.push({
        shard_id: ShardId,
        parents: [ParentShardId, AdjacentParentShardId].flatMap((id) => (id ? [id] : [])),
      })
    NextToken = page.NextToken
  } while (NextToken)
  return shards
}

function reasonOf(error: unknown): string {
  return (error as Error).message || (error as Error).name
}

/** Exact copies within so many records are dropped: a producer that was not sure has sent them again. */
const KNOWN = 100_000

type Known = (record: LogRecord) => boolean

function createKnown(): Known {
  let [older, newer] = [new Set<string>(), new Set<string>()]
  return ({ topic, received_at, payload }) => {
    const name = hashOf([topic, received_at, Buffer.from(payload).toString('latin1')])
    if (newer.has(name) || older.has(name)) return true
    newer.add(name)
    if (newer.size >= KNOWN) [older, newer] = [newer, new Set()]
    return false
  }
}

function reading(options: KinesisReplayOptions, known: Known): (shard: Shard) => AsyncIterable<ReplayBatch> {
  const { client, onPoison, onProgress, retries = RETRIES, limits = LIMITS } = options
  return async function* ({ shard_id }) {
    let iterator: string | undefined = await iteratorOf(options, shard_id)
    let position = options.after?.[shard_id] ?? ''
    let records = 0
    let oldest_behind_ms = 0
    // An iterator that has lived for five minutes is asked for anew, behind what has been read.
    let asked_ms = performance.now()
    while (iterator !== undefined) {
      if (performance.now() - asked_ms > ITERATOR_MS)
        iterator = await iteratorOf({ ...options, after: { [shard_id]: position } }, shard_id)
      asked_ms = performance.now()
      const command: GetRecordsCommand = new GetRecordsCommand({
        ShardIterator: iterator,
        Limit: READ_RECORDS,
      })
      const page: GetRecordsOutput = await withRetries(
        `GetRecords ${shard_id}`,
        () => client.send(command),
        retries,
      )
      const { read, bytes, last } = unpack(page, shard_id, onPoison)
      position = last ?? position
      records += read.length
      const behind_ms = page.MillisBehindLatest ?? 0
      oldest_behind_ms = Math.max(oldest_behind_ms, behind_ms)
      onProgress?.({ shard_id, records, behind_ms, read_ms: oldest_behind_ms - behind_ms })
      if (position !== '')
        yield { records: read.filter((record) => !known(record)), name: shard_id, position }
      iterator = page.NextShardIterator
      // At the tip: what comes in from now on is another replay's.
      if (behind_ms === 0 && (page.Records ?? []).length === 0) return
      if (iterator === undefined) return
      const least_ms = Math.max(1_000 / limits.reads_a_second, (bytes / limits.bytes_a_second) * 1_000)
      const wait_ms = asked_ms + least_ms - performance.now()
      if (wait_ms > 0) await sleep(wait_ms)
    }
  }
}

const ITERATOR_MS = 4 * 60_000

async function iteratorOf(options: KinesisReplayOptions, ShardId: string): Promise<string | undefined> {
  const { client, stream: StreamName, after = {}, after_sequence = null, retries = RETRIES } = options
  const sequence = parsePosition(after[ShardId] ?? '', ShardId) ?? after_sequence
  const command = new GetShardIteratorCommand({ StreamName, ShardId, ...beginning(sequence, options) })
  try {
    const answer = await withRetries(`GetShardIterator ${ShardId}`, () => client.send(command), retries)
    return answer.ShardIterator
  } catch (error) {
    throw new SourceRefused(`${StreamName} ${ShardId} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function beginning(sequence: string | null, { since_ms = null }: KinesisReplayOptions) {
  if (sequence !== null)
    return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: sequence }
  if (since_ms === null) return { ShardIteratorType: 'TRIM_HORIZON' as const }
  return { ShardIteratorType: 'AT_TIMESTAMP' as const, Timestamp: new Date(since_ms) }
}

const SUB_DIGITS = 6

function unpack(page: GetRecordsOutput, shard_id: string, onPoison: (poison: Poison) => void) {
  const read: LogRecord[] = []
  let bytes = 0
  let last: string | null = null
  for (const {
    Data = new Uint8Array(),
    SequenceNumber: sequence_number = '',
    ApproximateArrivalTimestamp,
  } of page.Records ?? []) {
    const place = { shard_id, sequence_number, arrived_at: ApproximateArrivalTimestamp?.getTime() ?? 0 }
    bytes += Data.byteLength
    last = positionOf(place)
    const inside = deaggregate(Data)
    for (const [n, data] of (inside ?? [Data]).entries()) {
      const record = decodeRecord(data, place)
      if (inside) record.position += `.${String(n).padStart(SUB_DIGITS, '0')}`
      if (record.verdict !== 'not_a_record') read.push(record)
      else
        onPoison({
          position: record.position,
          reason: 'is no record of this system',
          text: Buffer.from(data).toString('base64'),
        })
    }
  }
  return { read, bytes, last }
}
