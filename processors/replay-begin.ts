/**
 * Where the fold of a device begins whose first records a source no longer has: a log that was pruned, a stream that
 * forgets. At a stored checkpoint behind everything that is lacking; what lies up to there is taken as it is stored.
 */
import { FUTURE_LIMIT_MS, newClock } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import { identityOf } from '../events/identity.ts'
import { afterDecisions, compareKeys, type EventKey, lowestKey, MAX_TIMESTAMP_MS } from '../events/key.ts'
import { isPairId } from '../events/pair-id.ts'
import type { Checkpoint, DeviceStateItem, HotStore, Summary } from '../events/ports.ts'
import { type LogRecord, REPLAYED } from '../events/record.ts'
import { routeTopic } from '../events/topics.ts'
import { statePath } from '../statecharts/chart.ts'
import { withVersion } from '../statecharts/config-in-force.ts'
import { writeDeviceState } from '../statecharts/device-standing.ts'
import {
  type DeviceState,
  NewerState,
  newDeviceState,
  parseDeviceState,
} from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import type { HvacContext } from '../statecharts/hvac-memory.ts'
import { thingId } from '../statecharts/thing-id.ts'
import { configKey } from './apply-internal.ts'
import { type DeviceRecord, openRecord, readRecord } from './decode-record.ts'
import type { Lookups } from './device-work.ts'
import { setClockKey } from './quick-event.ts'
import { canBegin } from './repair.ts'
import { SourceRefused } from './replay-source.ts'
import { factsOf, type Things } from './replay-things.ts'
import { firstReceived } from './too-old.ts'

/** What is stored, to be read from. */
export type StoredHistory = Lookups & Pick<HotStore, 'loadStates'>

export type Beginning = {
  /** What lies up to here is not folded; null: the source has all that the device said. */
  at: EventKey | null
  /** The device as it was there, with the configurations that it is known to have had. */
  item: DeviceStateItem
  state: DeviceState
  /** Sessions and cycles that were open there, by their ids. */
  open: Things
  /** What is stored up to there; null where the fold begins with nothing. */
  lookups: Lookups | null
}

/**
 * `first` is the device's first record on the source; `after` a time, epoch ms, behind which the checkpoint has to lie.
 * `anew`: nothing is stored of it. `nowhere`: something of it is lacking, and no checkpoint lies behind that.
 */
export type Begin = (
  device_id: string,
  first: LogRecord,
  after?: number,
) => Promise<Beginning | 'anew' | 'nowhere'>

export type BeginOptions = {
  stored: StoredHistory
  /** Epoch ms: what the source lacks was received by then; null where only the devices' own records tell. */
  lacking_ms: number | null
  /** What is to be compared began at this time, epoch ms, or later. */
  from: number
}

export function createBegin({ stored, lacking_ms, from }: BeginOptions): Begin {
  return async (device_id, first, after = 0) => {
    const item = (await stored.loadStates([device_id])).get(device_id)
    if (!item) return 'anew'
    const now = parseStored(item.state)
    const isWhole = lacking_ms !== null && firstReceived(now) > lacking_ms
    if (isWhole || (await isFirst(stored, device_id, first))) return atTheBeginning(item, now)
    const received_ms = isStamped(first) ? first.received_at : lacking_ms
    // Whoever asks for what happened since says that the source has it.
    const lacking = received_ms ?? (from > 0 ? from : null)
    // A repair that somebody has begun and not ended: its checkpoints hold for nobody.
    if (lacking === null || now.repairing) return 'nowhere'
    const behind = { at: Math.max(lacking + FUTURE_LIMIT_MS, after), applied: item.applied }
    const checkpoint = await checkpointFor(stored, device_id, behind, from)
    return checkpoint ? atCheckpoint(stored, item, now, checkpoint) : 'nowhere'
  }
}

/**
 * Whether the front door gave it its time when it was put on the log: whatever lay before it came no later. What a pair is
 * told has the time of its member's message.
 */
export function isStamped({ source, verdict, topic }: LogRecord): boolean {
  if (source === 'import' || verdict === REPLAYED) return false
  const route = routeTopic(topic)
  return !('device_id' in route && isPairId(route.device_id))
}

/** Whether the device was not known before it: its row says that it was the first to change anything. */
async function isFirst(stored: StoredHistory, device_id: string, record: LogRecord): Promise<boolean> {
  const read = readRecord(openRecord(record), () => device_id)
  if ('rejection' in read) return false
  const key = await keyOf(stored, read)
  const row = key && (await stored.findEvent(device_id, key))
  return row ? (row.entered ?? row.applied) === 1 : false
}

async function keyOf(stored: StoredHistory, read: DeviceRecord): Promise<EventKey | null> {
  if (read.kind === 'config') return configKey(read.message).key
  if (read.kind === 'pair') return read.message.key
  if (read.kind !== 'report') return null
  const { device_id, report, record } = read
  const isUnset = report.reported_timestamp < FIRST_EPOCH_MS
  const identity = isUnset ? identityOf(report, 1) : identityOf(report)
  return setClockKey(report, record.received_at) ?? stored.findIdentity(device_id, identity)
}

/** @throws SourceRefused for a state that newer code made. */
function parseStored(text: string): DeviceState {
  try {
    return parseDeviceState(text)
  } catch (error) {
    if (error instanceof NewerState) throw new SourceRefused(error.message, { cause: error })
    throw error
  }
}

