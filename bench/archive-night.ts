/** The night of a day that `bench/archive.ts` has landed, alone in its process: FOLDER ROWS. The log is empty: the audit has nothing to compare. */
import { openDuck, sqlText } from '../adapters/duckdb-open.ts'
import { PLACE_COLUMNS } from '../adapters/duckdb-places.ts'
import { folderArchive } from '../adapters/folder-archive.ts'
import { filesOf } from '../embedded/folder.ts'
import { nightOf } from '../embedded/night-home.ts'
import { DAY, DAY_MS, quiet, START } from './archive-day.ts'

const [data = '', rows_landed = ''] = process.argv.slice(2)
const rows = Number(rows_landed)
const steps: Record<string, number> = {}
let step = 'Plan'
let since = performance.now()
const before = process.cpuUsage()
const started = performance.now()
const done = await nightOf({
  data,
  day: DAY,
  logger: quiet,
  now: () => START + 2 * DAY_MS,
  onProgress: (progress) => {
    const now = performance.now()
    steps[step] = Math.round((steps[step] ?? 0) + now - since)
    step = progress.step
    since = now
  },
})
const wall_s = (performance.now() - started) / 1_000
const { user, system } = process.cpuUsage(before)
const cpu_s = (user + system) / 1e6
const files = folderArchive(filesOf(data).archive)
const stored = (await Promise.all(['2026/', 'months/'].map((folder) => files.list(folder)))).flat()
const kept = stored.reduce((sum, { bytes }) => sum + bytes, 0)
const memory_mb = process.resourceUsage().maxRSS / 1024
console.log({
  well: done.well,
  partitions: done.partitions,
  wall_s: Math.round(wall_s * 10) / 10,
  cpu_s: Math.round(cpu_s * 10) / 10,
  rows_per_s: Math.round(rows / wall_s),
  /** What two cores would do that nobody else uses, if both were always busy. */
  rows_per_s_of_two_cores: Math.round((rows / cpu_s) * 2),
  bytes_per_row: Math.round((kept / rows) * 10) / 10,
  /** Of that, what says where in the log a row is, without footers. */
  place_bytes_per_row: Math.round(((await placeBytes()) / rows) * 100) / 100,
  peak_rss_mb: Math.round(memory_mb),
  steps_ms: steps,
})

/** What the columns of places take in the files. */
async function placeBytes(): Promise<number> {
  const duck = await openDuck()
  try {
    const paths = await files.bring(
      stored.map(({ name }) => name),
      duck.scratch,
    )
    const [taken] = await duck.rows<{ bytes: number }>(`
      SELECT sum(total_compressed_size)::BIGINT AS bytes FROM parquet_metadata([${paths.map(sqlText).join(', ')}])
      WHERE path_in_schema IN (${PLACE_COLUMNS.map(sqlText).join(', ')})`)
    return taken?.bytes ?? 0
  } finally {
    await duck.close()
  }
}
