/** The use cases that write: `repair` and `shadow` process records, `restream` puts them on a log. Nobody is notified by any. */
import type { Arriving, BatchWrite, HotStore, Logger, Metrics } from '../events/ports.ts'
import { type LogRecord, type NewRecord, REPLAYED } from '../events/record.ts'
import { processBatch } from './process-batch.ts'
import { addBatch, addRecord, noFigures, rowsOf, type WriteFigures } from './replay-cost.ts'
import type { Places, ReplayBatch } from './replay-source.ts'

export type ReplayFigures = WriteFigures & {
  records: number
  /** Of these, what was known already. */
  duplicates: number
  events: number
  late: number
  quarantined: number
}

export function noReplayFigures(): ReplayFigures {
  return { ...noFigures(), records: 0, duplicates: 0, events: 0, late: 0, quarantined: 0 }
}

/** It would write more than was said: `written` rows so far. Resolves with how many rows it may write from now on; rejects to stop. */
export type AskForMore = (figures: ReplayFigures) => Promise<number>

/** A replay that was told to stop where it would have written more than it said. */
export class StoppedShort extends Error {}

export type Guard = { most_rows: number; ask: AskForMore }

/** Called when what a batch leads to is durable. */
export type OnDone = (batch: ReplayBatch, figures: ReplayFigures) => void | Promise<void>

const quiet: Logger = { info() {}, warn() {}, error() {} }
const uncounted: Metrics = { count() {}, gauge() {} }

export type ProcessPorts = {
  store: HotStore
  /** Puts what pairs are told where it belongs: on the log, or, for a shadow, straight into the records. */
  feed: (records: Arriving[]) => Promise<void>
  /** Whether what is refused goes to quarantine; where it was refused before, it is there. */
  quarantine: boolean
  guard: Guard
  onDone: OnDone
  /** What is to be done with the store when everything has been read. */
  atEnd?: (store: HotStore) => Promise<void>
}

/**
 * Processes the batches in the store: what is known is dropped, what is not is folded in, late or not. Resolves with the
 * figures; the batch in which the guard is asked has not been written.
 */
export async function processReplay(
  batches: AsyncIterable<ReplayBatch>,
  ports: ProcessPorts,
): Promise<ReplayFigures> {
  const figures = noReplayFigures()
  const guard = { ...ports.guard }
  const store = guarded(ports.store, figures, guard, ports.quarantine)
  for await (const batch of batches) {
    await processOne(batch.records, { store, feed: ports.feed }, figures)
    await ports.onDone(batch, figures)
  }
  await ports.atEnd?.(store)
  return figures
}

async function processOne(
  records: readonly LogRecord[],
  { store, feed }: Pick<ProcessPorts, 'store' | 'feed'>,
  figures: ReplayFigures,
): Promise<void> {
  const report = await processBatch(records, { store, feed, metrics: uncounted, logger: quiet })
  // What a time sync would be sent for is in the report too, and nobody sends it.
  for (const name of ['records', 'duplicates', 'events', 'late', 'quarantined'] as const)
    figures[name] += report[name]
}

/** The store, with what is written counted before it is, and asked about where it is more than may be. */
export function guarded(
  store: HotStore,
  figures: ReplayFigures,
  guard: Guard,
  quarantine: boolean,
): HotStore {
  return {
    ...store,
    write: async (all: BatchWrite) => {
      const batch = quarantine ? all : { ...all, quarantined: [] }
      addBatch(figures, batch)
      if (rowsOf(figures) > guard.most_rows) guard.most_rows = await guard.ask(figures)
      return store.write(batch)
    },
  }
}

export type RestreamPorts = {
  append: (records: NewRecord[]) => Promise<void>
  /** Resolves when a record that was received then may go, at the speed asked for. */
  pace: (received_at: number) => Promise<void>
  guard: Guard
  onDone: OnDone
}

/** So much of a stretch at a given speed goes together. */
const PACE_MS = 1_000

/** Puts the records on a log in their order, with the `received_at` that they have. */
export async function restream(
  batches: AsyncIterable<ReplayBatch>,
  ports: RestreamPorts,
): Promise<ReplayFigures> {
  const figures = noReplayFigures()
  let { most_rows } = ports.guard
  for await (const batch of batches) {
    for (const records of stretches(batch.records)) {
      for (const record of records) addRecord(figures, record)
      if (rowsOf(figures) > most_rows) most_rows = await ports.guard.ask(figures)
      await ports.pace(records[0]?.received_at ?? 0)
      await ports.append(records.map(({ position: _, ...record }) => ({ ...record, verdict: REPLAYED })))
      figures.records += records.length
    }
    await ports.onDone(batch, figures)
  }
  return figures
}

function stretches(records: readonly LogRecord[]): LogRecord[][] {
  const all: LogRecord[][] = []
  let began = Number.NEGATIVE_INFINITY
  for (const record of records) {
    if (record.received_at - began >= PACE_MS || record.received_at < began) {
      began = record.received_at
      all.push([])
    }
    all.at(-1)?.push(record)
  }
  return all
}

/** Records that are known are left out: a dry run has come to them before. */
export function onlyNew(
  batches: AsyncIterable<ReplayBatch>,
  isNew: (record: LogRecord) => boolean,
): AsyncIterable<ReplayBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of batches) yield { ...batch, records: batch.records.filter(isNew) }
    },
  }
}

/** Where every shard is, behind the batches that are done. */
export function createPlaces(from: Places): { done(batch: ReplayBatch): Places } {
  const places = { ...from }
  return {
    done: ({ name, position }) => {
      places[name] = position
      return places
    },
  }
}
