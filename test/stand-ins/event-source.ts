/**
 * Lambda's poller between a stream and a function: batches, lanes of one shard, failures in the middle of a batch, halves,
 * retries, children after their parents, and what is given up, whole, in a bucket. What Lambda's guide leaves open is
 * decided for the worse: it retries at once, and forgets what it gave up.
 */
import { randomUUID } from 'node:crypto'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { hashOf } from '../../events/hash.ts'
import type { DescribedMapping } from './described.ts'
import { FunctionError } from './lambda-function.ts'
import { readShard, type ShardRecord, shardsOf } from './shard-reader.ts'

export type EventSource = {
  mapping: Omit<DescribedMapping, 'function_id' | 'on_failure' | 'window_s'> & { window_ms: number }
  kinesis: KinesisClient
  stream: string
  invoke: (event: KinesisStreamEvent) => Promise<unknown>
  /** Where what is given up is kept. */
  s3: S3Client
  bucket: string
  /** Epoch ms, for the age of a record. */
  now: () => number
}

export type Poller = {
  /** Reads and delivers until every shard has been read to its end. */
  drain(): Promise<void>
  counts: { invocations: number; failures: number; bisections: number; given_up: number }
}

type Place = { after: string; closed: boolean }
type Batch = { shard_id: string; records: readonly ShardRecord[]; tried: number }

export function pollerOf(source: EventSource): Poller {
  const { mapping, kinesis, stream } = source
  const places = new Map<string, Place>()
  const counts: Poller['counts'] = { invocations: 0, failures: 0, bisections: 0, given_up: 0 }

  async function drain(): Promise<void> {
    for (let moved = true; moved; ) {
      const shards = await shardsOf(kinesis, stream)
      const open = shards.filter(({ parents }) => {
        // A parent whose records are gone is no longer listed.
        const listed = parents.filter((id) => shards.some((shard) => shard.id === id))
        return listed.every((id) => places.get(id)?.closed)
      })
      moved = (await Promise.all(open.map(({ id }) => advance(id)))).some((advanced) => advanced)
    }
  }

  async function advance(shard_id: string): Promise<boolean> {
    const place = places.get(shard_id) ?? { after: '', closed: false }
    if (place.closed) return false
    const most = mapping.batch_records * mapping.parallelization
    const from = { stream, shard_id, after: place.after }
    const { records, closed } = await readShard(kinesis, from, { most, window_ms: mapping.window_ms })
    await Promise.all(lanesOf(records).map((lane) => deliverLane(shard_id, lane)))
    places.set(shard_id, { after: records.at(-1)?.sequence ?? place.after, closed })
    return records.length > 0 || closed
  }

  /** One key is always in one lane; lanes run beside each other. */
  function lanesOf(records: readonly ShardRecord[]): ShardRecord[][] {
    const lanes = Array.from({ length: mapping.parallelization }, (): ShardRecord[] => [])
    for (const record of records) {
      const lane = Number.parseInt(hashOf([record.partition_key]).slice(0, 8), 16) % lanes.length
      lanes[lane]?.push(record)
    }
    return lanes
  }

  async function deliverLane(shard_id: string, lane: readonly ShardRecord[]): Promise<void> {
    for (let at = 0; at < lane.length; at += mapping.batch_records)
      await deliver({ shard_id, records: lane.slice(at, at + mapping.batch_records), tried: 0 })
  }

  async function deliver({ shard_id, records, tried }: Batch): Promise<void> {
    if (records.length === 0) return
    counts.invocations++
    const failed_from = await invoke(shard_id, records)
    if (failed_from === null) return
    counts.failures++
    const thrown = failed_from === 'all'
    const left = thrown ? records : records.slice(failed_from)
    if (tried >= mapping.attempts || isTooOld(left)) return giveUp(shard_id, left, tried + 1)
    if (mapping.bisects && thrown && left.length > 1) {
      counts.bisections++
      const middle = Math.ceil(left.length / 2)
      await deliver({ shard_id, records: left.slice(0, middle), tried })
      return deliver({ shard_id, records: left.slice(middle), tried })
    }
    const advanced = left.length < records.length
    return deliver({ shard_id, records: left, tried: advanced ? 0 : tried + 1 })
  }

  /** Which of them is the first that has to come again, none, or all because nobody said. */
  async function invoke(shard_id: string, records: readonly ShardRecord[]): Promise<number | 'all' | null> {
    let answer: unknown
    try {
      answer = await source.invoke({ Records: records.map((record) => lambdaRecord(shard_id, record)) })
    } catch (error) {
      if (error instanceof FunctionError) return 'all'
      throw error
    }
    if (!mapping.reports_failures) return null
    const { batchItemFailures = [] } = (answer ?? {}) as Partial<KinesisStreamBatchResponse>
    if (batchItemFailures.length === 0) return null
    const named = batchItemFailures.map(({ itemIdentifier }) =>
      records.findIndex(({ sequence }) => sequence === itemIdentifier),
    )
    // An identifier that is none of them fails the whole batch.
    return named.includes(-1) ? 'all' : Math.min(...named)
  }

  function isTooOld(records: readonly ShardRecord[]): boolean {
    const age_ms = source.now() - (records[0]?.arrived_at ?? 0)
    return age_ms > mapping.max_age_s * 1000
  }

  async function giveUp(shard_id: string, records: readonly ShardRecord[], invoked: number): Promise<void> {
    counts.given_up += records.length
    const { key, body } = failedBatchObject({ stream, shard_id, records, invoked, at: source.now() })
    await source.s3.send(new PutObjectCommand({ Bucket: source.bucket, Key: key, Body: body }))
  }

  return { drain, counts }
}

