/** Ports: what use cases need of the outside. One adapter per port and home, and a twin in memory, all held by one contract suite each. */
import type { DeviceConfig, DeviceType, EventType, Origin, TimeQuality } from './event.ts'
import type { EventKey } from './key.ts'
import type { LogRecord, NewRecord } from './record.ts'

/** The ordered log. `append` resolves when the records are durable, and rejects when the home cannot keep them. */
export type EventLog = {
  append(records: NewRecord[]): Promise<void>
  /** Up to `limit` records after `position` ('' is the beginning), in log order. */
  read(after: string, limit: number): Promise<LogRecord[]>
  /** Position of the newest record, '' when empty. */
  tail(): Promise<string>
}

/** A log that can be asked whether it would keep more. */
export type TriableLog = EventLog & {
  /** Rejects as an append of so many bytes would. Nothing of it is ever read. */
  tryRoom(bytes: number): Promise<void>
}

/** A row of `device_events`. `body` holds what is particular to its event type. */
export type EventRow = EventKey & {
  device_id: string
  device_type: DeviceType
  origin: Origin
  event_type: EventType
  location: string | null
  identity: string
  reported_timestamp: number
  received_at: number
  time_quality: TimeQuality
  /** `device_state.applied` when it was written; of two writers the higher wins. */
  applied: number
  /** `applied` of the record that brought it; for rows that came in. A repair that tells one anew leaves it. */
  entered?: number
  revision: number
  retracted?: boolean
  /** Key text of the row this one replaces. */
  supersedes?: string
  /** Why a repair has changed or withdrawn it: the cause, a space, and the key text from which it counts. */
  because?: string
  ttl: number
  body: Record<string, unknown>
}

/** What charts tell of. */
export const THING_KINDS = ['session', 'cycle', 'alarm'] as const

/**
 * A session, cycle or alarm as lists show it; one row a thing, overwritten as it grows. `body` is what the API answers.
 * `too_old` is what came too late to be folded; its `started_at` is when it was received.
 */
export type Summary = {
  kind: (typeof THING_KINDS)[number] | 'too_old'
  id: string
  device_id: string
  location: string | null
  started_at: number
  applied: number
  retracted?: boolean
  superseded_by?: string
  /** Why it was withdrawn, as in an event row. */
  because?: string
  /** Epoch seconds after which it may be forgotten; without one it never is. */
  ttl?: number
  body: Record<string, unknown>
}

/** Another name of a thing: a device's own session id, the IoT Wireless id of a device. */
export type Alias = {
  kind: 'device_session' | 'wireless_device'
  alias: string
  target: string
  device_id: string
  applied: number
  /** What it names was withdrawn; it is kept so that a link can still be followed. */
  retracted?: boolean
}

/** Where an event is whose key depended on when it was received. */
export type IdentityRow = { device_id: string; identity: string; applied: number; ttl: number } & EventKey

/** A stored state at a key (DESIGN §5.5). */
export type Checkpoint = EventKey & {
  device_id: string
  applied: number
  state: string
  ttl: number | null
  /** A repair has come to another state here. */
  retracted?: boolean
}

/** A version of a device's configuration; `device_config` keeps all of them. */
export type ConfigVersion = {
  device_id: string
  effective_from: number
  written_at: number
  identity: string
  applied: number
  config: DeviceConfig
}

/** A record that is bad in itself, whole. */
export type Quarantined = {
  position: string
  received_at: number
  topic: string
  device_id: string | null
  reason: string
  payload_base64: string
}

/** The one item that holds everything a device's charts know. `state` and `standing` are opaque to stores. */
export type DeviceStateItem = {
  device_id: string
  device_type: DeviceType
  location: string | null
  /** Grows by one with each write; a write names the version it read (0: there was none). */
  version: number
  applied: number
  /** The earliest timer, null when none is pending. */
  next_due: number | null
  last_received_at: number
  state: string
  /** Where its charts stand, which the fleet is counted by; opaque too. Null: they have seen nothing. */
  standing: string | null
}

/** What the fleet is counted by. */
export type DeviceStanding = Pick<DeviceStateItem, 'device_id' | 'device_type'> & { standing: string }

export type Put =
  | { table: 'events'; item: EventRow }
  | { table: 'summaries'; item: Summary }
  | { table: 'aliases'; item: Alias }
  | { table: 'identities'; item: IdentityRow }
  | { table: 'checkpoints'; item: Checkpoint }
  | { table: 'config'; item: ConfigVersion }

/** Everything one device's records lead to: rows first, in order, the state last (DESIGN §5.7). */
export type DeviceWrite = { device_id: string; puts: Put[]; state: DeviceStateItem; expected_version: number }

/** What one batch leads to. `checkpoint` is the consumer's place in the log, for homes that keep it themselves. */
export type BatchWrite = {
  devices: DeviceWrite[]
  quarantined: Quarantined[]
  checkpoint?: { consumer: string; position: string }
}

