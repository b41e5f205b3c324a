/** Which months the night puts together: those that are over, and those into which rows came late. */
import type { ArchiveFile, ArchiveFiles } from '../events/archive.ts'
import {
  filesForMonth,
  firstOpenMonth,
  MONTH_KINDS,
  type MonthKind,
  monthAfter,
  monthFileName,
  monthFolder,
  monthOf,
  nthOfPart,
  readMonthFile,
  SMALL_FILE_BYTES,
} from '../events/archive-months.ts'
import { readPlace } from '../events/archive-places.ts'
import type { MonthRef, NightInput, NightPorts } from './night-ports.ts'
import { loadPlan, type MonthTask, putMonthTasks } from './staging.ts'

/** A month's file that holds so much takes no more in: it would not fit in a function's `/tmp`. Its days' files stay. */
const MOST_BYTES = 256 * 1024 * 1024

/** Files of months that one night makes; what is more waits for the next. So many fit in the state of an execution. */
export const MOST_MONTH_FILES = 32

/** What of it is left is in the archive from `next` on. */
export type MonthsPlanned = { files: MonthRef[]; next: string }

export async function planMonths({ run, day }: NightInput, ports: NightPorts): Promise<MonthsPlanned> {
  const { files, book, metrics, logger } = ports
  const open = firstOpenMonth(day)
  const { layouts } = await loadPlan(files, run)
  const months = await monthsToLookAt(files, {
    from: await book.mark('months'),
    open,
    touched: Object.keys(layouts).map(monthOf),
  })
  const tasks: MonthTask[] = []
  let next = open
  for (const month of months) {
    const found = await tasksOf(files, month)
    const taken = found.slice(0, MOST_MONTH_FILES - tasks.length)
    tasks.push(...taken)
    if (taken.length === found.length) continue
    next = month
    break
  }
  await putMonthTasks(files, run, tasks)
  metrics.gauge('month_files', tasks.length)
  if (tasks.length > 0) logger.info('months are put together', { months, files: tasks.length })
  return { files: tasks.map(({ month }, batch) => ({ run, batch, month })), next }
}

type Looking = { from: string; open: string; touched: string[] }

/** Earliest first. Before the mark nothing is left but what came in tonight; without a mark the whole archive is looked through. */
async function monthsToLookAt(files: ArchiveFiles, { from, open, touched }: Looking): Promise<string[]> {
  const months = new Set(touched)
  if (from === '') {
    const listed = await Promise.all(['2', 'telemetry/'].map((prefix) => files.list(prefix)))
    for (const { name } of listed.flat()) months.add(monthOf(readPlace(name)?.day ?? open))
  } else for (let month = from; month < open; month = monthAfter(month)) months.add(month)
  return [...months].filter((month) => month < open).sort()
}

async function tasksOf(files: ArchiveFiles, month: string): Promise<MonthTask[]> {
  const tasks: MonthTask[] = []
  for (const kind of MONTH_KINDS) {
    const small = (await files.list(daysFolder(kind, month))).filter(
      ({ name, bytes }) => bytes < SMALL_FILE_BYTES && readPlace(name),
    )
    if (small.length > 0) tasks.push(...(await tasksOfKind(files, { kind, month, small })))
  }
  return tasks
}

function daysFolder(kind: MonthKind, month: string): string {
  const [year, nth] = month.split('-')
  return kind === 'events' ? `${year}/${nth}/` : `telemetry/year=${year}/month=${nth}/`
}

type SmallFiles = { kind: MonthKind; month: string; small: ArchiveFile[] }

async function tasksOfKind(files: ArchiveFiles, { kind, month, small }: SmallFiles): Promise<MonthTask[]> {
  const there = (await files.list(monthFolder(kind, month))).filter(({ name }) => readMonthFile(name))
  const of = readMonthFile(there[0]?.name ?? '')?.of ?? filesForMonth(bytesOf(small))
  const byFile = Map.groupBy(small, ({ name }) => nthOfPart(readPlace(name)?.part ?? '', of))
  return [...byFile].flatMap(([nth, sources]) => {
    const name = monthFileName({ kind, month, nth, of })
    const old = there.find((file) => file.name === name)
    const fitting = upTo(sources, MOST_BYTES - (old?.bytes ?? 0))
    // One file alone is put together with nothing.
    if (fitting.length === 0 || (fitting.length === 1 && !old)) return []
    return [{ month, name, existed: old !== undefined, sources: fitting }]
  })
}

function upTo(sources: readonly ArchiveFile[], most: number): ArchiveFile[] {
  let sum = 0
  return sources.filter(({ bytes }) => {
    sum += bytes
    return sum <= most
  })
}

function bytesOf(all: readonly ArchiveFile[]): number {
  return all.reduce((sum, { bytes }) => sum + bytes, 0)
}