const FIRST_REACH_MS = 2 * 86_400_000

/** The last up to `from`, so that as much as can be is compared from then on; else the first. */
async function checkpointFor(
  stored: StoredHistory,
  device_id: string,
  behind: { at: number; applied: number },
  from: number,
): Promise<Checkpoint | null> {
  const begin = lowestKey(behind.at + 1)
  const willDo = (one: Checkpoint) => one.applied <= behind.applied && canBegin(parseDeviceState(one.state))
  if (from > begin.ts) {
    let last = await stored.checkpointBefore(device_id, lowestKey(from), behind.applied)
    while (last && last.ts >= begin.ts && !willDo(last))
      last = await stored.checkpointBefore(device_id, last, behind.applied)
    if (last && last.ts >= begin.ts) return last
  }
  let [at, reach_ms] = [Math.max(begin.ts, Math.min(from, MAX_TIMESTAMP_MS)), FIRST_REACH_MS]
  while (at <= MAX_TIMESTAMP_MS) {
    const range = { from: lowestKey(at), to: lowestKey(Math.min(at + reach_ms, MAX_TIMESTAMP_MS + 1)) }
    const found = (await stored.checkpoints(device_id, range)).find(willDo)
    if (found) return found
    at += reach_ms
    reach_ms *= 4
  }
  return null
}

/** Only its configurations may have come before. */
function atTheBeginning(item: DeviceStateItem, now: DeviceState): Beginning {
  const { device_id, device_type, config } = now
  const state = { ...newDeviceState(device_id, device_type), config }
  return { at: null, item: itemOf(item, state, 0), state, open: new Map(), lookups: null }
}

async function atCheckpoint(
  stored: StoredHistory,
  item: DeviceStateItem,
  now: DeviceState,
  checkpoint: Checkpoint,
): Promise<Beginning> {
  const at = { ts: checkpoint.ts, ord: checkpoint.ord }
  const then = parseDeviceState(checkpoint.state)
  const { clamped_span, spoken, upgrades, first_received_at, told } = now
  // What is known by now of its words and its versions decides nothing twice; what it came to is of then. What it said
  // while its clock was not set lies before.
  const state: DeviceState = {
    ...then,
    until: at.ts,
    applied: item.applied,
    recent: [],
    repairing: null,
    clock: newClock(),
    clamped_span,
    spoken,
    config: [...then.config, ...now.config].reduce<DeviceState['config']>(withVersion, []),
    ...(upgrades && { upgrades }),
    ...(first_received_at !== undefined && { first_received_at }),
    ...(told && { told }),
  }
  const open = await openThings(stored, state)
  return { at, item: itemOf(item, state, item.applied), state, open, lookups: storedUpTo(stored, at) }
}

function itemOf(item: DeviceStateItem, state: DeviceState, applied: number): DeviceStateItem {
  return { ...item, ...writeDeviceState(state), applied, version: 0, last_received_at: 0 }
}

/** As they will be told if nothing more is said of them. */
async function openThings(stored: StoredHistory, { device_id, instances }: DeviceState): Promise<Things> {
  const open: Things = new Map()
  for (const [name, { value, context }] of Object.entries(instances)) {
    const { session, cycle } = context as Partial<EvseContext & HvacContext>
    const thing = /^(session\.|calling\.)/.test(statePath(value)) ? (session ?? cycle) : null
    if (!thing) continue
    const { opened_by, started_at } = thing
    const id = thingId(device_id, name, opened_by)
    const as = await stored.things(device_id, started_at, started_at + 1)
    const told: Pick<Summary, 'kind' | 'location'> = as.find((one) => one.id === id) ?? {
      kind: session ? 'session' : 'cycle',
      location: null,
    }
    const body = session
      ? { ended_at: null, device_session_id: session.device_session_id }
      : { ended_at: null }
    open.set(id, factsOf({ ...told, id, device_id, started_at, applied: 0, body }))
  }
  return open
}

/** What is stored up to a key, and what was decided with it. */
function storedUpTo(stored: Lookups, at: EventKey): Lookups {
  const end = afterDecisions(at)
  const cut = <Range extends { from: EventKey; to: EventKey }>(range: Range) =>
    compareKeys(range.to, end) > 0 ? { ...range, to: end } : range
  const isEmpty = ({ from }: { from: EventKey }) => compareKeys(from, end) >= 0
  return {
    atomic: true,
    findEvent: async (device_id, key) =>
      compareKeys(key, end) < 0 ? stored.findEvent(device_id, key) : null,
    findIdentity: async (device_id, identity) => {
      const row = await stored.findIdentity(device_id, identity)
      return row && compareKeys(row, end) < 0 ? row : null
    },
    findAliases: stored.findAliases,
    history: async (device_id, range) => (isEmpty(range) ? [] : stored.history(device_id, cut(range))),
    things: async (device_id, from, to) =>
      from > at.ts ? [] : stored.things(device_id, from, Math.min(to, at.ts + 1)),
    checkpoints: async (device_id, range) =>
      isEmpty(range) ? [] : stored.checkpoints(device_id, cut(range)),
    checkpointBefore: async (device_id, key, applied) =>
      stored.checkpointBefore(device_id, compareKeys(key, end) > 0 ? end : key, applied),
  }
}