export type Range = { from: EventKey; to: EventKey }
export type Page<T> = { items: T[]; next_cursor: string | null }

/** device_events, device_state and what belongs to them. */
export type HotStore = {
  /** Whether a batch is written whole or not at all; where not, a repair is announced before it begins (DESIGN §5.4). */
  atomic: boolean
  /** Nothing is ever forgotten, so no event is too old: of a replay's own store. */
  keeps_all?: boolean
  /** All of it has been processed before, so what is too old is listed: of a replay of a home's own log. */
  has_listed?: boolean
  loadStates(device_ids: string[]): Promise<Map<string, DeviceStateItem>>
  /**
   * Writes a batch. A put is refused, silently, where the stored row has a higher `applied`: somebody newer was there.
   * A device whose stored version is not `expected_version` keeps its state, and is named in `conflicts`.
   */
  write(batch: BatchWrite): Promise<{ conflicts: string[] }>
  /** The consumer's place in the log, '' when it has none. */
  position(consumer: string): Promise<string>
  findEvent(device_id: string, key: EventKey): Promise<EventRow | null>
  findIdentity(device_id: string, identity: string): Promise<IdentityRow | null>
  findAliases(kind: Alias['kind'], alias: string): Promise<Alias[]>
  /** The device's rows in a half-open range, in key order: of every origin, retracted ones too. */
  history(device_id: string, range: Range): Promise<EventRow[]>
  /** The device's sessions, cycles and alarms that began in the half-open range of epoch ms, withdrawn ones too. */
  things(device_id: string, from: number, to: number): Promise<Summary[]>
  /** The checkpoints in a half-open range that still hold, in key order. */
  checkpoints(device_id: string, range: Range): Promise<Checkpoint[]>
  /** The newest checkpoint below `key` that still holds, of those that records up to `applied` have written. */
  checkpointBefore(device_id: string, key: EventKey, applied: number): Promise<Checkpoint | null>
  /** Devices with `next_due` at or before `due_by` that were last heard at or before `heard_by`, earliest first. */
  due(due_by: number, heard_by: number, limit: number): Promise<DeviceStateItem[]>
}

export type EventQuery = Range & {
  event_type?: EventType
  origin?: Origin
  /** Rows marked `retracted` are left out unless asked for. */
  include_retracted?: boolean
  limit: number
  cursor?: string
  newest_first?: boolean
}

export type SummaryQuery = {
  kind: Summary['kind']
  by: { device_id: string } | { location: string } | 'all'
  /** Half-open, over started_at. */
  from: number
  to: number
  include_retracted?: boolean
  limit: number
  cursor?: string
}

/** What the API may ask. Cursors are opaque, and made by the store. An unknown cursor is refused with `BadCursor`. */
export type ReadStore = {
  device(device_id: string): Promise<DeviceStateItem | null>
  devices(limit: number, cursor?: string): Promise<Page<DeviceStateItem>>
  /** The devices of a type whose charts have seen something, by id. */
  standings(device_type: DeviceType, limit: number, cursor?: string): Promise<Page<DeviceStanding>>
  eventsOfDevice(device_id: string, query: EventQuery): Promise<Page<EventRow>>
  eventsOfLocation(location: string, query: EventQuery): Promise<Page<EventRow>>
  /** As `HotStore` has it: where a fold of the device's rows may begin. */
  checkpointBefore(device_id: string, key: EventKey, applied: number): Promise<Checkpoint | null>
  summary(kind: Summary['kind'], id: string): Promise<Summary | null>
  /** Newest first by started_at. */
  summaries(query: SummaryQuery): Promise<Page<Summary>>
  findAliases(kind: Alias['kind'], alias: string): Promise<Alias[]>
  /** Newest effective_from first. */
  configHistory(device_id: string, limit: number, cursor?: string): Promise<Page<ConfigVersion>>
  /** Newest first. */
  quarantine(limit: number, cursor?: string): Promise<Page<Quarantined>>
  counts(): Promise<{ devices: number; quarantined: number }>
}

/** Sends a command to a device; resolves when it has been handed to the network, which says nothing about its arrival. */
export type Downlink = {
  send(device_type: DeviceType, device_id: string, message: Record<string, unknown>): Promise<void>
}

/** Where a use case says what happened. Counters and gauges by name; never payloads. */
export type Metrics = { count(name: string, by?: number): void; gauge(name: string, value: number): void }

export type Logger = {
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

export class BadCursor extends Error {}
/** The home cannot keep more (disk full): refuse new events and say so. */
export class StoreFull extends Error {}

/** What may come in by a front door; `received_at` only where it was stamped before (import, replay, migration). */
export type Arriving = Pick<NewRecord, 'source' | 'topic' | 'payload'> & { received_at?: number }

/** The one way in. Resolves when the record is durable; rejects with StoreFull where it cannot be kept. */
export type FrontDoor = { admit(arriving: Arriving): Promise<{ received_at: number }> }
