/**
 * History put right (DESIGN §5.4): the stretch from the last checkpoint before the earliest late key is folded again, up
 * to the first later checkpoint where it comes to the state that is stored, and what it decides takes the place of what
 * was decided before. Nothing is deleted: what no longer holds is marked as retracted.
 */
import { isDeepStrictEqual } from 'node:util'
import { afterDecisions, compareKeys, type EventKey, keyText, lowestKey } from '../events/key.ts'
import type { Checkpoint, EventRow, Put } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { advanceDeviceTime } from '../statecharts/advance-device.ts'
import { isFoldable } from '../statecharts/chart-versions.ts'
import { type ConfigInForce, withVersion } from '../statecharts/config-in-force.ts'
import { chartsOf } from '../statecharts/device-charts.ts'
import { type DeviceState, newDeviceState, parseDeviceState } from '../statecharts/device-state.ts'
import { learntName } from '../statecharts/learnt-name.ts'
import { thingId } from '../statecharts/thing-id.ts'
import { takeAdvance } from './apply-advance.ts'
import { takeEvent } from './apply-report.ts'
import { locationAt } from './decided-rows.ts'
import { beginWork, type DeviceWork, END, hasEntered, put } from './device-work.ts'
import { eventInRow, saidInRow, ttlOf } from './event-rows.ts'
import { feedRepaired } from './feed-again.ts'
import { interpretReport } from './interpret-report.ts'
import { lastsLonger, replaceDecisions } from './replace-decisions.ts'
import { restoreThings } from './restore-things.ts'
import {
  beginStretch,
  hasEndedAll,
  isReadWhole,
  isRestRead,
  isUsable,
  readOn,
  type Stretch,
} from './stored-stretch.ts'
import { thingOf, withdrawNames, withdrawThings } from './withdraw-things.ts'

/**
 * Folds again what late events have touched, and puts the difference; does nothing where nothing was late. `last` is the
 * record that the batch ends with.
 */
export async function repair(work: DeviceWork, last: Pick<LogRecord, 'position'>): Promise<void> {
  const { late } = work
  if (!late) return
  const base = await checkpointBefore(work, late.from)
  const start = base ? afterDecisions(base) : lowestKey(0)
  const stretch = beginStretch(work, start, late.to, !knowsEveryVersion(work.state, base))
  let rows = inputRows(work, await readOn(work, stretch))
  const again = beginAgain(work, base, rows)
  const began = again.state
  let met = foldAgain(again, rows, checkpointsAfter(stretch, late.to))
  while (!met && !isReadWhole(stretch)) {
    rows = inputRows(work, await readOn(work, stretch))
    met = foldAgain(again, rows, checkpointsAfter(stretch, late.to))
  }
  if (!met) moveTimeOn(again, work.state.until)
  const end = met?.end ?? END
  // The checkpoint at which they are one holds, and so does what was put of it in this batch.
  const changed = met?.at ?? END
  if (met) again.puts.delete(`checkpoints ${keyText(met.at)}`)
  if (met && !hasEndedAll(met.was))
    while (!isReadWhole(stretch) && !isRestRead(stretch, end)) await readOn(work, stretch)
  const { stored, checkpoints } = stretch
  const beyond = toldBeyond(work, stored, end)
  // The message that told its name has no row of its own.
  const named = met && learntName(met.was, work.state)
  if (named) beyond.add(thingId(work.state.device_id, 'session', named.opened_by))
  if (met) undoEnd(work, again, stored, end)
  feedRepaired(work, again, stored, last)
  work.puts.takeBack({ from: start, to: changed })
  replaceDecisions(work, again, {
    goesOn: met && beyond,
    stored: stored.filter((row) => compareKeys(row, end) < 0),
    checkpoints: checkpoints.filter((one) => compareKeys(one, changed) < 0),
  })
  const within = stored.filter((row) => compareKeys(row, end) < 0)
  const withdrawn = await withdrawThings(work, again, { from: start, to: end }, { beyond, within })
  const known = new Set([...withdrawn, ...beyond])
  const restored = await restoreThings(work, again, began, { rows: within, known })
  const isSettled = (put: Put) => !met || !lastsLonger(put, beyond)
  const told = [...again.puts.toArray(), ...restored].filter(isSettled)
  await withdrawNames(work, stored, { withdrawn, told })
  if (!met) work.state = repaired(work.state, again.state)
  work.late = null
  work.repaired = { from: start, to: end }
}

