/** One device's share of a batch while it is being worked on: its state, and what will be written of it. */
import assert from 'node:assert/strict'
import { compareKeys, type EventKey, keyText, lowestKey, MAX_TIMESTAMP_MS } from '../events/key.ts'
import type { DeviceStateItem, DeviceWrite, EventRow, HotStore, Put, Range } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import type { ChartUpgrade } from '../statecharts/chart-versions.ts'
import { writeDeviceState } from '../statecharts/device-standing.ts'
import { type DeviceState, newDeviceState, nextDue } from '../statecharts/device-state.ts'
import { locationAt } from './decided-rows.ts'
import type { PairFeed } from './feed-pairs.ts'
import { keepState, readState } from './parsed-states.ts'
import { Puts } from './puts.ts'

/** What a look-up beyond the state may ask of the store. */
export type Lookups = Pick<
  HotStore,
  | 'atomic'
  | 'keeps_all'
  | 'has_listed'
  | 'findEvent'
  | 'findIdentity'
  | 'findAliases'
  | 'history'
  | 'things'
  | 'checkpoints'
  | 'checkpointBefore'
>

export type Figures = {
  events: number
  decided: number
  late: number
  duplicates: number
  disagreed: number
  too_old: number
}

/** What happened to what was open: `refolded` and `pinned` as the chart says, `migrated`, or `at_rest`: nothing was. */
export type Upgraded = ChartUpgrade & { open: 'refolded' | 'pinned' | 'migrated' | 'at_rest'; known: boolean }

export type DeviceWork = {
  state: DeviceState
  stored: DeviceStateItem | null
  lookups: Lookups
  puts: Puts
  /** For the device's pair, before anything is written. */
  feeds: PairFeed[]
  /** How many words to pairs the last record has led to, behind its first. */
  told: { record: number; words: number } | null
  last_received_at: number
  /** From the earliest to the latest key at which something came too late to be folded in its turn. */
  late: Late | null
  /** Something known is told anew by a record that is not counted. */
  anew: boolean
  /** What a repair has corrected. */
  repaired: Range | null
  /** Charts that have come to a newer version. */
  upgraded: Upgraded[]
  figures: Figures
}

export function beginWork(state: DeviceState, stored: DeviceStateItem | null, lookups: Lookups): DeviceWork {
  return {
    state: state.repairing ? { ...state, repairing: null } : state,
    stored,
    lookups,
    puts: new Puts(),
    feeds: [],
    told: null,
    last_received_at: stored?.last_received_at ?? 0,
    late: state.repairing && { ...state.repairing, because: null },
    anew: false,
    repaired: null,
    upgraded: [],
    figures: { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0, too_old: 0 },
  }
}

/** The next record's number: rows and state of one attempt carry it, and the higher of two writers wins. */
export function nextApplied(work: DeviceWork): number {
  return work.state.applied + 1
}

export function put(work: DeviceWork, cause: EventKey | null, ...puts: Put[]): void {
  for (const one of puts) work.puts.put(one, cause)
}

/** Above every key. */
export const END: EventKey = lowestKey(MAX_TIMESTAMP_MS + 1)

/** Why history is put right, for whoever reads it afterwards. */
export type Cause =
  | 'late_event'
  | 'earlier_copy'
  | 'configuration'
  | 'clock'
  | 'chart_version'
  | 'told_otherwise'
  | 'another_writer'
  | 'replay'

/** `because`: the first cause in the batch, and the key from which it counts; null for a repair that somebody else began. */
type Late = Range & { because: string | null }

/** Something touches the fold between these keys, both of them passed: the batch ends with a repair. */
export function beLate(work: DeviceWork, cause: Cause, { from, to }: Range): void {
  const { late } = work
  work.late = {
    because: late?.because ?? `${cause} ${keyText(from)}`,
    from: late && compareKeys(late.from, from) <= 0 ? late.from : from,
    to: late && compareKeys(late.to, to) >= 0 ? late.to : to,
  }
}

