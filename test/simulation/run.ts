/** The same records twice: once each in order by a process to which nothing happens, and by processes to which everything does. */
import { memoryStore } from '../../adapters/memory-store.ts'
import { dumpTables, emptyTables, type MemoryTables } from '../../adapters/memory-tables.ts'
import type { StoreDump } from '../../adapters/store-tables.ts'
import type { Arriving } from '../../events/ports.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { SWEEP_GRACE_MS, sweep } from '../../processors/sweep.ts'
import { attempt, type Mishap, noMetrics, type Outcome, silentLogger, type Variant } from './consumer.ts'
import type { Random, Record0 } from './device-life.ts'
import { type Dump, lawful } from './law.ts'
import { newShards, type Shards } from './shards.ts'

/** Chances are of a step of the run. */
export type Faults = {
  /** A batch is written whole or not at all, by one process; else row by row, by as many as there are shards. */
  atomic: boolean
  /** An attempt at a batch does not end well. */
  mishaps: number
  /** Of these, that the process stands still and goes on later, beside its successor. */
  zombies: number
  /** The stream is cut otherwise. */
  reshards: number
  /** Silent devices are told the time: too early, in time, or late. */
  sweeps: number
  /** So many records arrive before anyone reads. */
  backlog: number
  /** A batch has at most so many. */
  batch: number
}

export const FAULTS: Faults = {
  atomic: false,
  mishaps: 0.3,
  zombies: 0.2,
  reshards: 0.05,
  sweeps: 0,
  backlog: 0,
  batch: 20,
}

/** Everything once, in order, in one go; then what that has put on the log for pairs. */
export async function cleanDump(records: readonly Record0[], variant: Variant = {}): Promise<StoreDump> {
  const tables = emptyTables()
  const run = newRun(records, { ...FAULTS, atomic: true, mishaps: 0, backlog: records.length }, variant)
  arrive(run, records.length)
  const store = memoryStore({ tables })
  const feed = async (fed: Arriving[]) => run.shards.feed(fed)
  for (let [shard] = run.shards.readable(); shard; [shard] = run.shards.readable()) {
    const batch = shard.records.slice(shard.read)
    shard.read = shard.records.length
    const told = variant.records?.(batch, run.memory) ?? batch
    await processBatch(told, { store, metrics: noMetrics, logger: silentLogger, feed })
  }
  return dumpTables(tables)
}

/**
 * Batches cut anywhere by processes to which things happen; resolves when all is processed and nobody is left. `end` comes
 * when everything else has been processed: time is told only to who is known, and a pair is known by what it was fed.
 */
export async function faultyDump(
  records: readonly Record0[],
  random: Random,
  faults: Partial<Faults> = {},
  { variant = {}, end = [] }: { variant?: Variant; end?: readonly Record0[] } = {},
): Promise<StoreDump> {
  const run = newRun(records, { ...FAULTS, ...faults }, variant)
  arrive(run, run.faults.backlog)
  await untilNothingIsLeft(run, random)
  run.coming.push(...end)
  await untilNothingIsLeft(run, random)
  return dumpTables(run.tables)
}

async function untilNothingIsLeft(run: Run, random: Random): Promise<void> {
  const most = 1_000 + run.coming.length * 50
  for (let steps = 0; await stepOn(run, random); steps++)
    if (steps === most) throw new Error(`no end after ${most} steps`)
}

export async function cleanRun(records: readonly Record0[], variant?: Variant): Promise<Dump> {
  return lawful(await cleanDump(records, variant))
}

export async function faultyRun(...of: Parameters<typeof faultyDump>): Promise<Dump> {
  return lawful(await faultyDump(...of))
}

const CONSUMER = 'processor'

type Run = {
  faults: Faults
  variant: Variant
  tables: MemoryTables
  shards: Shards
  coming: Record0[]
  /** Received, so far as the front door knows. */
  now: number
  /** What is received last: the law holds at equal time. */
  ends: number
  zombies: (() => Promise<unknown>)[]
  memory: Map<string, string>
}

