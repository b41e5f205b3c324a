/** The night's last step: the manifest says what there is, and what has landed goes where everything in it is elsewhere. */
import { MANIFESTS } from '../events/archive.ts'
import type { Audit } from './audit-night.ts'
import type { NightInput, NightPlan, NightPorts, StagedPartition } from './night-ports.ts'
import { loadPlan, loadReport, putJson, stagingOf } from './staging.ts'

export type BatchResult = { batch: number; failed: boolean; error?: string; cause?: unknown }

export type FinishInput = NightInput & { results: BatchResult[]; audit: Audit }

export type Manifest = {
  day: string
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
  failed: BatchResult[]
}

export async function finishNight(input: FinishInput, ports: NightPorts): Promise<Finished> {
  const { run, day, results, audit } = input
  const { files, book, now, logger, metrics } = ports
  const plan = await loadPlan(files, run)
  const made = await partitionsOf(input, ports)
  const failed = results.filter((result) => result.failed)
  const manifest: Manifest = {
    day,
    written_at: now(),
    rows: plan.rows,
    copies: made.copies,
    partitions: made.partitions.map(({ name, day: of, rows, bytes }) => ({ name, day: of, rows, bytes })),
    failed,
    set_aside: plan.set_aside,
    audit,
  }
  await putJson(files, `${MANIFESTS}${day}.json`, manifest)
  const well = failed.length === 0 && audit.missing === 0
  if (well) {
    await files.remove(plan.landing)
    if (audit.confirmed !== '') await book.putMark('confirmed', audit.confirmed)
    if ((await book.mark('night')) < day) await book.putMark('night', day)
    const left = await files.list(stagingOf(run))
    await files.remove(left.map(({ name }) => name))
  } else {
    metrics.count('nights_not_well')
    logger.error('the night is not well, nothing that landed has gone', {
      day,
      failed,
      missing: audit.missing,
    })
  }
  return { well, partitions: made.partitions.length, rows: plan.rows, copies: made.copies, failed }
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
