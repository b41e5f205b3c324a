/** A batch on its way: made in the staging folder, held against what it was made of, and then put in its place. */
import type { BatchRef, NightPlan, NightPorts } from './night-ports.ts'
import { compactionOf, loadPlan, loadReport, putReport, spreadFolder, totalBytes } from './staging.ts'

export type BatchFigures = BatchRef & { partitions: number; rows: number; copies: number }

/** All rows once into files of one batch each, so that no batch reads what is another's. */
export async function spreadNight({ run }: { run: string }, { files, engine }: NightPorts): Promise<object> {
  const { landing, rows, batches, sums, empty = [] }: NightPlan = await loadPlan(files, run)
  const left = await files.list(spreadFolder(run))
  await files.remove(left.map(({ name }) => name))
  await engine.spread({
    sources: landing,
    batches,
    rows,
    bytes: totalBytes(sums),
    long_bytes: totalBytes(sums, 'long_bytes'),
    empty,
    staging: spreadFolder(run),
  })
  return { batches }
}

export async function compactBatch(ref: BatchRef, { files, engine }: NightPorts): Promise<BatchFigures> {
  const made = await engine.compact(await compactionOf(files, ref))
  await putReport(files, ref, made)
  const { partitions, rows, copies } = made
  return { ...ref, partitions: partitions.length, rows, copies }
}

/** @throws NotVerified, and nothing of the batch has been put in its place, nor has any landing file gone */
export async function verifyBatch(ref: BatchRef, { files, engine }: NightPorts): Promise<BatchRef> {
  await engine.verify(await compactionOf(files, ref), await loadReport(files, ref))
  return ref
}

/** Each partition is replaced at once; one that has been already is let be. */
export async function publishBatch(ref: BatchRef, { files, metrics }: NightPorts): Promise<BatchRef> {
  const { partitions, rows, copies } = await loadReport(files, ref)
  for (const { staged, name } of partitions) await files.move(staged, name)
  metrics.count('partitions_written', partitions.length)
  metrics.count('rows_compacted', rows)
  metrics.count('copies_dropped', copies)
  return ref
}
