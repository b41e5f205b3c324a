/** One log, one store, and a consumer that crashes and comes back: the same world for every seed. */

import { memoryStore } from '../../adapters/memory-store.ts'
import type { BatchWrite, HotStore, Logger, Metrics } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import type { Random, Record0 } from './device-life.ts'
import { type Dump, lawful } from './law.ts'

export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
export const noMetrics: Metrics = { count() {}, gauge() {} }

/** The process died here. */
class Crash extends Error {}

/** Positions as a log gives them. */
export function laid(records: readonly Record0[]): LogRecord[] {
  return records.map((record, index) => ({ ...record, position: String(index + 1).padStart(20, '0') }))
}

/** Everything once, in order, in one go. */
export async function cleanRun(records: readonly Record0[]): Promise<Dump> {
  const store = memoryStore()
  await processBatch(laid(records), { store, metrics: noMetrics, logger: silentLogger }, 'clean')
  return lawful(store.dump())
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

/** Batches cut anywhere, a crash before any single write, and back to the stored position each time. */
export async function faultyRun(
  records: readonly Record0[],
  random: Random,
  { crash = 0.02, store: wrap = (store: HotStore): HotStore => store } = {},
): Promise<Dump> {
  const inner = memoryStore({
    onWrite() {
      if (random.chance(crash)) throw new Crash()
    },
  })
  const store = wrap(inner)
  const log = laid(records)
  for (;;) {
    const position = await store.position('faulty')
    const from = position === '' ? 0 : Number(position)
    if (from === log.length) return lawful(inner.dump())
    const batch = log.slice(from, from + 1 + random.below(20))
    try {
      await processBatch(batch, { store, metrics: noMetrics, logger: silentLogger }, 'faulty')
    } catch (error) {
      if (!(error instanceof Crash)) throw error
    }
  }
}

/** Broken on purpose: the state goes before the rows that it speaks of. */
export function stateBeforeEvents(store: HotStore): HotStore {
  const stateFirst = async (batch: BatchWrite) => {
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
