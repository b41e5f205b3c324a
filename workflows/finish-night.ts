/** The night's last step: the manifest says what there is, and what has landed goes where everything in it is elsewhere. */
import { MANIFESTS } from '../events/archive.ts'
import type { Audit } from './audit-night.ts'
import type { Gathered, NightInput, NightPlan, NightPorts, StagedPartition } from './night-ports.ts'
import type { MonthsPlanned } from './plan-months.ts'
import {
  dropStaging,
  findJson,
  findPlan,
  loadMonthReport,
  loadMonthTask,
  loadPlan,
  loadReport,
  putJson,
} from './staging.ts'

export type BatchResult = { batch: number; failed: boolean; error?: string; cause?: unknown }

export type MonthResult = BatchResult & { month: string }

export type FinishInput = NightInput & {
  results: BatchResult[]
  /** Absent where nobody could say what there was to put together. */
  months?: MonthsPlanned
  gathered: MonthResult[]
  audit: Audit
}

export type Manifest = {
  day: string
  run: string
  written_at: number
  rows: number
  copies: number
  partitions: { name: string; day: string; rows: number; bytes: number }[]
  failed: BatchResult[]
  /** Files of months that were written, and of how many files of days. */
  months: (Pick<Gathered, 'rows' | 'bytes'> & { name: string; put_together: number })[]
  months_failed: MonthResult[]
  set_aside: NightPlan['set_aside']
  audit: Audit
}

export type Finished = {
  well: boolean
  partitions: number
  rows: number
  copies: number
  /** Why, the manifest says. */
  failed: Pick<BatchResult, 'batch' | 'error'>[]
}

/** Where it was begun before, it goes on by the manifest that it has written: the staging folder may be half gone. */
export async function finishNight(input: FinishInput, ports: NightPorts): Promise<Finished> {
  const { run, day, audit } = input
  const { files, book, logger, metrics } = ports
  const manifest = (await manifestOf(input, ports)) ?? (await putManifest(input, ports))
  const { failed, months_failed } = manifest
  const complete = failed.length === 0 && audit.missing === 0
  const well = complete && months_failed.length === 0 && input.months !== undefined
  // Rows of months are all there, put together or not: they keep nothing that has landed from going.
  if (complete) {
    await files.remove((await findPlan(files, run))?.landing ?? [])
    if (audit.confirmed !== '') await book.putMark('confirmed', audit.confirmed)
    if ((await book.mark('night')) < day) await book.putMark('night', day)
    if (input.months)
      await book.putMark('months', earliest([input.months.next, ...months_failed.map(monthOf)]))
    await dropStaging(files, run)
  }
  if (!well) {
    metrics.count('nights_not_well')
    logger.error(`the night is not well${complete ? '' : ', nothing that landed has gone'}`, {
      day,
      failed,
      months_failed,
      missing: audit.missing,
    })
  }
  const { partitions, rows, copies } = manifest
  return {
    well,
    partitions: partitions.length,
    rows,
    copies,
    failed: failed.map(({ batch, error = '' }) => ({ batch, error })),
  }
}

const monthOf = ({ month }: MonthResult) => month

function earliest(months: readonly string[]): string {
  return [...months].sort()[0] ?? ''
}

/** The one that this very step has written before. */
async function manifestOf(input: FinishInput, { files }: NightPorts): Promise<Manifest | null> {
  const { run, day, results, gathered, audit } = input
  const manifest = await findJson<Manifest>(files, manifestName(day))
  if (manifest?.run !== run) return null
  const told = JSON.stringify([manifest.failed, manifest.months_failed, manifest.audit])
  return told === JSON.stringify([failedOf(results), failedOf(gathered), audit]) ? manifest : null
}

function failedOf<Result extends BatchResult>(results: readonly Result[]): Result[] {
  return results.filter((result) => result.failed)
}

async function putManifest(input: FinishInput, ports: NightPorts): Promise<Manifest> {
  const { run, day, results, gathered, audit } = input
  const { files, now } = ports
  const plan = await loadPlan(files, run)
  const made = await partitionsOf(input, ports)
  const manifest: Manifest = {
    day,
    run,
    written_at: now(),
    rows: plan.rows,
    copies: made.copies,
    partitions: made.partitions.map(({ name, day: of, rows, bytes }) => ({ name, day: of, rows, bytes })),
    failed: failedOf(results),
    months: await monthsOf(input, ports),
    months_failed: failedOf(gathered),
    set_aside: plan.set_aside,
    audit,
  }
  await putJson(files, manifestName(day), manifest)
  return manifest
}

function manifestName(day: string): string {
  return `${MANIFESTS}${day}.json`
}

async function partitionsOf(
  { run, results }: FinishInput,
  { files }: NightPorts,
): Promise<{ partitions: StagedPartition[]; copies: number }> {
  const partitions: StagedPartition[] = []
  let copies = 0
  for (const { batch, failed } of results) {
    if (failed) continue
    const made = await loadReport(files, { run, batch })
    partitions.push(...made.partitions)
    copies += made.copies
  }
  partitions.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { partitions, copies }
}

async function monthsOf({ run, gathered }: FinishInput, { files }: NightPorts): Promise<Manifest['months']> {
  const months: Manifest['months'] = []
  for (const { batch, month, failed } of gathered) {
    if (failed) continue
    const ref = { run, batch, month }
    const { name, sources } = await loadMonthTask(files, ref)
    const { rows, bytes } = await loadMonthReport(files, ref)
    months.push({ name, rows, bytes, put_together: sources.length })
  }
  return months
}
