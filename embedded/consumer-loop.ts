/** The consumer: reads the log behind its checkpoint, a batch at a time, for as long as the process lives. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventLog, HotStore, Logger } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { BatchReport } from '../processors/process-batch.ts'
import { NewerState } from '../statecharts/device-state.ts'
import { describeTrouble, isOwnBug } from './own-bug.ts'

/** What one turn of the loop came to. `report` is null where there was nothing to read, or where it failed. */
export type ConsumerStep = {
  /** The last record whose effects are stored. */
  position: string
  report: BatchReport | null
  /** Nothing was left to read. */
  caught_up: boolean
  /** Consecutive failures; 0 is well. */
  failures: number
  /** Why it can only wait: the next record's device has a state that newer code made. Null where it is something else. */
  held: string | null
}

export type ConsumerParts = {
  consumer: string
  log: Pick<EventLog, 'read'>
  store: Pick<HotStore, 'position'>
  /** Writes rows, states and the checkpoint, or throws and has written nothing. */
  process: (records: LogRecord[]) => Promise<BatchReport>
  /** Waits so long; ends sooner when the log has grown, or when the loop is told to stop. */
  rest: (wait_ms: number) => Promise<void>
  /** Waits so long; ends sooner only when the loop is told to stop. */
  pause: (wait_ms: number) => Promise<void>
  /** 0 to 1, for the jitter of a retry. */
  random: () => number
  onStep: (step: ConsumerStep) => void
  logger: Logger
}

/** `drain`: read what there is, then end. `cut`: end after the batch in hand. */
export type ConsumerStop = { drain: AbortSignal; cut: AbortSignal }

/** A poll for what a lost wake-up would leave lying. */
const POLL_MS = 500
/**
 * Under load the next batch is given a moment to grow: every batch reads and writes the state of each device in it, so
 * that of 1,000 devices an event costs 105 µs in batches of 250, 65 in batches of 2,000 and 55 in batches of 5,000.
 */
const GATHER_MS = 100
const GATHER_FROM = 500
const BACKOFF_FIRST_MS = 100
const BACKOFF_MOST_MS = 15_000

/**
 * Runs until it is told to stop; true when nothing was left to read. Sick infrastructure is tried again from the
 * stored position; our own bug is thrown, with the batch's positions in the log.
 */
export async function runConsumer(parts: ConsumerParts, stop: ConsumerStop): Promise<boolean> {
  const { log, store, logger } = parts
  let position: string | null = null
  let limit = FIRST_LIMIT
  let failures = 0
  while (!stop.cut.aborted) {
    let records: LogRecord[] = []
    try {
      position ??= await store.position(parts.consumer)
      records = await log.read(position, limit)
      const last = records.at(-1)
      const report: BatchReport | null = last ? await parts.process(records) : null
      position = last?.position ?? position
      if (failures > 0) logger.info('the consumer is well again', { position })
      failures = 0
      parts.onStep({ position, report, caught_up: !last, failures, held: null })
    } catch (error) {
      if (isOwnBug(error)) {
        logger.error('a bug stopped the consumer', { ...span(records), ...describeTrouble(error) })
        throw error
      }
      failures++
      const { error: name, reason } = describeTrouble(error)
      const held = error instanceof NewerState ? error.message : null
      const what = held ? 'the consumer waits for newer code' : 'a batch failed, it is tried again'
      logger.warn(what, { ...span(records), failures, error: name, reason })
      parts.onStep({ position: position ?? '', report: null, caught_up: false, failures, held })
      // Where the next try begins is for the store to say: what was written, the failure has not told us.
      position = null
      if (stop.drain.aborted) return false
      await parts.pause(backoff(failures, parts.random()))
      continue
    }
    const emptied = records.length < limit
    limit = nextLimit(limit, records)
    if (records.length > 0) {
      // Everything above may have run without leaving this turn, and orders to stop come between turns.
      await nextTurn()
      if (emptied && records.length >= GATHER_FROM) await parts.pause(GATHER_MS)
    } else if (stop.drain.aborted) return true
    else await parts.rest(POLL_MS)
  }
  return false
}

const FIRST_LIMIT = 250
const MOST_RECORDS = 5_000
const FEWEST_RECORDS = 16
/** What a batch may weigh: big payloads make batches short. */
const BATCH_BYTES = 4 * 1024 * 1024

function nextLimit(limit: number, records: LogRecord[]): number {
  const bytes = records.reduce((sum, record) => sum + record.payload.byteLength, 0)
  if (bytes > BATCH_BYTES) return Math.max(FEWEST_RECORDS, limit >> 1)
  const mayGrow = records.length === limit && bytes * 2 <= BATCH_BYTES
  return mayGrow ? Math.min(MOST_RECORDS, limit * 2) : limit
}

/** Doubles from try to try, less up to a half, so that two who failed together do not come back together. */
function backoff(failures: number, random: number): number {
  const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** (failures - 1))
  return most * (1 - random / 2)
}

function span(records: LogRecord[]): { from_position: string | null; to_position: string | null } {
  return { from_position: records[0]?.position ?? null, to_position: records.at(-1)?.position ?? null }
}
