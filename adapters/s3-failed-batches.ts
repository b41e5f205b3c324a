/**
 * What Lambda puts into the bucket of failures when it gives up a batch of the stream: one JSON object a batch, under
 * `aws/lambda/{mapping}/{shard}/{year}/{month}/{day}/…`. With S3 as the destination its `payload` is the whole event.
 * Source: Lambda's guide, "Retain discarded batch records for a Kinesis Data Streams event source".
 */
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3'
import type { KinesisStreamRecord } from 'aws-lambda'
import { isObject, type JsonObject } from '../events/decode.ts'
import { BadFailedBatch, type FailedBatch, type FailedBatches } from '../events/failed-batch.ts'
import { GIVEN_UP_FOLDER } from './aws-names.ts'
import { RETRIES, type RetryPolicy, withRetries } from './aws-retry.ts'
import { decodeLambdaRecord } from './kinesis-event.ts'
import { assertLimit } from './port-checks.ts'

export type FailedBatchesOptions = {
  client: S3Client
  bucket: string
  /** Everything under it is taken for a batch; what one mapping gave up is under `aws/lambda/{its UUID}/`. */
  prefix?: string
  retries?: RetryPolicy
}

const MAX_PAGE = 1_000

export function s3FailedBatches({
  client,
  bucket: Bucket,
  prefix: Prefix = GIVEN_UP_FOLDER,
  retries = RETRIES,
}: FailedBatchesOptions): FailedBatches {
  const retried = <T>(what: string, send: () => Promise<T>) => withRetries(`${what} ${Bucket}`, send, retries)

  async function list(after: string, limit: number): Promise<string[]> {
    assertLimit(limit)
    const keys: string[] = []
    while (keys.length < limit) {
      const StartAfter = keys.at(-1) ?? after
      const page = new ListObjectsV2Command({
        Bucket,
        Prefix,
        MaxKeys: Math.min(MAX_PAGE, limit - keys.length),
        ...(StartAfter !== '' && { StartAfter }),
      })
      const { Contents = [], IsTruncated } = await retried('ListObjectsV2', () => client.send(page))
      keys.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])))
      if (!IsTruncated) break
    }
    return keys
  }

  async function read(key: string): Promise<FailedBatch | null> {
    const text = await retried('GetObject', async () => {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }))
        return (await Body?.transformToString('utf-8')) ?? ''
      } catch (error) {
        if (error instanceof NoSuchKey) return null
        throw error
      }
    })
    return text === null ? null : parseFailedBatch(key, text)
  }

  return { list, read }
}

/** @throws BadFailedBatch */
export function parseFailedBatch(key: string, text: string): FailedBatch {
  const bad = (why: string): never => {
    throw new BadFailedBatch(`${key}: ${why}`)
  }
  const told = parsed(text) ?? bad('is no JSON object')
  const info = isObject(told.KinesisBatchInfo) ? told.KinesisBatchInfo : bad('has no KinesisBatchInfo')
  // The event itself, or its text.
  const event = typeof told.payload === 'string' ? parsed(told.payload) : told.payload
  if (!isObject(event)) return bad('has no payload: only an S3 destination keeps it')
  if (!Array.isArray(event.Records) || !event.Records.every(isKinesisRecord))
    return bad('its payload has records that are none of a stream')
  const given_up_at = Date.parse(String(told.timestamp))
  if (Number.isNaN(given_up_at)) return bad(`timestamp ${JSON.stringify(told.timestamp)} is no time`)
  const { condition } = isObject(told.requestContext) ? told.requestContext : {}
  return {
    key,
    condition: typeof condition === 'string' ? condition : '',
    shard_id: String(info.shardId),
    given_up_at,
    records: event.Records.map(decodeLambdaRecord),
  }
}

function parsed(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isKinesisRecord(record: unknown): record is KinesisStreamRecord {
  if (!isObject(record) || typeof record.eventID !== 'string' || !isObject(record.kinesis)) return false
  const { data, sequenceNumber, approximateArrivalTimestamp } = record.kinesis
  return (
    typeof data === 'string' &&
    typeof sequenceNumber === 'string' &&
    /^\d{1,56}$/.test(sequenceNumber) &&
    typeof approximateArrivalTimestamp === 'number'
  )
}
