/**
 * Files of days whose rows are in their month's file already, and that are still there: a night is at this very moment
 * between the one and the other, or was killed there. Without a look at them a question would count such rows twice.
 */
import { globSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SMALL_FILE_BYTES } from '../events/archive-months.ts'
import { TAKEN, takenMark } from './duckdb-gather.ts'
import { openDuck, sqlText } from './duckdb-open.ts'

/** Paths of them. Only months of which there are both kinds of files are looked at, and of these only small files. */
export async function filesTwice(root: string): Promise<string[]> {
  const found: string[] = []
  for (const folder of globSync('months/*/*/*', { cwd: root })) {
    const [, kind, year = '', month = ''] = folder.split('/')
    const days =
      kind === 'telemetry'
        ? `telemetry/year=${year}/month=${month}/*/events.parquet`
        : `${year}/${month}/[0-9][0-9]/*/events.parquet`
    const small = await smallOnes(globSync(days, { cwd: root }).map((path) => join(root, path)))
    if (small.length === 0) continue
    const taken = await takenBy(
      globSync(`${folder}/*/events.parquet`, { cwd: root }).map((path) => join(root, path)),
    )
    for (const path of small) {
      const content = await readFile(path).catch(() => null)
      if (content && taken.has(takenMark(content))) found.push(path)
    }
  }
  return found
}

async function smallOnes(paths: readonly string[]): Promise<string[]> {
  const sizes = await Promise.all(paths.map((path) => stat(path).catch(() => null)))
  return paths.filter((_, n) => (sizes[n]?.size ?? SMALL_FILE_BYTES) < SMALL_FILE_BYTES)
}

async function takenBy(paths: readonly string[]): Promise<Set<string>> {
  if (paths.length === 0) return new Set()
  const duck = await openDuck({ threads: 1 })
  try {
    const rows = await duck.rows<{ marks: string }>(`
      SELECT decode(value) AS marks FROM parquet_kv_metadata([${paths.map(sqlText).join(', ')}])
      WHERE decode(key) = ${sqlText(TAKEN)}`)
    return new Set(rows.flatMap(({ marks }) => marks.split(' ')))
  } finally {
    await duck.close()
  }
}
