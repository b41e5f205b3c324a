/**
 * The archive: compaction of many small files against a bare DuckDB COPY of them, and a part of a big day from landing
 * files to verified partitions and aggregates. `node bench/archive.ts --rows 288000`; with `--stream` that day has the
 * places of a stream of four shards.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { duckdbNight } from '../adapters/duckdb-night.ts'
import { openDuck, parquetFiles, sqlText } from '../adapters/duckdb-open.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { filesOf } from '../embedded/folder.ts'
import { addSums } from '../workflows/staging.ts'
import { DAY, landDay } from './archive-day.ts'
import { showRace, type Timed } from './timing.ts'

const { values } = parseArgs({
  options: {
    /** Of the big day; 28,800,000 is all of it. */
    rows: { type: 'string', default: '288000' },
    /** Of each fleet; a fleet's day is some 288 rows a charger. */
    chargers: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '5' },
    stream: { type: 'boolean', default: false },
  },
})

const root = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))

try {
  if (values.rounds !== '0') for (const one of [true, false]) await raceCompaction(one)
  await measureDay(Number(values.rows))
} finally {
  rmSync(root, { recursive: true, force: true })
}

/** 500 files of 200 rows, contestants in turns: into the one file of a device, and into the files that devices share. */
async function raceCompaction(one_device: boolean): Promise<void> {
  const data = join(root, one_device ? 'one' : 'many')
  await landDay(data, { rows: 100_000, chargers: 1, per_file: 200, one_device })
  const files = folderArchive(filesOf(data).archive)
  const names = (await files.list('landing/')).map(({ name }) => name)
  const engine = duckdbNight(files)
  const { sums } = await engine.survey(names)
  const layouts = { [DAY]: 'shared' as const }
  const of = {
    sources: names,
    batches: 1,
    bytes: 0,
    layouts,
    landed: addSums(sums),
    staging: 'staging/bench/',
  }
  const bare = async (into: string) => {
    const duck = await openDuck()
    const paths = await files.bring(names, duck.scratch)
    await duck.run(`COPY (SELECT *, device_hash // 512 AS part FROM ${parquetFiles(paths)} ORDER BY device_id, event_time)
      TO ${sqlText(join(duck.scratch, 'out.parquet'))} (FORMAT parquet, COMPRESSION zstd${into})`)
    await duck.close()
  }
  const compact = async () => {
    const made = await engine.compact(of)
    await files.remove(made.partitions.map(({ staged }) => staged))
  }
  const compactAndVerify = async () => {
    const landed = addSums((await engine.survey(names)).sums)
    await engine.verify(of, await engine.compact({ ...of, landed }))
  }
  const toOne: [string, () => Promise<unknown>] = ['a bare DuckDB COPY, sorted', () => bare('')]
  const toMany: typeof toOne = ['the same into 128 files', () => bare(', PARTITION_BY (part)')]
  showRace(
    `${names.length} files of 200 rows of ${one_device ? 'one device' : 'many devices'}, CPU time a row`,
    await raceCpu(
      [
        ...(one_device ? [toOne] : [toMany, toOne]),
        ['compaction', compact],
        ['survey, compaction and verification', compactAndVerify],
      ],
      100_000,
    ),
  )
}

async function raceCpu(contestants: [string, () => Promise<unknown>][], rows: number): Promise<Timed[]> {
  const spent = new Map<string, number[]>(contestants.map(([name]) => [name, []]))
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [name, run] of contestants) {
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      if (round > 0) spent.get(name)?.push(((user + system) * 1_000) / rows)
    }
  }
  return contestants.map(([name]) => ({ name, ns_per_event: median(spent.get(name) ?? []) }))
}

function median(all: number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN
}

/** The night has a process of its own, as `npm run nightly` has: what landing takes is none of its memory. */
async function measureDay(rows: number): Promise<void> {
  const data = join(root, 'day')
  mkdirSync(data)
  const landing = performance.now()
  const shards = values.stream ? 4 : 0
  await landDay(data, { rows, chargers: Number(values.chargers), per_file: 10_000, shards })
  const landed_s = (performance.now() - landing) / 1_000
  console.log(
    `\n${rows.toLocaleString('en')} rows of a day, landed at ${Math.round(rows / landed_s).toLocaleString('en')} rows/s, and from landing files to verified partitions and aggregates`,
  )
  execFileSync(process.execPath, [join(import.meta.dirname, 'archive-night.ts'), data, String(rows)], {
    stdio: 'inherit',
  })
}
