/** Which files and rows of the archive a question is about. More may come of them than is asked, and never less. */
import {
  type ArchiveFile,
  type ArchiveFiles,
  type ArchiveRange,
  DAY_MS,
  dayOf,
  dayPath,
  LANDING,
} from '../events/archive.ts'
import { mayHold, ownDevice, readPlace } from '../events/archive-places.ts'
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { sqlText } from './duckdb-open.ts'

/** Days up to which each day's folder is listed, rather than the whole archive. */
const DAYS_LISTED = 62

export type WantedFiles = {
  /** Those with rows of the range. */
  inside: ArchiveFile[]
  /** The others, as far as they are known. */
  outside: () => Promise<ArchiveFile[]>
}

export async function wantedFiles(files: ArchiveFiles, range: ArchiveRange): Promise<WantedFiles> {
  const days = daysOf(range)
  // A night that goes on puts into place before it removes: looked at in this order, nothing is in neither.
  const landing = await files.list(LANDING)
  const listed = days ? await listDays(files, days) : (await files.list('')).filter(isCompacted)
  const isInside = ({ name }: ArchiveFile) => {
    const place = readPlace(name)
    return place !== null && isWithin(place.day, range) && mayHave(place.part, range)
  }
  const inside = listed.filter(isInside)
  const names = new Set(inside.map(({ name }) => name))
  return {
    inside: [...inside, ...landing],
    outside: async () => {
      const all = days ? (await files.list('')).filter(isCompacted) : listed
      return all.filter(({ name }) => !names.has(name))
    },
  }
}

/** Whether it may leave out files of the archive. */
export function isNarrow(range: ArchiveRange): boolean {
  return hasTimes(range) || range.device_id !== undefined || range.isMine !== undefined
}

function isCompacted({ name }: ArchiveFile): boolean {
  return readPlace(name) !== null
}

function isWithin(day: string, { from, to, margin_ms = 0 }: ArchiveRange): boolean {
  const last = Math.min(MAX_TIMESTAMP_MS, Math.max(from, to - 1 + margin_ms))
  return day >= dayOf(Math.max(0, from - FUTURE_LIMIT_MS)) && day <= dayOf(last)
}

function mayHave(part: string, { device_id, isMine }: ArchiveRange): boolean {
  if (device_id !== undefined) return mayHold(part, device_id)
  const own = isMine && ownDevice(part)
  return !own || isMine(own)
}

/** The days whose folders are to be listed, as epoch days; null: all there are. */
function daysOf({ from, to, margin_ms = 0 }: ArchiveRange): { first: number; days: number } | null {
  const first = Math.floor(Math.max(0, from - FUTURE_LIMIT_MS) / DAY_MS)
  const days = Math.ceil((to + margin_ms) / DAY_MS) - first
  return days > DAYS_LISTED ? null : { first, days: Math.max(0, days) }
}

async function listDays(
  files: ArchiveFiles,
  { first, days }: { first: number; days: number },
): Promise<ArchiveFile[]> {
  const prefixes = Array.from({ length: days }, (_, n) => dayOf((first + n) * DAY_MS)).flatMap((day) => {
    const [year, month, date] = day.split('-')
    return [`${dayPath(day)}/`, `telemetry/year=${year}/month=${month}/day=${date}/`]
  })
  return (await Promise.all(prefixes.map((prefix) => files.list(prefix)))).flat().filter(isCompacted)
}

function hasTimes({ from, to }: ArchiveRange): boolean {
  return from > 0 || to < MAX_TIMESTAMP_MS
}

/**
 * Rows whose device the log decides and not the row: uplinks behind a wireless id, however its name is written. The row
 * says what was known when it was archived.
 */
export const WRAPPED = `topic LIKE 'sidewalk/%' AND (contains(coalesce(template, payload, ''), 'WirelessDeviceId')
  OR contains(coalesce(template, payload, ''), '\\u'))`

export const CONFIGS = "event_type = 'config'"

/** Something behind a wireless id, or somebody that has one. */
export const WIRELESS = `(${WRAPPED}) OR (${CONFIGS} AND contains(coalesce(template, payload, ''), 'wireless_device_id'))`

/**
 * What a row has to be, each of them a condition by itself, so that statistics of a file rule it out; null: any row. A
 * row may meet more than one. `mine` and `located` are tables of device ids.
 */
export function wantedRows(range: ArchiveRange): string[] | null {
  const { from, to, margin_ms = 0, device_id, event_type, location, isMine } = range
  const timed = hasTimes(range)
  const late = timed
    ? [
        `received_at >= make_timestamp_ms(${Math.max(0, from - FUTURE_LIMIT_MS)})`,
        `received_at < make_timestamp_ms(${Math.min(MAX_TIMESTAMP_MS, to + margin_ms)})`,
      ]
    : []
  const time = timed
    ? [`event_time >= make_timestamp_ms(${from})`, `event_time < make_timestamp_ms(${to})`]
    : []
  const of = [
    ...(device_id === undefined ? [] : [`device_id = ${sqlText(device_id)}`]),
    ...(event_type === undefined ? [] : [`event_type = ${sqlText(event_type)}`]),
    ...(location === undefined
      ? []
      : [`(location = ${sqlText(location)} OR device_id IN (SELECT device_id FROM located))`]),
    ...(isMine ? ['device_id IN (SELECT device_id FROM mine)'] : []),
  ]
  if (time.length + of.length === 0) return null
  const all = (conditions: string[]) => conditions.join(' AND ')
  return [
    all([...time, ...of]),
    // What a sweep says is about another time than that at which it was said.
    ...(timed ? [all(["event_type = 'until'", ...late, ...of])] : []),
    all(['event_type IS NULL', ...late]),
    all([WRAPPED, ...late]),
    CONFIGS,
  ]
}

/** The same of other files: what says whose something is, or may be anybody's. */
export const ELSEWHERE = [WRAPPED, CONFIGS]
