/** The modes that write: what each does in a dry run, and in earnest. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RETRIES } from '../adapters/aws-retry.ts'
import { createKinesisClient } from '../adapters/kinesis-client.ts'
import { kinesisAppend } from '../adapters/kinesis-log.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import { CONSUMER, type Folder, openFolder } from '../embedded/folder.ts'
import { StartRefused } from '../embedded/start-refused.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { Arriving, HotStore, Logger, Metrics, Page, Summary } from '../events/ports.ts'
import { type LogRecord, type NewRecord, REPLAYED } from '../events/record.ts'
import { processBatch } from '../processors/process-batch.ts'
import { createAside } from '../processors/replay-aside.ts'
import { rowsOf } from '../processors/replay-cost.ts'
import { overlayStore } from '../processors/replay-overlay.ts'
import { type ReplayBatch, SourceRefused } from '../processors/replay-source.ts'
import {
  type Guard,
  guarded,
  type OnDone,
  onlyNew,
  processReplay,
  type ReplayFigures,
  restream,
} from '../processors/replay-write.ts'
import type { ReplayOptions } from './replay-options.ts'
import type { Done, Writing } from './replay-writing.ts'

const quiet: Logger = { info() {}, warn() {}, error() {} }
const uncounted: Metrics = { count() {}, gauge() {} }
export const UNGUARDED = { most_rows: Number.POSITIVE_INFINITY, ask: async () => Number.POSITIVE_INFINITY }

/** What the folder of a stopped server lacks of the source is put on its log, if it came from elsewhere, and folded in. */
export function repairing(options: ReplayOptions, tell: (line: string) => void): Writing & { close(): void } {
  const { source, data } = options
  const own = source.kind === 'log' && source.folder === data
  const folder = hold(data)
  // What is forgotten of its own log was known once.
  const store: HotStore = own ? { ...folder.store, has_listed: true } : folder.store
  let fresh: Set<string> | null = null
  const tellIncomplete = (device_ids: readonly string[]) => {
    if (device_ids.length === 0) return
    const named = device_ids.slice(0, 5).join(', ')
    tell(`of ${device_ids.length} devices with events set aside the source has not everything: ${named}`)
  }
  const isNew = ({ position }: LogRecord) => fresh === null || fresh.has(position)
  return {
    until: async () => (own ? folder.store.position(CONSUMER) : null),
    dryRun: async (batches, done) => {
      const found = new Set<string>()
      let rows = 0
      const onDone: OnDone = (batch, figures) => {
        if (rowsOf(figures) > rows) for (const { position } of batch.records) found.add(position)
        rows = rowsOf(figures)
        done(batch, figures)
      }
      const feed = async () => {}
      const aside = createAside(await setAside(folder), options.range)
      const figures = await processReplay(aside.watch(own ? batches : inPieces(batches)), {
        store: overlayStore(store),
        feed,
        quarantine: false,
        guard: UNGUARDED,
        onDone,
        atEnd: async (counted) => void (await aside.takeUp({ store: counted, feed })),
      })
      fresh = found
      return figures
    },
    write: async (batches, done, guard) => {
      await drain(folder, folder.store)
      const feed = feedTo(folder)
      const aside = createAside(await setAside(folder), options.range)
      const takeUp = async (store: HotStore) => tellIncomplete(await aside.takeUp({ store, feed }))
      if (own) {
        const figures = await processReplay(onlyNew(aside.watch(batches), isNew), {
          store,
          feed,
          quarantine: false,
          guard,
          onDone: done,
          atEnd: takeUp,
        })
        await drain(folder, folder.store)
        return figures
      }
      const onDone: OnDone = async (batch, figures) => {
        await drain(folder, folder.store, figures)
        done(batch, figures)
      }
      const append = async (records: NewRecord[]) => folder.log.appendSync(records)
      const ports = { append, pace: async () => {}, guard, onDone }
      const figures = await restream(onlyNew(inPieces(aside.watch(batches)), isNew), ports)
      await takeUp(guarded(folder.store, figures, { ...guard }, false))
      await drain(folder, folder.store)
      return figures
    },
    close: folder.close,
  }
}

/** What is listed at `GET /v1/backfill`. */
async function setAside({ reads }: Folder): Promise<Summary[]> {
  const items: Summary[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const range = { from: 0, to: MAX_TIMESTAMP_MS, limit: 500 }
    const page: Page<Summary> = await reads.summaries({
      kind: 'too_old',
      by: 'all',
      ...range,
      ...(cursor && { cursor }),
    })
    items.push(...page.items)
    cursor = page.next_cursor
  }
  return items
}

/** What is new is found out piece by piece: so few records that are known come with one that is not. */
const PIECE = 100

async function* inPieces(batches: AsyncIterable<ReplayBatch>): AsyncGenerator<ReplayBatch> {
  const done = new Map<string, string>()
  for await (const { records, name, position } of batches) {
    for (let from = 0; from < records.length; from += PIECE) {
      const last = from + PIECE >= records.length
      // Whoever is cut off within a batch goes on before it.
      const place = last ? position : (done.get(name) ?? '')
      yield { records: records.slice(from, from + PIECE), name, position: place }
    }
    if (records.length === 0) yield { records, name, position }
    done.set(name, position)
  }
}

/** A folder nobody else holds. */
function hold(data: string): Folder {
  try {
    return openFolder(data)
  } catch (error) {
    if (error instanceof StartRefused) throw new SourceRefused(error.message, { cause: error })
    throw error
  }
}

