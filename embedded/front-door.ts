/**
 * The front door: whatever comes in, over MQTT, HTTP, an import or from inside, is stamped once and made durable here.
 * Arrivals of one turn of the event loop, and all that come while a commit is under way, share one append.
 */
import {
  type Arriving,
  type FrontDoor,
  type Logger,
  type Metrics,
  StoreFull,
  type TriableLog,
} from '../events/ports.ts'
import type { NewRecord } from '../events/record.ts'
import type { Feed } from '../processors/feed-pairs.ts'

/**
 * `full`: the home cannot keep more; `failing`: the log refuses for another reason. Both end with the next append that
 * succeeds, or, where nobody comes, with the next try of as much as was refused.
 */
export type FrontDoorState = 'open' | 'full' | 'failing' | 'closed'

export type FrontDoorStatus = {
  state: FrontDoorState
  admitted: number
  refused: number
  /** Arrivals whose commit has not ended. */
  waiting: number
}

/** The port, with what the process must know of it. `admit` rejects with `DoorClosed` at the end. */
export type EmbeddedFrontDoor = FrontDoor & {
  status(): FrontDoorStatus
  /** Tries the log first where no append has just told how it is: `open` is an append that would succeed. */
  look(): Promise<FrontDoorStatus>
  /** Resolves when everything admitted so far has been answered. */
  settled(): Promise<void>
  /** Refuses whatever comes from now on; resolves when everything admitted before has been answered. */
  close(): Promise<void>
}

export type FrontDoorParts = {
  log: Pick<TriableLog, 'append' | 'tryRoom'>
  /** Epoch ms. */
  clock: () => number
  metrics: Metrics
  logger: Logger
  /** Told after each commit how many records became durable. */
  onDurable?: (records: number) => void
  /** How long what the log told holds: after an append that failed what comes is refused unseen, and then it is tried. */
  retry_after_ms?: number
}

export class DoorClosed extends Error {}

/** Feeds pairs by this door, which keeps the order of what comes at once. */
export function feedBy(door: Pick<EmbeddedFrontDoor, 'admit'>): Feed {
  return async (records) => {
    await Promise.all(records.map((record) => door.admit(record)))
  }
}

/** Bounds of one append: what a crash may leave unanswered, and what one write holds in memory. */
const MAX_GROUP_RECORDS = 4_000
const MAX_GROUP_BYTES = 8 * 1024 * 1024

type Admitted = { received_at: number }
type Group = { records: NewRecord[]; bytes: number } & PromiseWithResolvers<void>

export function createFrontDoor(parts: FrontDoorParts): EmbeddedFrontDoor {
  const { log, clock, metrics, logger } = parts
  const groups: Group[] = []
  let flushing = false
  let state: FrontDoorState = 'open'
  let refusal: Error | null = null
  let refused_bytes = 0
  let told_ms = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  const retry_after_ms = parts.retry_after_ms ?? 1_000
  let waiting = 0
  let admitted = 0
  let refused = 0
  let drained: PromiseWithResolvers<void> | null = null

  function admit({ source, topic, payload, received_at = clock() }: Arriving): Promise<Admitted> {
    if (refusal) {
      refused++
      metrics.count('records_refused')
      return Promise.reject(refusal)
    }
    const group = openGroup(groups)
    group.records.push({ received_at, source, topic, payload, verdict: 'ok' })
    group.bytes += payload.byteLength
    waiting++
    if (!flushing) {
      flushing = true
      // One turn of the event loop: every socket that has something to say is read before the commit.
      setImmediate(() => void flush())
    }
    return group.promise.then(() => ({ received_at }))
  }

  async function flush(): Promise<void> {
    for (let group = groups.shift(); group; group = groups.shift()) {
      await commit(group)
      // Sockets are read between two commits, or the next group would stay small for ever.
      if (groups.length > 0) await nextTurn()
    }
    flushing = false
    drained?.resolve()
    drained = null
  }

  async function commit(group: Group): Promise<void> {
    const size = group.records.length
    try {
      await log.append(group.records)
    } catch (error) {
      refuseFrom(error as Error, group)
      return
    }
    waiting -= size
    admitted += size
    metrics.count('records_in', size)
    accepts()
    parts.onDurable?.(size)
    group.resolve()
  }

  /** The failed group and all behind it are refused: their senders keep them and come again. */
  function refuseFrom(error: Error, failed: Group): void {
    refused_bytes = bytesOf(failed.records)
    for (const group of [failed, ...groups.splice(0)]) {
      waiting -= group.records.length
      refused += group.records.length
      metrics.count('records_refused', group.records.length)
      group.reject(error)
    }
    if (state !== 'closed') refusal = error
    refuses(error)
  }

  function accepts(): void {
    told_ms = performance.now()
    refused_bytes = 0
    if (state !== 'full' && state !== 'failing') return
    state = 'open'
    refusal = null
    clearTimeout(timer)
    logger.info('the log accepts messages again')
  }

  function refuses(error: Error): void {
    told_ms = performance.now()
    if (state === 'closed') return
    const turned = error instanceof StoreFull ? 'full' : 'failing'
    if (state !== turned) {
      state = turned
      logger.warn('the log refuses messages, senders are told to come again', { state, error: error.message })
    }
    clearTimeout(timer)
    timer = setTimeout(tryAgain, retry_after_ms).unref()
  }

  /** The next arrival may try for itself, which a small one may do with success where a try of all that was refused fails. */
  function tryAgain(): void {
    if (state === 'closed') return
    refusal = null
    // An append under way tells it as well.
    if (!flushing) void tryLog()
  }

  /** What comes meanwhile waits, as behind an append. */
  async function tryLog(): Promise<void> {
    flushing = true
    await log.tryRoom(refused_bytes).then(accepts, refuses)
    void flush()
  }

  async function look(): Promise<FrontDoorStatus> {
    const isTold = flushing || performance.now() - told_ms < retry_after_ms
    if (state !== 'closed' && !isTold) await tryLog()
    return status()
  }

  function settled(): Promise<void> {
    if (!flushing) return Promise.resolve()
    drained ??= Promise.withResolvers<void>()
    return drained.promise
  }

  const status = () => ({ state, admitted, refused, waiting })

  return {
    admit,
    status,
    look,
    settled,
    close: () => {
      state = 'closed'
      refusal = new DoorClosed('the front door is closed')
      return settled()
    },
  }
}

/** What a record takes beside its payload and its topic, or somewhat more. */
const RECORD_BYTES = 32

function bytesOf(records: readonly NewRecord[]): number {
  return records.reduce(
    (sum, { payload, topic }) => sum + payload.byteLength + Buffer.byteLength(topic) + RECORD_BYTES,
    0,
  )
}

function openGroup(groups: Group[]): Group {
  const last = groups.at(-1)
  if (last && last.records.length < MAX_GROUP_RECORDS && last.bytes < MAX_GROUP_BYTES) return last
  const group: Group = { records: [], bytes: 0, ...Promise.withResolvers<void>() }
  groups.push(group)
  return group
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