export function isBeyondHorizon(state: DeviceState, key: EventKey): boolean {
  return state.horizon === null || compareKeys(key, state.horizon) > 0
}

/**
 * Whether a row stands at this key already. One with a higher `applied` than the state's was left by an attempt
 * that never wrote its state: as far as the state knows, it has not happened.
 */
export async function isRowKnown(work: DeviceWork, key: EventKey): Promise<boolean> {
  if (work.puts.has(`events ${keyText(key)}`)) return true
  const row = await work.lookups.findEvent(work.state.device_id, key)
  return row !== null && hasEntered(row, storedApplied(work))
}

/** False for a row that was left by an attempt which never wrote its state. */
export function hasEntered(row: EventRow, applied: number): boolean {
  return (row.entered ?? row.applied) <= applied
}

/** The same of an event whose key depended on when it was received. */
export async function isIdentityKnown(work: DeviceWork, identity: string): Promise<boolean> {
  if (work.puts.has(`identities ${identity}`)) return true
  const row = await work.lookups.findIdentity(work.state.device_id, identity)
  if (row === null || row.applied > storedApplied(work)) return false
  // What was set aside is known by its identity alone.
  return !work.lookups.keeps_all || isRowKnown(work, row)
}

/** Marks the record as heard by the device, whether or not it changed a chart. */
export function hear(work: DeviceWork, record: LogRecord): void {
  work.last_received_at = Math.max(work.last_received_at, record.received_at)
}

/** Whether a record has changed the device; where none has, nothing is written. */
export function isChanged(work: DeviceWork): boolean {
  const { applied, device_id } = work.state
  assert(applied >= storedApplied(work), `${device_id}: applied never falls`)
  return applied > storedApplied(work)
}

/** `mark` goes first: it says that a repair is under way, to whoever comes if this one never ends (DESIGN §5.4). */
export type Finished = { mark: DeviceWrite | null; write: DeviceWrite }

/** What to write, or null where nothing changed. */
export function finishWork(work: DeviceWork): Finished | null {
  if (!isChanged(work) && !work.repaired) return null
  const { state } = work
  const mark = work.lookups.atomic ? null : markOf(work)
  const version = mark?.state.version ?? work.stored?.version ?? 0
  const { device_id } = state
  const puts = work.puts.toArray()
  return {
    mark,
    write: { device_id, puts, expected_version: version, state: itemOf(work, state, version + 1) },
  }
}

/** The device as it is stored, marked. A new one is stored for it: nothing of it has been folded yet. */
function markOf(work: DeviceWork): DeviceWrite | null {
  const { stored, repaired, state } = work
  if (!repaired) return null
  const { device_id, device_type } = state
  const before = stored ? readState(stored) : newDeviceState(device_id, device_type)
  const item = stored ?? { ...itemOf(work, before, 0), last_received_at: 0 }
  // With its upgrades: whoever comes after a crash must fold the stretch with the same versions.
  const { upgrades } = state
  const marked = writeDeviceState({ ...before, repairing: repaired, ...(upgrades && { upgrades }) })
  const expected_version = item.version
  return {
    device_id,
    puts: [],
    expected_version,
    state: { ...item, version: expected_version + 1, ...marked },
  }
}

function itemOf(work: DeviceWork, state: DeviceState, version: number): DeviceStateItem {
  const stored = writeDeviceState(state)
  keepState(state.device_id, stored, state)
  return {
    device_id: state.device_id,
    device_type: state.device_type,
    location: locationAt(state, knownNow(work)),
    version,
    applied: state.applied,
    next_due: nextDue(state),
    last_received_at: work.last_received_at,
    ...stored,
  }
}

/**
 * The latest time that the device's records tell of. A configuration is no word from the device, but was written by then:
 * it places one that has said nothing yet, and does not move one before its own time.
 */
function knownNow({ state, last_received_at }: DeviceWork): number {
  return Math.max(state.until, last_received_at, ...state.config.map(({ written_at }) => written_at))
}

function storedApplied(work: DeviceWork): number {
  return work.stored?.applied ?? 0
}
