/** The fold of a verify over threads: each has its share of the devices, and reads the source by itself. */
import { sqliteStored } from '../adapters/sqlite-stored.ts'
import { createBegin, type StoredHistory } from '../processors/replay-begin.ts'
import {
  type FoldedDevice,
  type FoldFigures,
  type FoldOptions,
  foldRecords,
} from '../processors/replay-fold.ts'
import { type ReplayRange, SourceRefused } from '../processors/replay-source.ts'
import type { Fold } from '../processors/replay-verify.ts'
import { inScratch, pastOf } from './replay-archive.ts'
import { openSource } from './replay-open.ts'
import type { SourceOptions } from './replay-places.ts'
import { runShares, type ShareListener } from './share-threads.ts'

export type FoldPlan = ShareListener & {
  source: SourceOptions
  until: string | null
  range: ReplayRange
  threads: number
  /** What is stored of devices whose beginning the source may lack. */
  begin?: BeginAt
}

/** A file that every thread opens by itself, or what is open already, for one thread. */
export type BeginAt = { stored: { path: string } | StoredHistory; lacking_ms: number | null }

export type ShareStart = Pick<FoldPlan, 'source' | 'until' | 'range' | 'begin'> & {
  share: number
  shares: number
  /** Where its source may put files for a while: whoever started it removes them, however it ends. */
  scratch?: string | undefined
  /** Another share has failed where it is 1: nothing more is wanted. */
  stop?: Int32Array
}

/** Tells now and then. */
const TOLD_EVERY_MS = 200

/** Opens the source of one share, in this thread, and folds it by `fold`. */
export async function withShare<Figures>(
  start: ShareStart,
  on: ShareListener,
  fold: (options: FoldOptions) => Promise<Figures>,
): Promise<Figures> {
  const { source, until, range, share, shares } = start
  let read = 0
  let records = 0
  let told_ms = 0
  let total: number | null = null
  const told = () => {
    const now = performance.now()
    if (now - told_ms < TOLD_EVERY_MS) return
    told_ms = now
    on.onRead(share, read, total, records)
  }
  // A source may have much to do before it has a record.
  const onRead = (now: number) => {
    endWhereStopped(start.stop)
    read = now
    if (total !== null) told()
  }
  const opened = await openSource({
    source,
    // What a device comes to, all of its past decides.
    range: pastOf(range),
    share: { share, shares },
    scratch: start.scratch,
    until,
    onPoison: on.onPoison,
    onRead,
  })
  total = opened.total
  try {
    const onRecords = (now: number) => {
      endWhereStopped(start.stop)
      records = now
      told()
    }
    const begun = start.begin && beginningsOf(start.begin, range)
    try {
      const { begin, configs } = begun ?? {}
      const options = { source: opened.source, range, share, shares, onRecords }
      return await fold({ ...options, ...(begin && { begin }), ...(configs && { configs }) })
    } finally {
      begun?.close()
    }
  } finally {
    opened.close()
  }
}

function beginningsOf({ stored, lacking_ms }: BeginAt, { from }: ReplayRange) {
  if (!('path' in stored)) return { begin: createBegin({ stored, lacking_ms, from }), close: () => {} }
  const file = sqliteStored(stored.path)
  const begin = createBegin({ stored: file.history, lacking_ms, from })
  return { begin, configs: file.wirelessConfigs(), close: file.close }
}

/** A thread that is ended from outside while DuckDB works for it takes the process with it: it ends by itself. */
function endWhereStopped(stop: Int32Array | undefined): void {
  if (stop && Atomics.load(stop, 0) === 1) throw new SourceRefused('another thread has failed')
}

/** A thread a share; with one, this thread. */
export function threadedFold(plan: FoldPlan): Fold {
  const { source, until, range, threads, begin } = plan
  const start = { source, until, range, shares: threads, ...(begin && { begin }) }
  if (threads === 1)
    return async (tell) => [
      await withShare({ ...start, share: 0 }, plan, (options) => foldRecords(options, tell)),
    ]
  const worker = new URL('./replay-fold.worker.ts', import.meta.url)
  const starts = Array.from({ length: threads }, (_, share): ShareStart => ({ ...start, share }))
  return (tell) =>
    inScratch(source, (scratch) => {
      const all = starts.map((one) => ({ ...one, scratch }))
      return runShares<FoldedDevice, FoldFigures>(worker, all, plan, tell)
    })
}
