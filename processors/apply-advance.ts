/** What the charts made of an event or of time, taken over into the device's work: state, decided rows, a checkpoint. */
import type { EventRow } from '../events/ports.ts'
import type { AdvancedDevice, Decided } from '../statecharts/advance-device.ts'
import { type ChartState, statePath } from '../statecharts/chart.ts'
import { isResting } from '../statecharts/chart-versions.ts'
import { chartsOf } from '../statecharts/device-charts.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { summarizeSession } from '../statecharts/evse-summary.ts'
import { learntName } from '../statecharts/learnt-name.ts'
import { decidedPuts, decidedRow, locationAt, type RowPlace, summaryPuts } from './decided-rows.ts'
import { type DeviceWork, put } from './device-work.ts'

/** A repair never folds more than this much again (DESIGN §5.5). */
const CHECKPOINT_EVENTS = 500
export const CHECKPOINT_MS = 86_400_000

/**
 * Takes over what charts decided. `state` is a new object, given away to this: the work's state with everything but the
 * charts already moved on.
 */
export function takeAdvance(
  work: DeviceWork,
  state: DeviceState,
  advanced: AdvancedDevice,
  place: RowPlace,
  at: number,
): void {
  const before = work.state
  let undoable = state.undoable
  for (const decided of advanced.decided) {
    const { timer, at: when } = decided.decision
    // What a timer decided lies where the device was when it came due, whoever noticed it.
    const then = when > at ? state : before
    const own = timer === null ? place : { ...place, location: locationAt(then, when) }
    undoable = takeDecision(work, state, decided, undoable, own)
  }
  work.figures.decided += advanced.decided.length
  if (undoable && statePathOf(advanced.instances.session) !== 'silent') undoable = null
  state.instances = advanced.instances
  state.horizon = advanced.horizon ?? state.horizon
  state.until = Math.max(state.until, at)
  state.undoable = undoable
  if (advanced.decided.length > 0) {
    const { counters } = state
    state.counters = { ...counters, decided: counters.decided + advanced.decided.length }
  }
  work.state = state
  putLearntId(work, before, place, at)
  keepBeforeSilence(work, before, place)
  putCheckpoint(work, before, place)
}

function takeDecision(
  work: DeviceWork,
  state: DeviceState,
  decided: Decided,
  undoable: EventRow | null,
  place: RowPlace,
): EventRow | null {
  const row = decidedRow(state, decided, place)
  put(work, decided.cause, { table: 'events', item: row }, ...decidedPuts(state, decided, place))
  const { type, data } = decided.decision
  if (type === 'session_end' && data.end_reason === 'timeout') return row
  if (type === 'session_continued' && undoable) {
    const item = { ...undoable, retracted: true, revision: undoable.revision + 1, applied: place.applied }
    put(work, decided.cause, { table: 'events', item })
    return null
  }
  return undoable
}

/**
 * A device's own session id often comes with a later message than the one that opened the session. Where silence has
 * closed the session since, because time had passed beyond the message already, its end has told the id.
 */
function putLearntId(work: DeviceWork, before: DeviceState, place: RowPlace, at: number): void {
  if (!learntName(before, work.state)) return
  const { session } = work.state.instances
  if (!session || statePathOf(session) === 'silent') return
  const facts = summarizeSession(session.context as EvseContext, at, null)
  put(work, work.state.horizon, ...summaryPuts(work.state, 'session', 'session', facts, place))
}

/**
 * Where a device was silent for a day or more, its state as it was before, put (again) by what ends the silence: so that an
 * event that comes late into it is folded from there, though all that led there is forgotten.
 */
function keepBeforeSilence(work: DeviceWork, before: DeviceState, { applied, ttl }: RowPlace): void {
  const [was, is] = [before.horizon, work.state.horizon]
  if (!was || !is || is.ts - was.ts < CHECKPOINT_MS) return
  const state = JSON.stringify({ ...before, checkpoint: { at: was.ts, events: 0 } })
  const item = { ...was, device_id: before.device_id, applied, state, ttl }
  put(work, was, { table: 'checkpoints', item })
}

function putCheckpoint(work: DeviceWork, before: DeviceState, place: RowPlace): void {
  const { state } = work
  const key = state.horizon
  if (!key) return
  const last = state.checkpoint
  const events = (last?.events ?? 0) + 1
  if (last && events < CHECKPOINT_EVENTS && key.ts - last.at < CHECKPOINT_MS && !comesToRest(before, state)) {
    state.checkpoint = { at: last.at, events }
    return
  }
  state.checkpoint = { at: key.ts, events: 0 }
  const { device_id } = state
  const item = {
    ...key,
    device_id,
    applied: place.applied,
    state: JSON.stringify(state),
    ttl: place.ttl,
  }
  put(work, key, { table: 'checkpoints', item })
}

function comesToRest(before: DeviceState, state: DeviceState): boolean {
  for (const { name } of chartsOf(state.device_type)) {
    const was = before.instances[name]
    const is = state.instances[name]
    const same = was && is && was.value === is.value && was.timers === is.timers && was.version === is.version
    if (!same) return isAtRest(state) && !isAtRest(before)
  }
  return false
}

function isAtRest(state: DeviceState): boolean {
  return chartsOf(state.device_type).every((chart) => {
    const instance = state.instances[chart.name]
    return !instance || isResting(chart, instance)
  })
}

function statePathOf(instance: ChartState | undefined): string | null {
  return instance ? statePath(instance.value) : null
}
