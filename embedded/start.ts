/** The composition: the whole system in one process, over one folder. */
import { createCounters } from '../adapters/counters.ts'
import { duckdbQuery } from '../adapters/duckdb-query.ts'
import { parseLogPosition } from '../adapters/log-position.ts'
import { createApi } from '../api/app.ts'
import type { ArchiveBook } from '../events/archive-book.ts'
import type { Downlink, EventLog, FrontDoor, HotStore, Logger, ReadStore } from '../events/ports.ts'
import { sweep } from '../processors/sweep.ts'
import { createTimeSyncs, type TimeSyncs } from '../processors/time-syncs.ts'
import { startArchive } from './archive.ts'
import { openArchive } from './archive-folder.ts'
import { startBroker } from './broker.ts'
import { startConsumer } from './consumer.ts'
import type { ConsumerStep } from './consumer-loop.ts'
import type { Figures } from './figures.ts'
import { CONSUMER, type Folder, filesOf, openFolder, warnOfForgotten } from './folder.ts'
import { createFrontDoor, feedBy } from './front-door.ts'
import { figuresOf, type HealthSources, healthOf } from './health.ts'
import { startHttp } from './http.ts'
import { createLagMeter, type LagMeter } from './lag.ts'
import { createNights } from './nights.ts'
import { loadPages } from './pages.ts'
import { pruneLog } from './prune.ts'
import { type Repeating, repeat } from './repeat.ts'
import { createSparingLogger } from './sparing-logger.ts'
import { refuseListen } from './start-refused.ts'

export type EmbeddedOptions = {
  /** The folder that holds everything; made where it is missing. */
  data: string
  /** Address for MQTT and HTTP; this machine only unless told. */
  host?: string
  /** 0 takes a free one. */
  mqtt_port: number
  http_port: number
  /** Names, beside the machine's own, under which a proxy is reached. */
  host_names?: string[]
  /** Epoch ms. */
  clock?: () => number
  /** How long records may wait for others before they are a file of the archive. */
  archive_gather_ms?: number
  /** At this hour of the day, UTC, the night of the day before begins; null for none. */
  night_hour_utc?: number | null
  logger: Logger
  /** Something is broken that no retry mends, and it has been logged: the process must end. */
  onFatal: (error: Error) => void
}

export type Embedded = {
  mqtt_port: number
  http_port: number
  door: FrontDoor
  log: EventLog
  reads: ReadStore
  downlink: Downlink
  figures(): Figures
  /** Takes nothing new in, processes what there is for a moment, closes everything; false where something was left. */
  stop(): Promise<boolean>
}

const SWEEP_MS = 1_000
/** A minute: of a quiet home one small file each, which the night makes one of. */
const ARCHIVE_GATHER_MS = 60_000
const ARCHIVE_LIMIT_MS = 500
const NIGHT_HOUR_UTC = 2
const HOUSEKEEPING_MS = 60_000
/** What two steps of stopping may take; with the rest it is less than two seconds. */
const FLUSH_LIMIT_MS = 300
const DRAIN_LIMIT_MS = 1_000

const DEFAULTS = {
  host: '127.0.0.1',
  host_names: [],
  clock: Date.now,
  archive_gather_ms: ARCHIVE_GATHER_MS,
  night_hour_utc: NIGHT_HOUR_UTC,
}

