/** The archive: what a row holds, what its files are called, and the port behind which they lie (DESIGN §7). */
import { type PayloadParts, type PlacedColumns, putTogether } from './archive-payload.ts'
import { joinPosition, type LogPlace } from './archive-position.ts'
import type { DeviceType, EventType, PilotState, TimeQuality } from './event.ts'
import { hashOf } from './hash.ts'
import type { LogRecord, RecordSource } from './record.ts'

/**
 * One record of the log, with everything that a replay needs, and beside it what the one parser read in it, so that
 * questions need not know five spellings. Times are epoch ms.
 */
export type ArchiveRow = {
  received_at: number
  source: RecordSource
  topic: string
  verdict: string
  /** The bytes as text, where no template has them; null where they are none, and then `payload_base64` has them. */
  payload: string | null
  payload_base64: string | null
  /** Of two rows with one identity one is a copy. */
  identity: string
  /** Null where nobody can say whose it is. */
  device_id: string | null
  device_type: DeviceType | null
  /** Null for a record that was refused. */
  event_type: EventType | 'until' | 'pair' | null
  /** Where the row is placed: the device's stamp, or when it came in where that is no time or claims the future. */
  event_time: number
  reported_timestamp: number | null
  time_quality: TimeQuality | null
  /** 0 to 65,535, always the same of a device: what shared files are divided by. */
  device_hash: number
} & LogPlace &
  ArchiveReadings &
  PayloadParts

/** Readings that questions are about; null where the message has none. */
export type ArchiveReadings = {
  location: string | null
  pilot_state: PilotState | null
  pwm_duty_cycle: number | null
  current_draw: number | null
  voltage_v: number | null
  power_kw: number | null
  energy_delivered_kwh: number | null
  session_id: string | null
  heating_call: boolean | null
  cooling_call: boolean | null
  energy_consumed_kwh: number | null
}

export type ArchiveFile = { name: string; bytes: number }

/**
 * Files by name, in a folder or a bucket. Names are made by the functions below: parts between slashes, none of them
 * `.` or `..`. Rejects with `StoreFull` where there is no room, and then nothing has changed.
 */
export type ArchiveFiles = {
  /** Files whose names begin so, by name. */
  list(prefix: string): Promise<ArchiveFile[]>
  /** All of it under that name or nothing, durable when it resolves; what was there before is replaced at once. */
  put(name: string, content: Uint8Array): Promise<void>
  /** As `put`, of a file of this machine, which may be gone afterwards. */
  putFile(name: string, path: string): Promise<void>
  /** `from` becomes `to`, replacing it at once. Where only `to` is left it has been moved before, and that is that. */
  move(from: string, to: string): Promise<void>
  get(name: string): Promise<Uint8Array | null>
  /** Paths of this machine under which they can be read; `scratch` is a folder for what has to be brought here. */
  bring(names: readonly string[], scratch: string): Promise<string[]>
  /** Those that are not there are no error. */
  remove(names: readonly string[]): Promise<void>
}

/** Where rows lie until the night, by the day of their arrival. */
export const LANDING = 'landing/'

/** Of a landing file, as `2026-11-20`. */
export function arrivalDay(name: string): string {
  return name.slice(LANDING.length, LANDING.length + 10).replaceAll('/', '-')
}

/** What is being made, and no part of the archive yet. */
export const STAGING = 'staging/'
/** Landing files that cannot be read, each with its error beside it. */
export const SET_ASIDE = 'set-aside/'
export const MANIFESTS = 'manifests/'

export function landingName(first: LogRecord, last: LogRecord): string {
  return `${LANDING}${dayPath(dayOf(first.received_at))}/${first.position}-${last.position}.parquet`
}

/** A UTC day as `2026-11-20`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Epoch ms of the first moment of a UTC day, null where the text is none. */
export function dayStart(day: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return null
  const ms = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(ms) || dayOf(ms) !== day ? null : ms
}

export const DAY_MS = 86_400_000

/** `2026-11-20` as `2026/11/20`. */
export function dayPath(day: string): string {
  return day.replaceAll('-', '/')
}

const MOST_PART_CHARACTERS = 200

/** A device's id as a part of a name: percent-encoded, never `.` or `..`, and cut with a hash where it is too long. */
export function encodeNamePart(device_id: string): string {
  const encoded = encodeURIComponent(device_id).replace(/^\./, '%2E')
  if (encoded.length <= MOST_PART_CHARACTERS) return encoded
  return `${encoded.slice(0, 150)}~${hashOf([device_id]).slice(0, 16)}`
}

/** 0 to 65,535. */
export function deviceHash(device_id: string | null): number {
  return Number.parseInt(hashOf([device_id]).slice(0, 4), 16)
}

/** The record that the row was made of, byte for byte. */
export function recordOfRow(row: ArchivedRecord): LogRecord {
  const { received_at, source, topic, verdict, payload_base64 } = row
  const text = row.template === null ? row.payload : putTogether(row, row)
  const payload =
    text === null ? new Uint8Array(Buffer.from(payload_base64 ?? '', 'base64')) : TEXT.encode(text)
  return { position: joinPosition(row), received_at, source, topic, verdict, payload }
}

const TEXT = new TextEncoder()

/** The part of a row of which the record can be made again. */
export type ArchivedRecord = Pick<
  ArchiveRow,
  | 'received_at'
  | 'source'
  | 'topic'
  | 'verdict'
  | 'payload'
  | 'payload_base64'
  | keyof LogPlace
  | keyof PayloadParts
  | keyof PlacedColumns
>

/** What is asked of the archive: event time, half-open, epoch ms; everybody's and everything unless told. */
export type ArchiveRange = {
  from: number
  to: number
  /**
   * Asked for by a replay: what happened in the range may have come in so much after it. With the rows of the range come
   * those of which the row alone does not say whether they are, and what was configured, which decides whose and where
   * something is; where an uplink behind a wireless id or a location is asked for, that of all devices and days.
   */
  margin_ms?: number
  device_id?: string
  event_type?: string
  location?: string
  /** Of devices of which only some are wanted. */
  isMine?: (device_id: string) => boolean
}

/** How far a reading has come, in bytes of files and in rows. */
export type ArchiveProgress = { surveyed: number; to_survey: number; read: number; to_read: number }

export type ArchiveReading = {
  /** Whose topic is not wanted. */
  skip?: ((topic: string) => boolean) | undefined
  /** No record is held for long: they share memory, and make their payload's bytes where somebody asks (`ToldRecord`). */
  fleeting?: boolean
  onProgress?: (progress: ArchiveProgress) => void
}

/** The archive as an ordered source of records: each once, in the order of the log, some thousand at once. */
export type ArchiveSource = {
  batches(range: ArchiveRange, how?: ArchiveReading): AsyncIterable<LogRecord[]>
  records(range: ArchiveRange): AsyncIterable<LogRecord>
}
