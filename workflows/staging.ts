/** What lies in the staging folder of a run, and is gone with it. */
import { type ArchiveFile, type ArchiveFiles, STAGING } from '../events/archive.ts'
import { batchOfShard } from '../events/archive-places.ts'
import {
  BadNight,
  type BatchRef,
  type Compacted,
  type Compaction,
  type Gathered,
  type MonthRef,
  type NightPlan,
  type RowSums,
  type ShardSums,
} from './night-ports.ts'

export function stagingOf(run: string): string {
  return `${STAGING}${run}/`
}

export function spreadFolder(run: string): string {
  return `${stagingOf(run)}spread/`
}

export function batchFolder({ run, batch }: BatchRef): string {
  return `${stagingOf(run)}batch-${batch}/`
}

export function putPlan(files: ArchiveFiles, plan: NightPlan): Promise<void> {
  return putJson(files, `${stagingOf(plan.run)}plan.json`, plan)
}

/** Null where the run's staging folder is gone. */
export function findPlan(files: ArchiveFiles, run: string): Promise<NightPlan | null> {
  return findJson(files, `${stagingOf(run)}plan.json`)
}

/** The plan goes last: whoever finds it has the rest of what is to be done. */
export async function dropStaging(files: ArchiveFiles, run: string): Promise<void> {
  const plan = `${stagingOf(run)}plan.json`
  const left = (await files.list(stagingOf(run))).map(({ name }) => name)
  await files.remove(left.filter((name) => name !== plan))
  await files.remove([plan])
}

export function loadPlan(files: ArchiveFiles, run: string): Promise<NightPlan> {
  return loadJson(files, `${stagingOf(run)}plan.json`)
}

export function putReport(files: ArchiveFiles, ref: BatchRef, made: Compacted): Promise<void> {
  return putJson(files, `${batchFolder(ref)}report.json`, made)
}

export function loadReport(files: ArchiveFiles, ref: BatchRef): Promise<Compacted> {
  return loadJson(files, `${batchFolder(ref)}report.json`)
}

/** Whether every batch is in its place: its report is there, and nothing of what it made is left. */
export async function isPublished(files: ArchiveFiles, { run, batches }: NightPlan): Promise<boolean> {
  const left = new Set((await files.list(stagingOf(run))).map(({ name }) => name))
  const folders = Array.from({ length: batches }, (_, batch) => batchFolder({ run, batch }))
  const isDone = (folder: string) =>
    left.has(`${folder}report.json`) &&
    ![...left].some((name) => name.startsWith(folder) && name.endsWith('.parquet'))
  return folders.every(isDone)
}

/** A file of a month, and the days' files that are put into it. */
export type MonthTask = { month: string; name: string; existed: boolean; sources: ArchiveFile[] }

export function monthFileFolder({ run, batch }: BatchRef): string {
  return `${stagingOf(run)}month-${batch}/`
}

export function putMonthTasks(files: ArchiveFiles, run: string, tasks: readonly MonthTask[]): Promise<void> {
  return putJson(files, `${stagingOf(run)}months.json`, tasks)
}

export async function loadMonthTask(files: ArchiveFiles, { run, batch }: MonthRef): Promise<MonthTask> {
  const task = (await loadJson<MonthTask[]>(files, `${stagingOf(run)}months.json`))[batch]
  if (!task) throw new BadNight(`${run} has no ${batch}th file of a month`)
  return task
}

export function putMonthReport(files: ArchiveFiles, ref: MonthRef, made: Gathered): Promise<void> {
  return putJson(files, `${monthFileFolder(ref)}report.json`, made)
}

export function loadMonthReport(files: ArchiveFiles, ref: MonthRef): Promise<Gathered> {
  return loadJson(files, `${monthFileFolder(ref)}report.json`)
}

/** What a batch is made of. */
export async function compactionOf(files: ArchiveFiles, ref: BatchRef): Promise<Compaction> {
  const { landing, batches, layouts, sums } = await loadPlan(files, ref.run)
  const spread = batches > 1 ? await files.list(`${spreadFolder(ref.run)}${ref.batch}/`) : null
  const sources = spread?.map(({ name }) => name) ?? landing
  const own = sums.filter(({ shard }) => batchOfShard(shard, batches) === ref.batch)
  const bytes = totalBytes(own)
  return { sources, batches, layouts, landed: addSums(own), bytes, staging: batchFolder(ref) }
}

/** A plan of an earlier version does not say. */
export function totalBytes(
  sums: readonly Partial<ShardSums>[],
  which: 'bytes' | 'long_bytes' = 'bytes',
): number {
  return sums.reduce((sum, shard) => sum + (shard[which] ?? 0), 0)
}

export function addSums(all: readonly RowSums[]): RowSums {
  return {
    rows: all.reduce((rows, one) => rows + one.rows, 0),
    sum: String(all.reduce((sum, one) => sum + BigInt(one.sum), 0n)),
  }
}

export function putJson(files: ArchiveFiles, name: string, value: unknown): Promise<void> {
  return files.put(name, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`))
}

export async function findJson<T>(files: ArchiveFiles, name: string): Promise<T | null> {
  const content = await files.get(name)
  return content ? (JSON.parse(new TextDecoder().decode(content)) as T) : null
}

export async function loadJson<T>(files: ArchiveFiles, name: string): Promise<T> {
  const found = await findJson<T>(files, name)
  if (found === null) throw new BadNight(`${name} is not in the archive: the night has to begin again`)
  return found
}
