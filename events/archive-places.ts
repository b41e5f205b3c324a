/** Where rows lie after the night, by the UTC day of their event time. */
import { type ArchiveRow, dayPath, deviceHash, encodeNamePart } from './archive.ts'

/**
 * How a day's devices lie: each in a folder of its own, or, where there are too many for that, in files that devices
 * share. A day keeps the layout that it was given first.
 */
export type DayLayout = 'own' | 'shared'

/** Days with more devices than this share files: a file of a small device's day costs more to keep than it holds. */
export const MOST_OWN_FOLDERS = 1_000

/** Files of a shared day. Batches are parts of them, so both are powers of two. */
export const SHARED_FILES = 128

/** Of `device_hash` there are so many. */
export const HASHES = 65_536

/** What a row is placed by. */
export type Place = Pick<ArchiveRow, 'device_id' | 'device_type' | 'device_hash'>

/**
 * The folder of a row's file. Ids are percent-encoded, so that a name with `=` is no device's:
 *
 *   2026/11/20/dev-1/                          a device's day
 *   2026/11/20/shared=007/                     many devices' day, by their hash
 *   2026/11/20/shared=unplaced/                what nobody can say whose it is
 *   telemetry/year=2026/month=11/day=20/       stations
 */
export function placeFolder(day: string, layout: DayLayout, row: Place): string {
  const [year, month, date] = day.split('-')
  if (row.device_type === 'station') return `telemetry/year=${year}/month=${month}/day=${date}`
  if (row.device_id === null) return `${dayPath(day)}/${UNPLACED}`
  if (layout === 'own') return `${dayPath(day)}/${encodeNamePart(row.device_id)}`
  return `${dayPath(day)}/${sharedPart(row.device_hash)}`
}

export function sharedPart(device_hash: number): string {
  const nth = Math.floor((device_hash * SHARED_FILES) / HASHES)
  return `shared=${String(nth).padStart(3, '0')}`
}

/** The batch, of so many, that has the devices of a shared file: every shared file is in one batch. */
export function batchOfShard(shard: number, batches: number): number {
  return Math.floor((shard * batches) / SHARED_FILES)
}

export const PARTITION_FILE = 'events.parquet'

/** The day and the folder's last part of a compacted file, or null where the name is no such file's. */
export function readPlace(name: string): { day: string; part: string } | null {
  const own = /^(\d{4})\/(\d\d)\/(\d\d)\/([^/]+)\/events\.parquet$/.exec(name)
  if (own) return { day: `${own[1]}-${own[2]}-${own[3]}`, part: own[4] as string }
  const station = /^telemetry\/year=(\d{4})\/month=(\d\d)\/day=(\d\d)\/events\.parquet$/.exec(name)
  return station ? { day: `${station[1]}-${station[2]}-${station[3]}`, part: 'telemetry' } : null
}

/** Beginnings of the names of a day's files. */
export function dayFolders(day: string): string[] {
  const [year, month, date] = day.split('-')
  return [`${dayPath(day)}/`, `telemetry/year=${year}/month=${month}/day=${date}/`]
}

export const UNPLACED = 'shared=unplaced'

/** Parts of compacted files' names that can hold rows of the device; null is nobody's. */
export function partsOf(device_id: string | null): string[] {
  if (device_id === null) return ['telemetry', UNPLACED]
  return ['telemetry', encodeNamePart(device_id), sharedPart(deviceHash(device_id))]
}

/** Whether rows of the device can be in a compacted file. */
export function mayHold(part: string, device_id: string | null): boolean {
  return partsOf(device_id).includes(part)
}

/** The one device of a compacted file, or null where there may be others, or its id was too long for a name. */
export function ownDevice(part: string): string | null {
  if (part === 'telemetry' || /[=~]/.test(part)) return null
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