/** The newest checkpoint below `key` that holds, of the store's and of this batch's. */
async function checkpointBefore(work: DeviceWork, key: EventKey): Promise<Checkpoint | null> {
  let newest = await storedCheckpoint(work, key, canBegin)
  for (const put of work.puts.toArray()) {
    if (put.table !== 'checkpoints' || compareKeys(put.item, key) >= 0) continue
    if (!newest || compareKeys(put.item, newest) >= 0) newest = put.item
  }
  return newest
}

/** The newest stored checkpoint below `key` whose state will do. */
export async function storedCheckpoint(
  { state, stored, lookups }: DeviceWork,
  key: EventKey,
  willDo: (state: DeviceState) => boolean,
): Promise<Checkpoint | null> {
  // One with a higher `applied` was left by an attempt that never wrote its state.
  const before = (to: EventKey) => lookups.checkpointBefore(state.device_id, to, stored?.applied ?? 0)
  let newest = await before(key)
  while (newest && !willDo(parseDeviceState(newest.state))) newest = await before(newest)
  return newest
}

/** Whether a fold may begin at the state: it has nothing open in a version that is no longer known. */
export function canBegin({ device_type, instances }: DeviceState): boolean {
  return chartsOf(device_type).every((chart) => {
    const instance = instances[chart.name]
    return !instance || isFoldable(chart, instance)
  })
}

function checkpointsAfter(stretch: Stretch, key: EventKey): Checkpoint[] {
  return stretch.checkpoints.filter((one) => isUsable(stretch, one) && compareKeys(one, key) > 0)
}

/**
 * Whether the state knows every version since the checkpoint: it drops the oldest first, so one that still has the
 * checkpoint's has all. Where not, only the rows know them, wherever they lie.
 */
function knowsEveryVersion({ config }: DeviceState, base: Checkpoint | null): boolean {
  const then = base ? parseDeviceState(base.state).config : []
  if (then.length === 0) return config.length === 0
  return then.every((one) =>
    config.some((now) => now.effective_from === one.effective_from && now.written_at === one.written_at),
  )
}

/**
 * What came in, in key order. A stored row with a higher `applied` than the state's was left by an attempt that never
 * wrote its state: its record will be back.
 */
export function inputRows(
  work: DeviceWork,
  { from, to, stored }: Awaited<ReturnType<typeof readOn>>,
): EventRow[] {
  const applied = work.stored?.applied ?? 0
  const entered = stored.filter((row) => hasEntered(row, applied))
  const rows = new Map(entered.map((row) => [keyText(row), row]))
  for (const put of work.puts.toArray()) {
    if (put.table !== 'events') continue
    if (compareKeys(put.item, from) >= 0 && compareKeys(put.item, to) < 0)
      rows.set(keyText(put.item), put.item)
  }
  const pending = (row: EventRow) => work.puts.has(`events ${keyText(row)}`)
  // What an attempt that ended half-way has retracted still holds.
  const holds = (row: EventRow) => !row.retracted || (row.applied > applied && !pending(row))
  return [...rows.values()].filter((row) => row.origin !== 'chart' && holds(row)).sort(compareKeys)
}

/** A work of its own, at the checkpoint, that knows every configuration that is known now. */
export function beginAgain(work: DeviceWork, base: Checkpoint | null, rows: readonly EventRow[]): DeviceWork {
  const { device_id, device_type, clock, recent, clamped_span, config, applied, upgrades } = work.state
  const from = base ? parseDeviceState(base.state) : newDeviceState(device_id, device_type)
  const again = beginWork(
    // How far time had been moved on when the checkpoint was cut says nothing about what came before what.
    { ...from, until: 0, clock, recent, clamped_span, config: versions(from.config, rows, config) },
    work.stored,
    work.lookups,
  )
  if (upgrades) again.state.upgrades = upgrades
  // Whatever the repair puts speaks as of the last record of the batch.
  again.state = { ...again.state, applied: applied - 1 }
  return again
}

function versions(
  then: readonly ConfigInForce[],
  rows: readonly EventRow[],
  now: readonly ConfigInForce[],
): ConfigInForce[] {
  const between = rows
    .filter(({ origin }) => origin === 'config')
    .map(({ body }) => body as unknown as ConfigInForce)
  return [...then, ...between, ...now].reduce<ConfigInForce[]>(withVersion, [])
}