function feedTo({ log }: Folder): (records: Arriving[]) => Promise<void> {
  return async (records) =>
    log.appendSync(records.map(({ received_at = 0, ...one }) => ({ ...one, received_at, verdict: REPLAYED })))
}

const DRAINED = 2_000

/** The charts run to the end of the log, by what the server's consumer would do, and nobody is told the time. */
async function drain(folder: Folder, store: HotStore, figures?: ReplayFigures): Promise<void> {
  for (;;) {
    const records = await folder.log.read(await folder.store.position(CONSUMER), DRAINED)
    if (records.length === 0) return
    const ports = { store, metrics: uncounted, logger: quiet, feed: feedTo(folder) }
    const report = await processBatch(records, ports, CONSUMER)
    if (!figures) continue
    for (const name of ['duplicates', 'events', 'late', 'quarantined'] as const) figures[name] += report[name]
  }
}

/** All of the source folded into a hot store of its own, beside the live one. */
export function shadowing({ data, table }: ReplayOptions): Writing & { close(): void } {
  const path = shadowPath(data, table ?? '')
  if (existsSync(path)) throw new SourceRefused(`the shadow ${table} is there already: remove ${path} first`)
  return {
    dryRun: (batches, done) => inTemporaryStore((store) => shadow(store, batches, done, UNGUARDED)),
    write: async (batches, done, guard) => {
      mkdirSync(data, { recursive: true })
      return shadowFile(path, batches, done, guard)
    },
    close: () => {},
  }
}

export function shadowPath(data: string, table: string): string {
  return join(data, `shadow-${table}.sqlite`)
}

/** A file that is thrown away: what a shadow comes to may be more than memory holds. */
export async function inTemporaryStore<T>(use: (store: HotStore) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotline-shadow-'))
  try {
    const store = sqliteStore(join(folder, 'hot.sqlite'))
    try {
      return await use(store)
    } finally {
      store.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function shadowFile(path: string, ...of: Parameters<Writing['write']>): Promise<ReplayFigures> {
  const store = sqliteStore(path)
  try {
    return await shadow(store, ...of)
  } finally {
    store.close()
  }
}

/** Folds the batches into an empty store. */
export async function shadow(
  empty: HotStore,
  batches: AsyncIterable<ReplayBatch>,
  onDone: Done,
  guard: Guard,
): Promise<ReplayFigures> {
  // What is in it was all told by this replay, and is never forgotten.
  const store: HotStore = { ...empty, keeps_all: true }
  const fed: Arriving[] = []
  const feed = async (records: Arriving[]) => void fed.push(...records)
  return processReplay(withFed(batches, fed), { store, feed, quarantine: true, guard, onDone })
}

/** What pairs are told comes behind the batch that it follows from; from a log it comes again, and is known. */
export async function* withFed(
  batches: AsyncIterable<ReplayBatch>,
  fed: Arriving[],
): AsyncGenerator<ReplayBatch> {
  let n = 0
  for await (const batch of batches) {
    yield batch
    while (fed.length > 0) {
      const records = fed.splice(0).map(({ received_at = 0, ...one }) => {
        const position = `${batch.position}.${String(++n).padStart(12, '0')}`
        return { ...one, received_at, verdict: REPLAYED, position }
      })
      yield { ...batch, records }
    }
  }
}

/** The records on another log, with the `received_at` that they have. */
export function restreaming({ into, speed }: ReplayOptions): Writing & { close(): void } {
  const target = into?.kind === 'stream' ? intoStream(into) : intoFolder(into?.folder ?? '')
  return {
    dryRun: async (batches, done) => {
      const ports = { append: async () => {}, pace: async () => {}, guard: UNGUARDED, onDone: done }
      return restream(batches, ports)
    },
    write: async (batches, done, guard) => {
      const onDone: OnDone = async (batch, figures) => {
        await target.settle()
        done(batch, figures)
      }
      return restream(batches, { append: target.append, pace: paceOf(speed), guard, onDone })
    },
    close: target.close,
  }
}

type Target = { append(records: NewRecord[]): Promise<void>; settle(): Promise<void>; close(): void }

/** Its charts run to the end of the log here: no server tells anybody of what is new. */
function intoFolder(data: string): Target {
  const folder = hold(data)
  return {
    append: async (records) => folder.log.appendSync(records),
    settle: () => drain(folder, folder.store),
    close: folder.close,
  }
}

/** More patient than a function: a shard takes 1,000 records a second. */
const PATIENT = { ...RETRIES, attempts: 20, most_ms: 5_000 }

function intoStream({ stream, endpoint }: { stream: string; endpoint: string | null }): Target {
  const client = createKinesisClient(endpoint === null ? {} : { endpoint })
  return {
    append: kinesisAppend({ client, stream, retries: PATIENT }),
    settle: async () => {},
    close: () => client.destroy(),
  }
}

/** Waits so that a minute of records takes a minute over `speed`. */
export function paceOf(speed: number | null): (received_at: number) => Promise<void> {
  let first: { received_at: number; at_ms: number } | null = null
  return async (received_at) => {
    if (speed === null) return
    first ??= { received_at, at_ms: performance.now() }
    const wait_ms = first.at_ms + (received_at - first.received_at) / speed - performance.now()
    if (wait_ms > 0) await sleep(wait_ms)
  }
}
