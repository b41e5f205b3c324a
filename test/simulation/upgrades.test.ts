/** The law across a change of charts: for the same log, and the same place in it from which newer code goes on. */
import { beforeAll, describe, expect, test } from 'vitest'
import { positionText } from '../../adapters/log-position.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import type { HotStore } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { untilTopic } from '../../events/topics.ts'
import { openRecord, readRecord } from '../../processors/decode-record.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { type DeviceState, NewerState } from '../../statecharts/device-state.ts'
import { type Release, releaseOf } from '../stand-ins/release.ts'
import {
  hastyCharger,
  migrateCycle,
  migrateSession,
  settlingThermostat,
} from '../statecharts/next-versions.ts'
import { laid, reordered, withDuplicates } from './arrivals.ts'
import { noMetrics, silentLogger } from './consumer.ts'
import { lifeOf, longAfter, type Random, type Record0, randomOf } from './device-life.ts'
import { type Dump, lawful } from './law.ts'
import { replayed } from './replayed.ts'

const SEEDS = Number(process.env.SEEDS ?? 100)

class Crash extends Error {}

const older: Release = { processBatch }
let newer: Release[]
beforeAll(async () => {
  newer = await Promise.all(
    [
      { thermostat: settlingThermostat('refold'), evse: hastyCharger('refold') },
      { thermostat: settlingThermostat('pin'), evse: hastyCharger('pin') },
      { thermostat: settlingThermostat(migrateCycle), evse: hastyCharger(migrateSession) },
    ].map(releaseOf),
  )
})

type Run = { log: LogRecord[]; change: number; release: Release }

/** One device's records in some order, the place of the change among them, and time for everything to come to its end. */
function runOf(seed: number): Run & { random: Random } {
  const random = randomOf(seed * 15_485_863)
  const records = lifeOf('dev-1', random, 30, { uptime: false }).flatMap((record) =>
    random.chance(0.3)
      ? [record, timeAt(record.received_at + random.pick([0, 120_000, 3_600_000]))]
      : [record],
  )
  const shuffled = reordered(records, random, random.pick([1, 2, 5, 40]))
  const cut = 1 + random.below(shuffled.length - 1)
  const repeat = (some: Record0[]) => withDuplicates(some, random, 0.2)
  const first = repeat(shuffled.slice(0, cut))
  const end = random.chance(0.5) ? longAfter(['dev-1']) : []
  const log = laid([...first, ...repeat(shuffled.slice(cut)), ...end])
  return { log: onItsOwn(log), change: first.length, release: random.pick(newer), random }
}

/** The sweep came by. */
function timeAt(until: number): Record0 {
  const payload = new TextEncoder().encode(JSON.stringify({ device_id: 'dev-1', until }))
  const topic = untilTopic('dev-1')
  return { source: 'internal', topic, received_at: until, payload, verdict: 'unchecked' }
}

/** Without the circuit: pairs have no part in this. */
function onItsOwn(log: LogRecord[]): LogRecord[] {
  return log
    .filter(({ topic }) => !topic.includes('pair'))
    .flatMap((record) => {
      const message = messageIn(record.payload)
      // Poison is quarantined whatever the chart is.
      if (message === null) return []
      if (message.config) delete message.config.interlock_circuit
      return { ...record, payload: new TextEncoder().encode(JSON.stringify(message)) }
    })
}

/** What was refused was refused by whoever read it first: it is no part of what a device's records lead to. */
function withoutPoison({ quarantine: _, ...dump }: Dump): Dump {
  return dump
}

function messageIn(payload: Uint8Array): { config?: Record<string, unknown> } | null {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return null
  }
}

/** Each release reads its part in one go. */
async function smoothRun({ log, change, release }: Run): Promise<Dump> {
  const store = memoryStore()
  const ports = { store, metrics: noMetrics, logger: silentLogger }
  const from = positionText(change)
  await older.processBatch(
    log.filter(({ position }) => position <= from),
    ports,
    'smooth',
  )
  await release.processBatch(
    log.filter(({ position }) => position > from),
    ports,
    'smooth',
  )
  return store.dump()
}

/** Batches cut anywhere, crashes before any single write, and the older release coming back among the newer one's. */
async function rollingRun(
  { log, change, release }: Run,
  random: Random,
  wrap = (store: HotStore): HotStore => store,
): Promise<Dump> {
  const inner = memoryStore({
    onWrite() {
      if (random.chance(0.03)) throw new Crash()
    },
  })
  const store = wrap(inner)
  const ports = { store, metrics: noMetrics, logger: silentLogger }
  const positions = log.map(({ position }) => position)
  for (;;) {
    const done = positions.indexOf(await store.position('rolling')) + 1
    if (done === log.length) return inner.dump()
    const changeAt = positions.filter((position) => position <= positionText(change)).length
    const upTo = done < changeAt ? changeAt : log.length
    const batch = log.slice(done, Math.min(upTo, done + 1 + random.below(12)))
    const returning = hasUpgrades(inner.dump()) && random.chance(0.3)
    try {
      await (done < changeAt || returning ? older : release).processBatch(batch, ports, 'rolling')
      const wentOn = returning && batch.some(isForDevice)
      expect(wentOn, 'older code has gone on with what newer code made').toBe(false)
    } catch (error) {
      if (!(error instanceof Crash) && !(returning && error instanceof NewerState)) throw error
    }
  }
}

/** What is bad in itself is refused by whoever reads it, and moves nobody. */
function isForDevice(record: LogRecord): boolean {
  return !('rejection' in readRecord(openRecord(record), () => 'dev-1'))
}

function isNew({ states = [] }: Dump): boolean {
  const instances = (states as { state: string }[]).flatMap(({ state }) =>
    Object.values((JSON.parse(state) as DeviceState).instances),
  )
  return instances.some(({ version }) => version > 1)
}

function hasUpgrades({ states = [] }: Dump): boolean {
  return (states as { state: string }[]).some(({ state }) => JSON.parse(state).upgrades)
}

describe('a chart that changes in the middle of a device’s life', () => {
  test(`any batching, duplication and crash gives the rows of the smooth run (${SEEDS} seeds)`, async () => {
    let upgraded = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { random, ...run } = runOf(seed)
      const smooth = await smoothRun(run)
      if (hasUpgrades(smooth)) upgraded++
      expect(lawful(await rollingRun(run, random)), `SEED=${seed}`).toEqual(lawful(smooth))
    }
    expect(upgraded).toBeGreaterThan(SEEDS / 2)
  })

  test(`any order too: history follows from the records and the change alone (${SEEDS} seeds)`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { random, ...run } = runOf(seed)
      const dump = await rollingRun(run, random)
      // Without an upgrade one release has seen all of it that counts.
      const release = hasUpgrades(dump) || isNew(dump) ? run.release : older
      expect(withoutPoison(lawful(dump)), `SEED=${seed}`).toEqual(
        withoutPoison(await replayed(dump, run.log, release)),
      )
    }
  })
})
