/** A month's file on its way: made in the staging folder, held against what it was made of, put in its place; then the days' files go. */
import { type ArchiveFile, dayPath } from '../events/archive.ts'
import { readPlace } from '../events/archive-places.ts'
import type { Gathered, Gathering, MonthRef, NightPorts } from './night-ports.ts'
import { loadMonthReport, loadMonthTask, monthFileFolder, putMonthReport } from './staging.ts'

export async function gatherMonth(
  ref: MonthRef,
  { files, engine }: NightPorts,
): Promise<MonthRef & Gathered> {
  const made = await engine.gather(await gatheringOf(ref, { files }))
  await putMonthReport(files, ref, made)
  return { ...ref, ...made }
}

/** @throws NotVerified, and everything is as it was */
export async function verifyMonth(ref: MonthRef, { files, engine }: NightPorts): Promise<MonthRef> {
  await engine.verifyMonth(await gatheringOf(ref, { files }), await loadMonthReport(files, ref))
  return ref
}

/** Whoever is killed in between leaves rows in two places; the next night finds them in the month's file, and ends it. */
export async function publishMonth(ref: MonthRef, { files, metrics }: NightPorts): Promise<MonthRef> {
  const { name, sources } = await loadMonthTask(files, ref)
  const { staged, rows } = await loadMonthReport(files, ref)
  if (staged !== null) await files.move(staged, name)
  await files.remove(await unchanged(sources, { files }))
  metrics.count('month_files_written', staged === null ? 0 : 1)
  metrics.count('days_files_put_together', sources.length)
  metrics.count('rows_put_together', rows)
  return ref
}

async function gatheringOf(ref: MonthRef, { files }: Pick<NightPorts, 'files'>): Promise<Gathering> {
  const { name, existed, sources } = await loadMonthTask(files, ref)
  return { name, existed, sources: sources.map((source) => source.name), staging: monthFileFolder(ref) }
}

/** What has another size by now is another file, and not what was verified. */
async function unchanged(
  sources: readonly ArchiveFile[],
  { files }: Pick<NightPorts, 'files'>,
): Promise<string[]> {
  const folders = new Set(sources.map(({ name }) => folderOf(name)))
  const sizes = new Map<string, number>()
  for (const folder of folders) for (const { name, bytes } of await files.list(folder)) sizes.set(name, bytes)
  return sources.filter(({ name, bytes }) => sizes.get(name) === bytes).map(({ name }) => name)
}

function folderOf(name: string): string {
  const day = readPlace(name)?.day ?? ''
  return name.startsWith('telemetry/') ? name.slice(0, name.lastIndexOf('/') + 1) : `${dayPath(day)}/`
}
