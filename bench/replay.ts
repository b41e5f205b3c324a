/**
 * Replay: what it costs to fold an event from the log, from NDJSON and from the archive, by one thread and by a thread a
 * core, and to read it alone. CPU time of all threads, less what a fold of nothing takes, for a thread that starts takes
 * as long as some 50,000 events. `npm run bench:replay`, or `node bench/replay.ts 1000000` for more than 300,000 events
 */
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { duckdbNight } from '../adapters/duckdb-night.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { memoryStore } from '../adapters/memory-store.ts'
import { recordLine } from '../adapters/ndjson-records.ts'
import { writeLanding } from '../adapters/parquet-landing.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { filesOf } from '../embedded/folder.ts'
import { LANDING } from '../events/archive.ts'
import { archiveBatch } from '../processors/archive-batch.ts'
import { EVERYTHING } from '../processors/replay-source.ts'
import { threadedFold } from '../tools/replay-fold.ts'
import { openSource } from '../tools/replay-open.ts'
import type { SourceOptions } from '../tools/replay-places.ts'
import { addSums } from '../workflows/staging.ts'
import { BATCH, batchAt, DEVICES } from './charging-fleet.ts'
import { raceCpu, showRace, type Timed } from './timing.ts'

const EVENTS = Number(process.argv[2] ?? 300_000)
const ROUNDS = Number(process.argv[3] ?? 3)
/** Of the folder whose fold is a start. */
const NEXT_TO_NOTHING = 100

async function writeAll(folder: string, events: number): Promise<void> {
  const log = sqliteLog(filesOf(folder).log)
  const file = createWriteStream(join(folder, 'records.ndjson'))
  for (let from = 0; from < events; from += BATCH) {
    const records = batchAt(from, events)
    log.appendSync(records)
    const lines = records.map((record) => `${recordLine(record)}\n`).join('')
    if (!file.write(lines)) await new Promise((resolve) => file.once('drain', () => resolve(null)))
  }
  log.close()
  await new Promise<void>((resolve) => file.end(() => resolve()))
  await archiveAll(folder, events)
}

/** Landed and compacted, into files that devices share, as a night leaves them. */
async function archiveAll(folder: string, events: number): Promise<void> {
  const files = folderArchive(filesOf(folder).archive)
  const ports = {
    files,
    write: writeLanding,
    store: memoryStore(),
    metrics: { count() {}, gauge() {} },
    logger,
  }
  for (let from = 0; from < events; from += 10_000) {
    const records = [0, 1, 2, 3, 4].flatMap((nth) => batchAt(from + nth * BATCH, events))
    await archiveBatch(records, ports)
  }
  const sources = (await files.list(LANDING)).map(({ name }) => name)
  const engine = duckdbNight(files)
  const { days, sums } = await engine.survey(sources)
  const layouts = Object.fromEntries(days.map(({ day }) => [day, 'shared' as const]))
  const made = await engine.compact({
    sources,
    batches: 1,
    bytes: 0,
    layouts,
    landed: addSums(sums),
    staging: 'staging/bench/',
  })
  for (const { staged, name } of made.partitions) await files.move(staged, name)
  await files.remove(sources)
}

const logger = { info() {}, warn() {}, error() {} }

const nothing = { onPoison: () => {}, onRead: () => {} }

type Kind = 'log' | 'file' | 'archive'

function sourceIn(folder: string, kind: Kind): SourceOptions {
  if (kind === 'log') return { kind, folder }
  return kind === 'file' ? { kind, path: join(folder, 'records.ndjson') } : { kind, where: { folder } }
}

function folding(folder: string, kind: Kind, threads: number): () => Promise<unknown> {
  const source = sourceIn(folder, kind)
  const fold = threadedFold({ source, until: null, range: EVERYTHING, threads, ...nothing })
  return () => fold(async () => {})
}

/** `fleeting`: as a fold reads, which asks for no payload. */
function reading(folder: string, kind: Kind, fleeting: boolean): () => Promise<unknown> {
  return async () => {
    const opened = await openSource({
      source: sourceIn(folder, kind),
      until: null,
      range: EVERYTHING,
      ...nothing,
    })
    let read = 0
    for await (const { records } of opened.source.batches(undefined, fleeting))
      for (const record of records) if (fleeting || record.payload.byteLength > 0) read++
    opened.close()
    if (read !== EVENTS) throw new Error(`${read} records were read`)
  }
}

/** What each costs less what its start does, from two folders. */
async function raceAll(whole: string, small: string): Promise<Timed[]> {
  const cores = availableParallelism()
  const all: [name: string, of: (folder: string) => () => Promise<unknown>][] = [
    ['the log, one thread', (folder) => folding(folder, 'log', 1)],
    [`the log, ${cores} threads`, (folder) => folding(folder, 'log', cores)],
    ['NDJSON, one thread', (folder) => folding(folder, 'file', 1)],
    ['the archive, one thread', (folder) => folding(folder, 'archive', 1)],
    [`the archive, ${cores} threads`, (folder) => folding(folder, 'archive', cores)],
  ]
  const readings = [
    { name: 'the log, read alone', run: reading(whole, 'log', false), per_round: EVENTS },
    {
      name: 'the archive, read alone, with payloads',
      run: reading(whole, 'archive', false),
      per_round: EVENTS,
    },
    { name: 'the archive, read alone, for a fold', run: reading(whole, 'archive', true), per_round: EVENTS },
  ]
  const contestants = all.flatMap(([name, of]) => [
    { name, run: of(whole), per_round: EVENTS },
    { name: `${name}: its start`, run: of(small), per_round: EVENTS },
  ])
  const timed = await raceCpu([...contestants, ...readings], ROUNDS)
  const costOf = (name: string) => timed.find((one) => one.name === name)?.ns_per_event ?? Number.NaN
  return [
    ...all.map(([name]) => ({ name, ns_per_event: costOf(name) - costOf(`${name}: its start`) })),
    ...readings.map(({ name }) => ({ name, ns_per_event: costOf(name) })),
  ]
}

const root = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
try {
  const [whole, small] = ['whole', 'small'].map((name) => join(root, name)) as [string, string]
  for (const folder of [whole, small]) mkdirSync(folder)
  await writeAll(whole, EVENTS)
  await writeAll(small, NEXT_TO_NOTHING)
  const timed = await raceAll(whole, small)
  showRace(
    `replay: ${EVENTS.toLocaleString('en')} events of ${DEVICES} chargers, CPU time of all threads: /s of one core`,
    timed,
  )
} finally {
  rmSync(root, { recursive: true })
}
