/** Which files of the archive have rows of which days: a day's own ones, and those of its month when that has been put together. */
import { type ArchiveFiles, type ArchiveRange, DAY_MS, dayOf } from '../events/archive.ts'
import {
  MONTH_KINDS,
  MONTHS,
  monthFolder,
  monthMayHold,
  monthMayHoldPart,
  monthOf,
  readMonthFile,
} from '../events/archive-months.ts'
import { dayFolders, mayHold, partsOf, readPlace } from '../events/archive-places.ts'

/** Days up to which each day's folder is listed, rather than the whole archive. */
const DAYS_LISTED = 62

/** Names of compacted files that can have rows of the days, each once. */
export async function filesOfDays(files: ArchiveFiles, days: Iterable<string>): Promise<string[]> {
  const wanted = [...new Set(days)]
  const months = [...new Set(wanted.map(monthOf))]
  return listed(
    files,
    wanted.flatMap(dayFolders),
    months.flatMap((month) => MONTH_KINDS.map((kind) => monthFolder(kind, month))),
  )
}

/** A day's files go when their month's file is there: looked for in this order, what is not in the one is in the other. */
async function listed(files: ArchiveFiles, days: string[], months: string[]): Promise<string[]> {
  const names: string[] = []
  for (const folders of [days, months])
    for (const found of await Promise.all(folders.map((folder) => files.list(folder))))
      names.push(...found.map(({ name }) => name))
  return names.filter((name) => readPlace(name) || readMonthFile(name))
}

/** The same of a stretch of event time, and of one device where one is told. */
export async function filesOfRange(files: ArchiveFiles, range: ArchiveRange): Promise<string[]> {
  const { from, to, device_id } = range
  const first = Math.floor(from / DAY_MS)
  const count = Math.max(0, Math.ceil(to / DAY_MS) - first)
  const day = (n: number) => dayOf((first + n) * DAY_MS)
  const names =
    count > DAYS_LISTED
      ? await listed(files, ['2', 'telemetry/'], [MONTHS])
      : await filesOfDays(
          files,
          Array.from({ length: count }, (_, n) => day(n)),
        )
  const [earliest, latest] = [dayOf(from), dayOf(Math.max(from, to - 1))]
  return names.filter((name) => {
    const place = readPlace(name)
    if (place)
      return (
        place.day >= earliest &&
        place.day <= latest &&
        (device_id === undefined || mayHold(place.part, device_id))
      )
    const file = readMonthFile(name)
    if (!file || file.month < monthOf(earliest) || file.month > monthOf(latest)) return false
    return device_id === undefined || monthMayHold(file, device_id)
  })
}

/** Of names of compacted files those that can have rows of one of the devices. */
export function filesOfDevices(names: readonly string[], device_ids: Iterable<string | null>): string[] {
  // Once a device, not once a device and file: there may be thousands of each.
  const parts = new Set([...device_ids].flatMap(partsOf))
  return names.filter((name) => {
    const place = readPlace(name)
    if (place) return parts.has(place.part)
    const file = readMonthFile(name)
    return file !== null && parts.values().some((part) => monthMayHoldPart(file, part))
  })
}
