/** The night's last step: the manifest says what there is, and what has landed goes where everything in it is elsewhere. */
import { MANIFESTS } from '../events/archive.ts'
import type { Audit } from './audit-night.ts'
import type { NightInput, NightPlan, NightPorts, StagedPartition } from './night-ports.ts'
import { dropStaging, findJson, findPlan, loadPlan, loadReport, putJson } from './staging.ts'

export type BatchResult = { batch: number; failed: boolean; error?: string; cause?: unknown }

export type FinishInput = NightInput & { results: BatchResult[]; audit: Audit }

export type Manifest = {
  day: string
  run: string
  written_at: number
  rows: number
  copies: number
  partitions: { name: string; day: string; rows: number; bytes: number }[]
  failed: BatchResult[]
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
  const { failed } = manifest
  const well = failed.length === 0 && audit.missing === 0
  if (well) {
    await files.remove((await findPlan(files, run))?.landing ?? [])
    if (audit.confirmed !== '') await book.putMark('confirmed', audit.confirmed)
    if ((await book.mark('night')) < day) await book.putMark('night', day)
    await dropStaging(files, run)
  } else {
    metrics.count('nights_not_well')
    logger.error('the night is not well, nothing that landed has gone', {
      day,
      failed,
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

/** The one that this very step has written before. */
async function manifestOf(input: FinishInput, { files }: NightPorts): Promise<Manifest | null> {
  const { run, day, results, audit } = input
  const manifest = await findJson<Manifest>(files, manifestName(day))
  if (manifest?.run !== run) return null
  const told = JSON.stringify([manifest.failed, manifest.audit])
  return told === JSON.stringify([failedOf(results), audit]) ? manifest : null
}

function failedOf(results: readonly BatchResult[]): BatchResult[] {
  return results.filter((result) => result.failed)
}

async function putManifest(input: FinishInput, ports: NightPorts): Promise<Manifest> {
  const { run, day, results, audit } = input
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