/** Rejects with `StartRefused` for what a person can mend; whatever had been started is stopped again. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const undo: (() => unknown)[] = []
  try {
    return await compose({ ...DEFAULTS, ...options }, undo)
  } catch (error) {
    for (const step of undo.reverse()) await step()
    throw error
  }
}

/** Lock, stores, consumer, broker, HTTP: whoever speaks first finds everything behind it ready. */
async function compose(options: Required<EmbeddedOptions>, undo: (() => unknown)[]): Promise<Embedded> {
  const { host, clock, onFatal } = options
  const logger = createSparingLogger(options.logger)
  const metrics = createCounters()
  const folder = openFolder(options.data)
  undo.push(folder.close)
  const { log, store, reads } = folder
  await warnOfForgotten(folder, logger)
  const paths = filesOf(options.data)
  const book = await openArchive(options.data, log)
  undo.push(book.close)
  const { lag, progress } = await findPlace(folder)
  const onDurable = (records: number) => {
    lag.appended(records)
    consumer.wake()
  }
  const door = createFrontDoor({ log, clock, metrics, logger, onDurable })
  const onStep = follow(progress, lag)
  const consumer = await startConsumer({
    data: options.data,
    consumer: CONSUMER,
    metrics,
    logger,
    feed: feedBy(door),
    onStep,
    onFatal,
  })
  undo.push(() => consumer.stop(0))
  const archive = await startArchive({
    data: options.data,
    gather_ms: options.archive_gather_ms,
    logger,
    onFatal,
  })
  undo.push(() => archive.stop(0))
  const broker = await startBroker({ door, host, port: options.mqtt_port, metrics, logger }).catch(
    (error) => {
      throw refuseListen({ name: 'MQTT', flag: '--mqtt', host, port: options.mqtt_port }, error)
    },
  )
  undo.push(broker.close)
  const { downlink } = broker
  progress.time_syncs = createTimeSyncs({ downlink, clock, metrics, logger })
  const sources: HealthSources = { metrics, door, lag, consumer: progress, broker }
  const health = async () => {
    await door.look()
    return healthOf(sources)
  }
  const pages = await loadPages()
  const query = duckdbQuery(paths.archive)
  const api = createApi({
    store: reads,
    energy: book.energy,
    query,
    door,
    downlink,
    now: clock,
    health,
    pages,
    logger,
  })
  const http = await startHttp({ api, host, port: options.http_port, host_names: options.host_names }).catch(
    (error) => {
      throw refuseListen({ name: 'HTTP', flag: '--http', host, port: options.http_port }, error)
    },
  )
  const sweeping = startSweep({ store, door, lag, clock, logger, onFatal })
  const keeping = startHousekeeping(options, { folder, book, logger })

  const stop = once(async () => {
    await Promise.all([sweeping.stop(), keeping.stop(), broker.close(), http.close()])
    await within(FLUSH_LIMIT_MS, door.settled())
    // Open until then for what the consumer has to feed; nobody else is left that could come.
    const [drained] = await Promise.all([consumer.stop(DRAIN_LIMIT_MS), archive.stop(ARCHIVE_LIMIT_MS)])
    await within(FLUSH_LIMIT_MS, door.close())
    book.close()
    folder.close()
    return drained
  })
  const figures = () => figuresOf(sources)
  return { mqtt_port: broker.port, http_port: http.port, door, log, reads, downlink, figures, stop }
}

/** How the consumer is, as its last step told. */
type Progress = { failures: number; position: string; held: string | null; time_syncs: TimeSyncs | null }

async function findPlace({ log, store }: Folder): Promise<{ lag: LagMeter; progress: Progress }> {
  const [tail, position] = await Promise.all([log.tail(), store.position(CONSUMER)])
  const at_start = { appended: parseLogPosition(tail), processed: parseLogPosition(position) }
  const lag = createLagMeter(() => performance.now(), at_start)
  return { lag, progress: { failures: 0, position, held: null, time_syncs: null } }
}

function follow(progress: Progress, lag: LagMeter): (step: ConsumerStep) => void {
  return ({ position, report, failures, held }) => {
    progress.failures = failures
    progress.held = held
    if (failures > 0) return
    progress.position = position
    lag.processedTo(parseLogPosition(position))
    if (report) void progress.time_syncs?.request(report.time_syncs)
  }
}

function startSweep(of: {
  store: HotStore
  door: FrontDoor
  lag: LagMeter
  clock: () => number
  logger: Logger
  onFatal: (error: Error) => void
}): Repeating {
  const { lag } = of
  let said = lag.mark()
  async function task(): Promise<void> {
    // Until what the last sweep said has been heard, saying it again would only fill the log.
    if (!lag.hasProcessed(said)) return
    if ((await sweep(of, of.clock())) > 0) said = lag.mark()
  }
  return repeat({ name: 'sweep', every_ms: SWEEP_MS, task, logger: of.logger, onFatal: of.onFatal })
}

/** Nights, and the log behind them. */
function startHousekeeping(
  { data, clock, night_hour_utc, onFatal }: Required<EmbeddedOptions>,
  { folder: { log, store }, book, logger }: { folder: Folder; book: ArchiveBook; logger: Logger },
): Repeating {
  const nights =
    night_hour_utc === null ? null : createNights({ data, hour_utc: night_hour_utc, clock, book, logger })
  const every = { every_ms: HOUSEKEEPING_MS, logger, onFatal }
  const pruning = repeat({ ...every, name: 'pruning', task: () => pruneLog({ log, book, store }, clock()) })
  const looking = repeat({ ...every, name: 'night', task: async () => nights?.look() })
  return {
    stop: async () => {
      await nights?.stop()
      await Promise.all([pruning.stop(), looking.stop()])
    },
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null
  return () => {
    result ??= work()
    return result
  }
}

/** Waits for `work`, but no longer than so. */
async function within(limit_ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limit_ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
