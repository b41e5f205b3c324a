/**
 * The stages: the same system in two sizes. Their names never meet, but the topics are the devices' own: two stages in one
 * account and region would each take every message, so give each stage an account, or a region.
 */

import type { Machine } from './bundle.ts'

export type Stage = {
  name: 'small' | 'prod'
  /** Before every name in the account; also `PILOTLINE_TABLE_PREFIX`. */
  prefix: string
  /** What destroying the stack leaves standing: everything that holds data. */
  keeps_data: boolean
  stream: {
    /** null: as many as the traffic takes. */
    shards: number | null
    retention_h: number
  }
  consumer: {
    batch_records: number
    batch_window_s: number
    /** Batches of one shard at once; a partition key stays in order. */
    parallelization: number
    /** Less than the stream's retention: what is given up must still be there to be kept. */
    max_age_s: number
    /** The age ends the trying, not the count: an outage of an hour must not cost an event that the stream still holds. */
    attempts: number
    timeout_s: number
    memory_mb: number
  }
  /** The reader of the stream that fills the archive: few and big files, because nobody waits for them. */
  archive: { batch_records: number; batch_window_s: number; timeout_s: number; memory_mb: number }
  night: {
    /** UTC, on the day after. */
    hour: number
    minute: number
    /** Of the functions with DuckDB in them: 1,769 MB are one core. */
    memory_mb: number
    /** Of `/tmp`, for those that see all that has landed at once, and for the others. */
    storage_mb: { all: number; batch: number }
  }
  /** A question that would read more than this of the archive is refused. */
  question_bytes: number
  /** Least age of the oldest unread record at which somebody is called. */
  behind_alarm_s: number
  log_days: number
  /** Where commands to devices are published; the region's own endpoint unless told. */
  iot_endpoint?: string
  /** Requests a second that the API takes, and how many at once. */
  api: { rate: number; burst: number }
  /** Whose machine code its functions have: Lambda's unless told. */
  machine?: Machine
}

const HOUR_S = 3_600

/** One shard takes 1,000 messages a second, a hundred times what twenty chargers send. */
const SMALL: Stage = {
  name: 'small',
  prefix: 'pilotline-small-',
  keeps_data: false,
  stream: { shards: 1, retention_h: 24 },
  consumer: {
    batch_records: 200,
    batch_window_s: 1,
    parallelization: 1,
    max_age_s: 23 * HOUR_S,
    attempts: 10_000,
    timeout_s: 60,
    memory_mb: 512,
  },
  archive: { batch_records: 5_000, batch_window_s: 60, timeout_s: 120, memory_mb: 768 },
  // Soon after midnight: the stream keeps a day, and what it has forgotten is compared with nothing.
  night: { hour: 0, minute: 20, memory_mb: 1_769, storage_mb: { all: 2_048, batch: 1_024 } },
  question_bytes: 1_000_000_000,
  behind_alarm_s: 15 * 60,
  log_days: 14,
  api: { rate: 20, burst: 40 },
}

const PROD: Stage = {
  name: 'prod',
  prefix: 'pilotline-prod-',
  keeps_data: true,
  stream: { shards: null, retention_h: 7 * 24 },
  consumer: {
    batch_records: 500,
    batch_window_s: 1,
    parallelization: 10,
    max_age_s: (7 * 24 - 12) * HOUR_S,
    attempts: 10_000,
    timeout_s: 60,
    memory_mb: 1_024,
  },
  archive: { batch_records: 10_000, batch_window_s: 120, timeout_s: 120, memory_mb: 1_024 },
  night: { hour: 2, minute: 0, memory_mb: 3_538, storage_mb: { all: 10_240, batch: 2_048 } },
  question_bytes: 10_000_000_000,
  behind_alarm_s: 5 * 60,
  log_days: 90,
  api: { rate: 200, burst: 400 },
}

export const STAGES: readonly Stage[] = [SMALL, PROD]

/** @throws where there is no stage of this name */
export function stageOf(name: unknown): Stage {
  const stage = STAGES.find((one) => one.name === name)
  if (!stage) throw new Error(`stage ${name} is none of ${STAGES.map((one) => one.name).join(', ')}`)
  return stage
}
