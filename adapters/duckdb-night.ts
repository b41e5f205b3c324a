import type { ArchiveFiles } from '../events/archive.ts'
import type { Compaction, NightEngine } from '../workflows/night-ports.ts'
import { compactRows } from './duckdb-compact.ts'
import { gatherRows, layoutsInMonths, verifyMonthRows } from './duckdb-gather.ts'
import { type Duck, type DuckOptions, MEMORY_MB, openDuck, THREADS } from './duckdb-open.ts'
import { spreadRows } from './duckdb-spread.ts'
import { surveyRows } from './duckdb-survey.ts'
import { verifyRows } from './duckdb-verify.ts'
import { createGate } from './gate.ts'

/**
 * `side_by_side`: batches of one night are taken on as many at once as there are threads, each with its part of the
 * memory: much of a batch keeps one thread busy at most. Where each has a machine of its own, it has all of that.
 */
export function duckdbNight(
  files: ArchiveFiles,
  options: DuckOptions = {},
  { side_by_side = false }: { side_by_side?: boolean } = {},
): NightEngine {
  const { memory_mb = MEMORY_MB, threads = THREADS } = options
  const one = createGate(1)
  const some = createGate(threads)
  const holding = <T>(n: number, work: () => Promise<T>): Promise<T> =>
    n === 0 ? work() : some(() => holding(n - 1, work))
  const alone = <T>(work: Work<T>) => one(() => holding(threads, () => withDuck(options, work)))
  const part = { ...options, threads: 1, memory_mb: Math.floor(memory_mb / threads) }
  const fits = ({ bytes }: Compaction) => bytes < (part.memory_mb * 1_000_000) / 3
  const ofBatch = <T>(of: Compaction, work: Work<T>) =>
    side_by_side && of.batches > 1 && fits(of) ? some(() => withDuck(part, work)) : alone(work)
  return {
    survey: (names) => alone((duck) => surveyRows(duck, files, names)),
    spread: (of) => alone((duck) => spreadRows(duck, files, of)),
    compact: (of) => ofBatch(of, (duck) => compactRows(duck, files, of)),
    verify: (of, made) => ofBatch(of, (duck) => verifyRows(duck, files, of, made)),
    layouts: (months) => alone((duck) => layoutsInMonths(duck, files, months)),
    gather: (of) => alone((duck) => gatherRows(duck, files, of)),
    verifyMonth: (of, made) => alone((duck) => verifyMonthRows(duck, files, of, made)),
  }
}

type Work<T> = (duck: Duck) => Promise<T>

async function withDuck<T>(options: DuckOptions, work: Work<T>): Promise<T> {
  const duck = await openDuck(options)
  try {
    return await work(duck)
  } finally {
    await duck.close()
  }
}
