/**
 * Where rows of small devices lie once their month is over: a day's file below a certain size is put together with others
 * of its month. Rows keep the folder's last part that they had, as a column, so that the same is asked of them as before.
 */
import { deviceHash } from './archive.ts'
import { HASHES, partsOf } from './archive-places.ts'

export const MONTHS = 'months/'

/** Cheaper storage bills an object for so much at least, and smaller ones stay where they are: such a file is small. */
export const SMALL_FILE_BYTES = 128 * 1024

/** What one file of a month should hold; more, and the month has more files. */
const MONTH_FILE_BYTES = 16 * 1024 * 1024
const MOST_FILES_A_MONTH = 128

/** Of a day: devices' own and shared files are one kind, stations' the other. */
export type MonthKind = 'events' | 'telemetry'
export const MONTH_KINDS: readonly MonthKind[] = ['events', 'telemetry']

/** A month such as `2026-10`; the file is the nth of so many. */
export type MonthFile = { kind: MonthKind; month: string; nth: number; of: number }

/** `months/events/2026/10/000-of-004/events.parquet` */
export function monthFileName({ kind, month, nth, of }: MonthFile): string {
  return `${monthFolder(kind, month)}${threeDigits(nth)}-of-${threeDigits(of)}/events.parquet`
}

export function monthFolder(kind: MonthKind, month: string): string {
  return `${MONTHS}${kind}/${month.replace('-', '/')}/`
}

function threeDigits(n: number): string {
  return String(n).padStart(3, '0')
}

const NAME = /^months\/(events|telemetry)\/(\d{4})\/(\d\d)\/(\d{3})-of-(\d{3})\/events\.parquet$/

/** Null where the name is no such file's. */
export function readMonthFile(name: string): MonthFile | null {
  const [, kind, year, month, nth, of] = NAME.exec(name) ?? []
  if (kind === undefined) return null
  return { kind: kind as MonthKind, month: `${year}-${month}`, nth: Number(nth), of: Number(of) }
}

export function monthKindOf(part: string): MonthKind {
  return part === 'telemetry' ? 'telemetry' : 'events'
}

/** As many files as a month of so many bytes is put into: a power of two. A month keeps the number that it was given first. */
export function filesForMonth(bytes: number): number {
  let of = 1
  while (of < MOST_FILES_A_MONTH && bytes / of > MONTH_FILE_BYTES) of *= 2
  return of
}

/** Which of a month's files has the rows of a part: always the same one. */
export function nthOfPart(part: string, of: number): number {
  return Math.floor((deviceHash(part) * of) / HASHES)
}

/** Whether rows of the device can be in it. */
export function monthMayHold(file: MonthFile, device_id: string | null): boolean {
  return partsOf(device_id).some((part) => monthMayHoldPart(file, part))
}

/** The same of rows that lay, or would lie, in a day's files of that part. */
export function monthMayHoldPart({ kind, nth, of }: MonthFile, part: string): boolean {
  return monthKindOf(part) === kind && nthOfPart(part, of) === nth
}

/** The month of a day such as `2026-10-05`. */
export function monthOf(day: string): string {
  return day.slice(0, 7)
}

export function monthAfter(month: string): string {
  const [year = 0, nth = 0] = month.split('-').map(Number)
  return new Date(Date.UTC(year, nth)).toISOString().slice(0, 7)
}

/**
 * The first month that is not put together yet in the night of a day. Its last days rest for a night: most of what comes
 * late comes then, and what comes later has the month's file written again.
 */
export function firstOpenMonth(day: string): string {
  const month = monthOf(day)
  if (day !== `${month}-01`) return month
  return monthOf(new Date(Date.parse(day) - 1).toISOString())
}
