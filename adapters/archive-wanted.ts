/** Which files and rows of the archive a question is about. More may come of them than is asked, and never less. */
import { type ArchiveFile, type ArchiveFiles, type ArchiveRange, LANDING } from '../events/archive.ts'
import { ownDevice, readPlace } from '../events/archive-places.ts'
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { filesOfDevices, filesOfRange } from './archive-files.ts'
import { sqlText } from './duckdb-open.ts'
import { listedSizes } from './listed-sizes.ts'

export type WantedFiles = {
  /** Those with rows of the range. */
  inside: ArchiveFile[]
  /** All others. */
  outside: () => Promise<ArchiveFile[]>
}

export async function wantedFiles(files: ArchiveFiles, range: ArchiveRange): Promise<WantedFiles> {
  const { from, to, margin_ms, device_id, isMine } = range
  const first = margin_ms === undefined ? from : Math.max(0, from - FUTURE_LIMIT_MS)
  // A night that goes on puts into place before it removes: looked at in this order, nothing is in neither.
  const landing = await files.list(LANDING)
  const inDays = await compacted(files, first, to + (margin_ms ?? 0))
  const names = inDays.map(({ name }) => name)
  // Those of nobody may turn out to be its.
  const may = new Set(device_id === undefined ? names : filesOfDevices(names, [device_id, null]))
  const inside = inDays.filter(({ name }) => may.has(name) && (!isMine || mayBeMine(name, isMine)))
  const taken = new Set(inside.map(({ name }) => name))
  return {
    inside: [...inside, ...landing],
    outside: async () => (await compacted(files, 0, MAX_TIMESTAMP_MS)).filter(({ name }) => !taken.has(name)),
  }
}

/** Whether it is of a replay, and may leave out files of the archive. */
export function isNarrowReplay(range: ArchiveRange): boolean {
  const { margin_ms, device_id, isMine } = range
  return margin_ms !== undefined && (hasTimes(range) || device_id !== undefined || isMine !== undefined)
}

/** With what they hold. */
async function compacted(files: ArchiveFiles, from: number, to: number): Promise<ArchiveFile[]> {
  const { sizes, list } = listedSizes(files)
  const range = { from, to: Math.min(to, MAX_TIMESTAMP_MS) }
  const names = new Set(await filesOfRange({ ...files, list }, range))
  return [...names].map((name) => ({ name, bytes: sizes.get(name) as number }))
}

function mayBeMine(name: string, isMine: (device_id: string) => boolean): boolean {
  const place = readPlace(name)
  const own = place && ownDevice(place.part)
  return !own || isMine(own)
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
  const { from, to, margin_ms, device_id, event_type, location, isMine } = range
  const timed = hasTimes(range)
  const late = timed
    ? [
        `received_at >= make_timestamp_ms(${Math.max(0, from - FUTURE_LIMIT_MS)})`,
        `received_at < make_timestamp_ms(${Math.min(MAX_TIMESTAMP_MS, to + (margin_ms ?? 0))})`,
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
  if (margin_ms === undefined) return [all([...time, ...of])]
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
