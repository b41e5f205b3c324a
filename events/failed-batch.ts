/** The port to what a consumer gave up: batches that were tried until Lambda had to go on without them, kept whole. */
import type { LogRecord } from './record.ts'

export type FailedBatch = {
  /** Where it is kept. */
  key: string
  /** Why it was given up: `RetryAttemptsExhausted`, `RecordAgeExceeded`, …; '' where nothing says so. */
  condition: string
  shard_id: string
  /** Epoch ms. */
  given_up_at: number
  /** In the order of their shard, with the positions that they had on it. */
  records: LogRecord[]
}

/** An object that is no failed batch; the message says which and why. */
export class BadFailedBatch extends Error {}

export type FailedBatches = {
  /** Up to `limit` keys after `after` ('' is the beginning), in order; fewer at the end. */
  list(after: string, limit: number): Promise<string[]>
  /** null where nothing is kept under this key. @throws BadFailedBatch where what is kept cannot be read as one */
  read(key: string): Promise<FailedBatch | null>
}