/** Where the fold has come to the state that is stored: whatever lies behind `end` holds. */
type Met = { at: EventKey; end: EventKey; was: DeviceState }

/** Folds the rows, to the first stored checkpoint at which the states are one again; null where they never are. */
function foldAgain(
  again: DeviceWork,
  rows: readonly EventRow[],
  checkpoints: readonly Checkpoint[],
): Met | null {
  const stored = new Map(checkpoints.map((one) => [`${one.ts} ${one.ord}`, one]))
  for (const row of rows) {
    if (!foldRow(again, row)) continue
    const checkpoint = stored.get(`${row.ts} ${row.ord}`)
    const was = checkpoint && parseDeviceState(checkpoint.state)
    if (was && isSame(again.state, was)) return { at: row, end: afterDecisions(row), was }
  }
  return null
}

/** Folds the row, and says whether there was something in it to fold. */
export function foldRow(again: DeviceWork, row: EventRow): boolean {
  if (row.origin !== 'device') return false
  const { applied, clock } = again.state
  const meaning = interpretReport(again.state, saidInRow(row), row.ts)
  // A pin that has lost its meaning since says nothing now; its row stays as it is.
  if ('rule' in meaning) return false
  const { pins, ...meant } = meaning
  const event = { ...eventInRow(row), ...meant }
  takeEvent(again, { event, key: { ts: row.ts, ord: row.ord }, clock, pins, late: false })
  again.state = { ...again.state, applied }
  return true
}

/** Sessions, cycles and alarms of which something is told beyond `end`. */
function toldBeyond(work: DeviceWork, stored: readonly EventRow[], end: EventKey): Set<unknown> {
  const pending = work.puts.toArray().map((put) => (put.table === 'events' ? put.item : null))
  const things = new Set<unknown>()
  for (const row of [...stored, ...pending]) {
    if (row?.origin !== 'chart' || row.retracted || compareKeys(row, end) < 0) continue
    things.add(thingOf(row))
  }
  return things
}

/** An end that the fold has decided, and that is undone beyond `end`: the fold went no further than to decide it. */
function undoEnd(work: DeviceWork, again: DeviceWork, stored: readonly EventRow[], end: EventKey): void {
  const { undoable } = again.state
  if (!undoable || !again.puts.has(`events ${keyText(undoable)}`)) return
  const applied = work.stored?.applied ?? 0
  const pending = work.puts.toArray().map((put) => (put.table === 'events' ? put.item : null))
  // A row with a higher `applied` was left by an attempt that never wrote its state.
  const told = [...stored.filter((row) => row.applied <= applied), ...pending]
  const isUndone = told.some(
    (row) =>
      row?.event_type === 'session_continued' &&
      !row.retracted &&
      compareKeys(row, end) >= 0 &&
      thingOf(row) === thingOf(undoable),
  )
  if (!isUndone) return
  const item = { ...undoable, retracted: true, revision: undoable.revision + 1 }
  put(again, null, { table: 'events', item })
}

/** Whether whatever follows will be the same from both. */
function isSame(a: DeviceState, b: DeviceState): boolean {
  const folded = ({ instances, horizon, pins, payload_location, undoable, config }: DeviceState) => {
    const undone = undoable && { ...undoable, applied: 0, ttl: 0, revision: 0 }
    return { instances, horizon, pins, payload_location, undone, config }
  }
  return isDeepStrictEqual(JSON.parse(JSON.stringify(folded(a))), JSON.parse(JSON.stringify(folded(b))))
}

function moveTimeOn(again: DeviceWork, until: number): void {
  const { state } = again
  if (until <= state.until) return
  const applied = state.applied + 1
  const received_at = until
  const place = { location: locationAt(state, until), received_at, ttl: ttlOf(received_at), applied }
  takeAdvance(again, { ...state, applied }, advanceDeviceTime(state, until), place, until)
}

/** The state as it is, with everything that folding decides from the fold. */
function repaired(state: DeviceState, again: DeviceState): DeviceState {
  const { instances, horizon, pins, payload_location, undoable, checkpoint, last } = again
  const until = Math.max(state.until, again.until)
  return { ...state, instances, horizon, until, pins, payload_location, undoable, checkpoint, last }
}
