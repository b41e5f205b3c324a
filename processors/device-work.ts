/** One device's share of a batch while it is being worked on: its state, and what will be written of it. */
import assert from 'node:assert/strict'
import { compareKeys, type EventKey, keyText } from '../events/key.ts'
import type { DeviceStateItem, DeviceWrite, HotStore, Put } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { type DeviceState, nextDue } from '../statecharts/device-state.ts'
import type { PairFeed } from './feed-pairs.ts'

/** What a look-up beyond the state may ask of the store. */
export type Lookups = Pick<HotStore, 'findEvent' | 'findIdentity'>

export type Figures = {
  events: number
  decided: number
  late: number
  duplicates: number
  disagreed: number
}

export type DeviceWork = {
  state: DeviceState
  stored: DeviceStateItem | null
  lookups: Lookups
  /** By what they overwrite, so that a thing that changes twice in a batch is written once, as it is at the end. */
  puts: Map<string, Put>
  /** For the device's pair, before anything is written. */
  feeds: PairFeed[]
  last_received_at: number
  location: string | null
  figures: Figures
}

export function beginWork(state: DeviceState, stored: DeviceStateItem | null, lookups: Lookups): DeviceWork {
  return {
    state,
    stored,
    lookups,
    puts: new Map(),
    feeds: [],
    last_received_at: stored?.last_received_at ?? 0,
    location: stored?.location ?? null,
    figures: { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0 },
  }
}

/** The next record's number: rows and state of one attempt carry it, and the higher of two writers wins. */
export function nextApplied(work: DeviceWork): number {
  return work.state.applied + 1
}

export function put(work: DeviceWork, ...puts: Put[]): void {
  for (const one of puts) work.puts.set(overwrites(one), one)
}

/** Two puts of one device with the same answer are the same item. */
function overwrites({ table, item }: Put): string {
  switch (table) {
    case 'events':
    case 'checkpoints':
      return `${table} ${keyText(item)}`
    case 'summaries':
      return `${table} ${item.id}`
    case 'aliases':
      return `${table} ${item.kind} ${item.target} ${item.alias}`
    case 'identities':
      return `${table} ${item.identity}`
    case 'config':
      return `${table} ${item.effective_from} ${item.written_at} ${item.identity}`
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
  return row !== null && row.applied <= storedApplied(work)
}

/** The same of an event whose key depended on when it was received. */
export async function isIdentityKnown(work: DeviceWork, identity: string): Promise<boolean> {
  if (work.puts.has(`identities ${identity}`)) return true
  const row = await work.lookups.findIdentity(work.state.device_id, identity)
  return row !== null && row.applied <= storedApplied(work)
}

/** Marks the record as heard by the device, whether or not it changed a chart. */
export function hear(work: DeviceWork, record: LogRecord): void {
  work.last_received_at = Math.max(work.last_received_at, record.received_at)
}

/** What to write, or null where nothing changed. */
export function finishWork(work: DeviceWork): DeviceWrite | null {
  const { state, stored } = work
  if (state.applied === storedApplied(work)) return null
  assert(state.applied > storedApplied(work), `${state.device_id}: applied never falls`)
  const version = stored?.version ?? 0
  return {
    device_id: state.device_id,
    puts: [...work.puts.values()],
    expected_version: version,
    state: {
      device_id: state.device_id,
      device_type: state.device_type,
      location: work.location,
      version: version + 1,
      applied: state.applied,
      next_due: nextDue(state),
      last_received_at: work.last_received_at,
      state: JSON.stringify(state),
    },
  }
}

function storedApplied(work: DeviceWork): number {
  return work.stored?.applied ?? 0
}
