/** One log, one store, and a consumer that crashes and comes back: the same world for every seed. */

import { positionText } from '../../adapters/log-position.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { Arriving, BatchWrite, HotStore, Logger, Metrics } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { type ProcessorPorts, processBatch } from '../../processors/process-batch.ts'
import type { Random, Record0 } from './device-life.ts'
import { type Dump, lawful } from './law.ts'

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
export const noMetrics: Metrics = { count() {}, gauge() {} }

type Ports = Required<ProcessorPorts>

/** The process died here. */
class Crash extends Error {}

/** Positions as a log gives them. */
export function laid(records: readonly Record0[]): LogRecord[] {
  return records.map((record, index) => ({ ...record, position: positionText(index + 1) }))
}

/** Everything once, in order, in one go; then what that has put on the log for pairs. */
export async function cleanRun(records: readonly Record0[]): Promise<Dump> {
  const store = memoryStore()
  const log = growing(records)
  const ports = {
    store,
    metrics: noMetrics,
    logger: silentLogger,
    feed: async (fed: Arriving[]) => log.add(fed),
  }
  for (let from = 0; from < log.records.length; ) {
    const batch = log.records.slice(from)
    from = log.records.length
    await processBatch(batch, ports, 'clean')
  }
  return lawful(store.dump())
}

/** The log as it is, to which a run adds what it feeds. */
function growing(records: readonly Record0[]) {
  const log = laid(records)
  return {
    records: log,
    add(fed: readonly Arriving[]): void {
      for (const { received_at = 0, ...record } of fed) {
        const position = positionText(log.length + 1)
        log.push({ ...record, received_at, verdict: 'ok', position })
      }
    },
  }
}

/** Some records again, each somewhere after it came first: a broker or a producer that repeats itself. */
export function withDuplicates(records: readonly Record0[], random: Random, chance: number): Record0[] {
  const result: Record0[] = []
  records.forEach((record, index) => {
    result.push(record)
    while (random.chance(chance)) result.push(records[random.below(index + 1)] as Record0)
  })
  return result
}

/** Each record up to `reach` places from its own, but for the first of all, which says what the device is. */
export function reordered(records: readonly Record0[], random: Random, reach: number): Record0[] {
  const [first, ...others] = records
  const placed = others.map((record, index) => ({ record, at: index + random.next() * reach }))
  const rest = placed.sort((a, b) => a.at - b.at).map(({ record }) => record)
  return first ? [first, ...rest] : rest
}

/** Batches cut anywhere, a crash before any single write or append, and back to the stored position each time. */
export async function faultyRun(
  records: readonly Record0[],
  random: Random,
  {
    crash = 0.02,
    store: wrap = (store: HotStore): HotStore => store,
    order: ordered = (ports: Ports) => ports,
  } = {},
): Promise<Dump> {
  const inner = memoryStore({
    onWrite() {
      if (random.chance(crash)) throw new Crash()
    },
  })
  const store = wrap(inner)
  const log = growing(records)
  const feed = async (fed: Arriving[]) => {
    for (const one of fed) {
      if (random.chance(crash)) throw new Crash()
      log.add([one])
    }
  }
  const ports = ordered({ store, metrics: noMetrics, logger: silentLogger, feed })
  for (;;) {
    const position = await store.position('faulty')
    const from = position === '' ? 0 : Number(position)
    if (from === log.records.length) return lawful(inner.dump())
    const batch = log.records.slice(from, from + 1 + random.below(20))
    try {
      await processBatch(batch, ports, 'faulty')
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
}

/** Broken on purpose: what a batch is to pairs goes on the log when the batch has been written. */
export function feedAfterWriting(ports: Ports): Ports {
  const waiting: Arriving[] = []
  const write: HotStore['write'] = async (batch) => {
    const written = await ports.store.write(batch)
    await ports.feed(waiting.splice(0))
    return written
  }
  return {
    ...ports,
    store: { ...ports.store, write },
    feed: async (records) => void waiting.push(...records),
  }
}

/** Broken on purpose: the state goes before the rows that it speaks of. */
export function stateBeforeEvents(store: HotStore): HotStore {
  const stateFirst = async (batch: BatchWrite) => {
    // A mark is a state alone.
    if (batch.devices.every(({ puts }) => puts.length === 0)) return store.write(batch)
    const states = batch.devices.map((device) => ({ ...device, puts: [] }))
    const { conflicts } = await store.write({ devices: states, quarantined: [] })
    if (conflicts.length > 0) return { conflicts }
    const rows = batch.devices.map((device) => ({
      ...device,
      expected_version: device.state.version,
      state: { ...device.state, version: device.state.version + 1 },
    }))
    return store.write({ ...batch, devices: rows })
  }
  return { ...store, write: stateFirst }
}

/** Broken on purpose: nobody who comes after a crash is told that a repair had begun. */
export function saysItIsAtomic(store: HotStore): HotStore {
  return { ...store, atomic: true }
}
