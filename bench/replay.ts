/** Replay: events folded a second from the log, from the archive and from NDJSON, by one thread and by a thread a core. `npm run bench:replay` */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
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
import type { SourceOptions } from '../tools/replay-places.ts'
import { addSums } from '../workflows/staging.ts'
import { BATCH, batchAt, DEVICES } from './charging-fleet.ts'
import { race, showRace } from './timing.ts'

const EVENTS = Number(process.argv[2] ?? 300_000)

async function writeBoth(folder: string): Promise<void> {
  const log = sqliteLog(filesOf(folder).log)
  const file = createWriteStream(join(folder, 'records.ndjson'))
  for (let from = 0; from < EVENTS; from += BATCH) {
    const records = batchAt(from, EVENTS)
    log.appendSync(records)
    const lines = records.map((record) => `${recordLine(record)}\n`).join('')
    if (!file.write(lines)) await new Promise((resolve) => file.once('drain', () => resolve(null)))
  }
  log.close()
  await new Promise<void>((resolve) => file.end(() => resolve()))
  await archiveAll(folder)
}

/** Landed and compacted, into files that devices share, as a night leaves them. */
async function archiveAll(folder: string): Promise<void> {
  const files = folderArchive(filesOf(folder).archive)
  const ports = {
    files,
    write: writeLanding,
    store: memoryStore(),
    metrics: { count() {}, gauge() {} },
    logger,
  }
  for (let from = 0; from < EVENTS; from += 10_000) {
    const records = [0, 1, 2, 3, 4].flatMap((nth) => batchAt(from + nth * BATCH, EVENTS))
    await archiveBatch(records, ports)
  }
  const sources = (await files.list(LANDING)).map(({ name }) => name)
  const engine = duckdbNight(files)
  const { days, sums } = await engine.survey(sources)
  const layouts = Object.fromEntries(days.map(({ day }) => [day, 'shared' as const]))
  const made = await engine.compact({ sources, layouts, landed: addSums(sums), staging: 'staging/bench/' })
  for (const { staged, name } of made.partitions) await files.move(staged, name)
  await files.remove(sources)
}

const logger = { info() {}, warn() {}, error() {} }

const nothing = { onPoison: () => {}, onRead: () => {} }

/** What all threads together have used of the cores, ns an event: busy cores make it wait, not work. */
const cpu = new Map<string, number[]>()

function folding(name: string, source: SourceOptions, threads: number): () => Promise<unknown> {
  const fold = threadedFold({ source, until: null, range: EVERYTHING, threads, ...nothing })
  return async () => {
    const before = process.cpuUsage()
    await fold(async () => {})
    const { user, system } = process.cpuUsage(before)
    const of = cpu.get(name) ?? []
    cpu.set(name, [...of, ((user + system) * 1_000) / EVENTS])
  }
}

const folder = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
try {
  await writeBoth(folder)
  const log = { kind: 'log', folder } as const
  const file = { kind: 'file', path: join(folder, 'records.ndjson') } as const
  const archive = { kind: 'archive', where: { folder } } as const
  const cores = availableParallelism()
  const timed = await race(
    [
      { name: 'the log, one thread', run: folding('log 1', log, 1), per_round: EVENTS },
      { name: `the log, ${cores} threads`, run: folding('log all', log, cores), per_round: EVENTS },
      { name: 'NDJSON, one thread', run: folding('file 1', file, 1), per_round: EVENTS },
      { name: 'the archive, one thread', run: folding('archive 1', archive, 1), per_round: EVENTS },
      {
        name: `the archive, ${cores} threads`,
        run: folding('archive all', archive, cores),
        per_round: EVENTS,
      },
      { name: `NDJSON, ${cores} threads`, run: folding('file all', file, cores), per_round: EVENTS },
    ],
    3,
  )
  showRace(`replay: ${EVENTS.toLocaleString('en')} events of ${DEVICES} chargers`, timed)
  for (const [name, of] of cpu) {
    const least = Math.min(...of)
    console.log(
      `  ${name.padEnd(10)} ${Math.round(least)} ns of a core an event: ${Math.round(1e9 / least).toLocaleString('en')} /s and core`,
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}
