/** What the night's tasks need, and what they tell each other. Everything between them is small: lists lie in the archive. */
import type { ArchiveFiles } from '../events/archive.ts'
import type { ArchiveBook } from '../events/archive-book.ts'
import type { DayLayout } from '../events/archive-places.ts'
import type { Logger, Metrics } from '../events/ports.ts'

/** One execution of the night. */
export type NightInput = { run: string; day: string }

/** A part of the rows, by the hash of their devices. */
export type BatchRef = { run: string; batch: number }

/** A file of a month that is over. */
export type MonthRef = BatchRef & { month: string }

/** How many rows, and the sum of a hash of each, which is the same in whatever order they are. */
export type RowSums = { rows: number; sum: string }

/**
 * Of the rows that belong to one of the `SHARED_FILES`: `bytes` is how long their texts are, `long_bytes` the same of those
 * that are long by themselves.
 */
export type ShardSums = RowSums & { shard: number; bytes: number; long_bytes: number }

/** Kept in the staging folder of the run. */
export type NightPlan = NightInput & {
  /** Landing files, none of which may go before everything in them is somewhere else. */
  landing: string[]
  rows: number
  batches: number
  layouts: Record<string, DayLayout>
  /** What has landed, before anything is done with it. */
  sums: ShardSums[]
  /** Columns without a value in any row. A plan of an earlier version does not say. */
  empty?: string[]
  set_aside: { name: string; error: string }[]
}

/** What landing files hold. Files that cannot be read are named, with why, and count for nothing. */
export type Survey = {
  rows: number
  days: { day: string; rows: number; devices: number }[]
  sums: ShardSums[]
  /** Columns without a value in any row. */
  empty: string[]
  damaged: { name: string; error: string }[]
}

export type Spreading = {
  sources: readonly string[]
  batches: number
  /** How long texts are, of all rows, and of those with long ones. */
  bytes: number
  long_bytes: number
  rows: number
  /** Columns that need not be carried. */
  empty: readonly string[]
  /** Where what is made is put. */
  staging: string
}

export type Compaction = {
  /** Files with rows of the batch; rows of other batches are not in them. */
  sources: string[]
  /** So many batches the night has. */
  batches: number
  layouts: Record<string, DayLayout>
  /** What of the batch has landed. */
  landed: RowSums
  /** How long its texts are, of all rows. */
  bytes: number
  /** Where what is made is put. */
  staging: string
}

export type StagedPartition = {
  name: string
  staged: string
  day: string
  rows: number
  bytes: number
  /** It was there before, and its rows are in `rows` too. */
  existed: boolean
}

export type Compacted = { partitions: StagedPartition[]; rows: number; copies: number }

/** A month's file in the making. */
export type Gathering = {
  /** Of the month's file. */
  name: string
  /** It is there already: its rows stay in it. */
  existed: boolean
  /** Days' files whose rows it takes in. */
  sources: string[]
  /** Where what is made is put. */
  staging: string
}

/** Nothing is staged where all rows have been taken in before: `copies` of them. */
export type Gathered = { staged: string | null; rows: number; bytes: number; copies: number }

/** What handles files of millions of rows. Only of `compact` and `verify` several calls may be under way. */
export type NightEngine = {
  survey(names: readonly string[]): Promise<Survey>
  /** Rows of the files into files of one batch each, `{staging}{batch}/…`; batches without rows have none. */
  spread(of: Spreading): Promise<void>
  compact(of: Compaction): Promise<Compacted>
  /** Everything that went in against what came out. @throws NotVerified */
  verify(of: Compaction, made: Compacted): Promise<void>
  /** Days whose rows are in these files of months, as they lay before. */
  layouts(months: readonly string[]): Promise<Record<string, DayLayout>>
  gather(of: Gathering): Promise<Gathered>
  /** As `verify`. @throws NotVerified */
  verifyMonth(of: Gathering, made: Gathered): Promise<void>
}

export type NightPorts = {
  files: ArchiveFiles
  engine: NightEngine
  book: ArchiveBook
  /** Epoch ms. */
  now: () => number
  metrics: Metrics
  logger: Logger
  /** Rows that one batch should have, for tests; as many as fit in memory unless told. */
  batch_rows?: number
}

/** The call is wrong; the message is one line for a person. */
export class BadNight extends Error {
  override readonly name = 'BadNight'
}
/** What came out is not what went in. No retry mends that. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified'
}