const ACCOUNT = 'us-east-1:000000000000'
/** Of the mapping; CloudFormation's to choose. */
const MAPPING = '5f0f8a6e-8f0e-4d5c-9f6f-6a7c9a1b2c3d'

type GivenUp = {
  stream: string
  shard_id: string
  records: readonly ShardRecord[]
  invoked: number
  at: number
}

/** As Lambda's guide has it for an S3 destination. */
export function failedBatchObject(of: GivenUp): { key: string; body: string } {
  const { stream, shard_id, records, invoked } = of
  const timestamp = new Date(of.at).toISOString()
  const day = timestamp.slice(0, 10)
  const second = timestamp.slice(0, 19).replaceAll(':', '.')
  const [first, last] = [records[0], records.at(-1)]
  const body = {
    requestContext: {
      requestId: randomUUID(),
      functionArn: `arn:aws:lambda:${ACCOUNT}:function:processor`,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: invoked,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: null },
    version: '1.0',
    timestamp,
    KinesisBatchInfo: {
      shardId: shard_id,
      startSequenceNumber: first?.sequence,
      endSequenceNumber: last?.sequence,
      approximateArrivalOfFirstRecord: new Date(first?.arrived_at ?? 0).toISOString(),
      approximateArrivalOfLastRecord: new Date(last?.arrived_at ?? 0).toISOString(),
      batchSize: records.length,
      streamArn: `arn:aws:kinesis:${ACCOUNT}:stream/${stream}`,
    },
    payload: JSON.stringify({ Records: records.map((record) => lambdaRecord(shard_id, record)) }),
  }
  const key = `aws/lambda/${MAPPING}/${shard_id}/${day.replaceAll('-', '/')}/${second}-${randomUUID()}`
  return { key, body: JSON.stringify(body) }
}

function lambdaRecord(
  shard_id: string,
  { sequence, partition_key, data, arrived_at }: ShardRecord,
): KinesisStreamRecord {
  return {
    awsRegion: 'us-east-1',
    eventID: `${shard_id}:${sequence}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: `arn:aws:kinesis:${ACCOUNT}:stream/events`,
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/consumer',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: partition_key,
      sequenceNumber: sequence,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrived_at / 1000,
    },
  }
}
