/** One process that takes a batch, and what may happen to it on the way: each of its writes may be its last. */
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { type MemoryStore, memoryStore } from '../../adapters/memory-store.ts'
import type { MemoryTables } from '../../adapters/memory-tables.ts'
import type { Arriving, BatchWrite, HotStore, Logger, Metrics } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { type ProcessorPorts, processBatch, WriteConflict } from '../../processors/process-batch.ts'
import type { Random } from './device-life.ts'

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
export const noMetrics: Metrics = { count() {}, gauge() {} }

export type Ports = Required<ProcessorPorts>

/**
 * `crash`: the process is gone before its nth write. `throttled`: that write is refused, and the process lives on.
 * `half_failed`: of the nth batch of writes some are made. `unheard`: all are made, and the answer is lost.
 * `paused`: before its nth write the process stands still, and goes on when others have taken over.
 */
export type Mishap = { kind: 'crash' | 'throttled' | 'half_failed' | 'unheard' | 'paused'; at: number }

/** What a processor may get wrong: each is a part of a home put together otherwise (broken.ts). */
export type Variant = {
  /** Around the store of one process. `memory` is the process's own, and gone when it crashes. */
  store?: (store: HotStore, memory: Map<string, string>) => HotStore
  ports?: (ports: Ports) => Ports
  /** What it makes of a batch before it looks at it. */
  records?: (records: LogRecord[], memory: Map<string, string>) => LogRecord[]
  /** Before each single write, with the name of its table and its key. */
  onWrite?: (tables: MemoryTables, what: string) => void
  /** The clean run is put together the same way: what it comes to must not depend on what happens. */
  everywhere?: true
}

/** The process died here. */
class Crash extends Error {}

export type Attempt = {
  records: LogRecord[]
  tables: MemoryTables
  /** Whether a batch is written whole or not at all. */
  atomic: boolean
  mishap: Mishap | null
  random: Random
  feed: (fed: readonly Arriving[]) => void
  memory: Map<string, string>
  variant: Variant
  /** Under this name the store keeps the place. */
  consumer?: string
}

/** `resume` lets a process that stood still go on, and resolves when it has ended, well or not. */
export type Outcome =
  | { kind: 'done' | 'failed' | 'crashed' }
  | { kind: 'paused'; resume: () => Promise<unknown> }

/** Processes a batch; what is no mishap and no trouble that a home would try again is our own bug, and is thrown. */
export async function attempt(of: Attempt): Promise<Outcome> {
  const [gate, paused] = [deferred(), deferred()]
  let steps = 0
  const step = async () => {
    steps++
    if (steps !== of.mishap?.at) return
    if (of.mishap.kind === 'crash') throw new Crash()
    if (of.mishap.kind === 'throttled') throw new InfrastructureError('throttled')
    if (of.mishap.kind !== 'paused') return
    paused.resolve()
    await gate.promise
  }
  const told = of.variant.records?.(of.records, of.memory) ?? of.records
  const run = processBatch(told, portsOf(of, step), of.consumer).then(
    () => ({ kind: 'done' as const }),
    (error: unknown) => {
      if (error instanceof Crash) return { kind: 'crashed' as const }
      if (error instanceof InfrastructureError || error instanceof WriteConflict)
        return { kind: 'failed' as const }
      throw error
    },
  )
  const resume = () => {
    gate.resolve()
    return run
  }
  return Promise.race([run, paused.promise.then(() => ({ kind: 'paused' as const, resume }))])
}

function portsOf(of: Attempt, step: () => Promise<void>): Ports {
  const { tables, variant, memory } = of
  const feed = async (fed: readonly Arriving[]) => {
    for (const one of fed) {
      await step()
      of.feed([one])
    }
  }
  const onWrite = async (what: string) => {
    await step()
    variant.onWrite?.(tables, what)
  }
  const store = of.atomic
    ? wholeOrNot(memoryStore({ tables, onWrite: (what) => variant.onWrite?.(tables, what) }), step)
    : unheard(memoryStore({ tables, onWrite }), of)
  const ports = {
    store: variant.store?.(store, memory) ?? store,
    metrics: noMetrics,
    logger: silentLogger,
    feed,
  }
  return variant.ports?.(ports) ?? ports
}

/** A transaction: a process may end before it, or when it is made. */
function wholeOrNot(inner: MemoryStore, step: () => Promise<void>): HotStore {
  const write: HotStore['write'] = async (batch) => {
    await step()
    const written = await inner.write(batch)
    await step()
    return written
  }
  return { ...inner, atomic: true, write }
}

/** Requests that are made in part, or whose answers are lost: whoever made them cannot know. */
function unheard(inner: MemoryStore, { mishap, random, tables }: Attempt): HotStore {
  let writes = 0
  const write: HotStore['write'] = async (batch) => {
    writes++
    if (writes === mishap?.at && mishap.kind === 'half_failed') {
      await memoryStore({ tables }).write(someOf(batch, random))
      throw new InfrastructureError('some of the writes failed')
    }
    const written = await inner.write(batch)
    if (writes === mishap?.at && mishap.kind === 'unheard') throw new InfrastructureError('no answer')
    return written
  }
  return { ...inner, write }
}

/** Some of the rows, and none of the states: those are written when all rows are. */
function someOf({ devices, quarantined }: BatchWrite, random: Random): BatchWrite {
  const never = Number.MAX_SAFE_INTEGER - 1
  return {
    quarantined: quarantined.filter(() => random.chance(0.5)),
    devices: devices.map((device) => ({
      ...device,
      puts: device.puts.filter(() => random.chance(0.5)),
      expected_version: never,
      state: { ...device.state, version: never + 1 },
    })),
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