function newRun(records: readonly Record0[], faults: Faults, variant: Variant): Run {
  return {
    faults,
    variant,
    tables: emptyTables(),
    shards: newShards(),
    coming: [...records],
    now: 0,
    ends: records.reduce((latest, { received_at }) => Math.max(latest, received_at), 0),
    zombies: [],
    memory: new Map(),
  }
}

function arrive(run: Run, count: number): void {
  for (const record of run.coming.splice(0, count)) {
    run.shards.add(record)
    run.now = Math.max(run.now, record.received_at)
  }
}

/** One thing that happens next; false when nothing is left to happen. */
async function stepOn(run: Run, random: Random): Promise<boolean> {
  const { faults, shards, zombies } = run
  if (random.chance(faults.reshards) && !faults.atomic) shards.reshard(random)
  if (run.coming.length > 0 && random.chance(faults.sweeps)) await sweepAt(run, random)
  const readable = shards.readable()
  if (run.coming.length > 0 && (readable.length === 0 || random.chance(0.3))) {
    arrive(run, 1 + random.below(faults.batch))
    return true
  }
  if (zombies.length > 0 && (readable.length === 0 || random.chance(0.2))) {
    await zombies.splice(random.below(zombies.length), 1)[0]?.()
    return true
  }
  if (readable.length === 0) return false
  await processNext(run, random, random.pick(readable))
  return true
}

async function processNext(run: Run, random: Random, shard: ReturnType<Shards['readable']>[number]) {
  const { faults, variant, tables, memory } = run
  const records = shard.records.slice(shard.read, shard.read + 1 + random.below(faults.batch))
  const mishap = random.chance(faults.mishaps) ? mishapOf(faults, random) : null
  const feed = (fed: readonly Arriving[]) => run.shards.feed(fed)
  const outcome: Outcome = await attempt({
    records,
    tables,
    atomic: faults.atomic,
    mishap,
    random,
    feed,
    memory,
    variant,
    ...(faults.atomic && { consumer: CONSUMER }),
  })
  // One process keeps its place with what it writes; of several somebody else does, by what they answer.
  if (faults.atomic) shard.read = Number(await memoryStore({ tables }).position(CONSUMER))
  else if (outcome.kind === 'done') shard.read += records.length
  else if (outcome.kind === 'paused') run.zombies.push(outcome.resume)
  if (outcome.kind === 'crashed' || outcome.kind === 'paused') run.memory = new Map()
}

/** Any write of a batch as likely as any other would mostly be one of a big batch: so the first ones more often. */
function mishapOf({ atomic, zombies }: Faults, random: Random): Mishap {
  if (atomic) return { kind: random.pick(['crash', 'throttled']), at: 1 + random.below(3) }
  if (random.chance(zombies)) return { kind: 'paused', at: 1 + random.below(2 ** random.below(7)) }
  const kind = random.pick(['crash', 'crash', 'throttled', 'half_failed', 'unheard'] as const)
  const reach = kind === 'crash' || kind === 'throttled' ? 2 ** random.below(8) : 2
  return { kind, at: 1 + random.below(reach) }
}

const OFF_MS = [0, 0, -3_600_000, 6 * 3_600_000, 9 * 86_400_000]

/** The sweep as it runs, by a clock that is as far as the front door's, behind it or ahead of it. */
async function sweepAt({ tables, shards, now, ends }: Run, random: Random): Promise<void> {
  const at = Math.min(Math.max(now + random.pick(OFF_MS), SWEEP_GRACE_MS), ends)
  const admit = async (told: Arriving) => {
    shards.feed([{ ...told, received_at: at }])
    return { received_at: at }
  }
  await sweep({ store: memoryStore({ tables }), door: { admit } }, at)
}
