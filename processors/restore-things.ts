/** Things that were open where a repair begins, and of which the fold has nothing to tell: as they were there. */
import { isDeepStrictEqual } from 'node:util'
import { afterDecisions, compareKeys, type EventKey, keyText, lowestKey } from '../events/key.ts'
import type { EventRow, Put, Summary } from '../events/ports.ts'
import { statePath } from '../statecharts/chart.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { EvseContext, OpenSession } from '../statecharts/evse-memory.ts'
import type { HvacContext } from '../statecharts/hvac-memory.ts'
import { sessionOf } from '../statecharts/learnt-name.ts'
import { thingId } from '../statecharts/thing-id.ts'
import { type DeviceWork, put } from './device-work.ts'
import { readState } from './parsed-states.ts'
import { becauseOf } from './replace-decisions.ts'
import { type KnownThings, thingOf } from './withdraw-things.ts'

/**
 * Gives back what decisions in the stretch had changed and the fold has not decided again: an end that is undone, a
 * continuation that never was, an alarm. `began` is the state that the fold began at. Every row of the stretch is asked,
 * withdrawn or not: an attempt that ended half-way may have withdrawn them already. Resolves with the things given back.
 */
export async function restoreThings(
  work: DeviceWork,
  again: DeviceWork,
  began: DeviceState,
  { rows, known }: { rows: readonly EventRow[]; known: KnownThings },
): Promise<Put[]> {
  const told = new Set(known)
  for (const one of again.puts.toArray()) if (one.table === 'summaries') told.add(one.item.id)
  const open = openIn(began)
  const changed = new Map<unknown, number>()
  for (const row of rows) {
    const id = thingOf(row)
    if (row.origin !== 'chart' || told.has(id)) continue
    changed.set(id, row.body.started_at as number)
  }
  for (const [id, started_at] of open)
    if (!told.has(id) && !changed.has(id) && (await isLeft(work, began, id, started_at)))
      changed.set(id, started_at)
  const restored: Put[] = []
  for (const [id, started_at] of changed) {
    const item = await restoreThing(work, again, { id, started_at, began, isOpen: open.has(id) })
    if (item) restored.push({ table: 'summaries', item })
  }
  return restored
}

/**
 * Whether attempts that never wrote their states may have told otherwise of an open thing, and no row says so any more: a
 * repair that has left its mark may have put another row in the place of the one that did, before it came to give the thing
 * back.
 */
async function isLeft(
  { lookups, stored, state }: DeviceWork,
  { undoable }: DeviceState,
  id: unknown,
  started_at: number,
): Promise<boolean> {
  if (lookups.atomic) return false
  if (stored && readState(stored).repairing) return true
  const applied = stored?.applied ?? 0
  const things = await lookups.things(state.device_id, started_at, started_at + 1)
  if (things.some((thing) => thing.id === id && thing.applied > applied)) return true
  if (!undoable || thingOf(undoable) !== id) return false
  const end = await lookups.findEvent(state.device_id, undoable)
  return end !== null && end.applied > applied
}

const OPEN = /^(session\.|calling\.|silent$)/

/** When sessions and cycles began that are open, and a session that may still be continued. */
function openIn({ device_id, instances }: DeviceState): Map<unknown, number> {
  const begun = new Map<unknown, number>()
  for (const [name, { value, context }] of Object.entries(instances)) {
    const { session, cycle } = context as Partial<EvseContext & HvacContext>
    const thing = OPEN.test(statePath(value)) ? (session ?? cycle) : null
    if (thing) begun.set(thingId(device_id, name, thing.opened_by), thing.started_at)
  }
  return begun
}

type Changed = { id: unknown; started_at: number; began: DeviceState; isOpen: boolean }

async function restoreThing(
  work: DeviceWork,
  again: DeviceWork,
  { id, started_at, began, isOpen }: Changed,
): Promise<Summary | null> {
  const { device_id, applied } = work.state
  const things = await work.lookups.things(device_id, started_at, started_at + 1)
  const thing = things.find((one) => one.id === id)
  if (!thing || !began.horizon || work.puts.has(`summaries ${thing.id}`)) return null
  if (!isOpen) return restoreAsTold(work, thing, began.horizon)
  const end = began.undoable && thingOf(began.undoable) === id ? began.undoable : null
  if (end && !again.puts.has(`events ${keyText(end)}`)) {
    const item = { ...end, revision: end.revision + 2, applied }
    put(work, null, { table: 'events', item })
  }
  const told = end ?? (await lastTold(work, thing, began, began.horizon))
  if (!told) return null
  // An attempt that ended half-way may have withdrawn it.
  const { retracted: _r, superseded_by: _s, ...held } = thing
  const { location } = told
  const body = { ...thing.body, ...factsIn(told), ...learnt(again.state, thing) }
  const item = { ...held, location, applied, body }
  put(work, null, { table: 'summaries', item })
  return item
}

/** What a decided row tells of its thing. */
function factsIn({ location, body }: EventRow): Record<string, unknown> {
  const { chart: _, ...facts } = body
  return { ...facts, location }
}

/**
 * As it was last told before the stretch: an alarm, which may have begun long before it was raised, or what had ended by
 * then, of which somebody who had stood still may have told otherwise. An alarm that was not told is withdrawn.
 */
async function restoreAsTold(work: DeviceWork, thing: Summary, to: EventKey): Promise<Summary | null> {
  const { device_id, applied } = work.state
  const earlier = await work.lookups.history(device_id, {
    from: lowestKey(thing.started_at),
    to: afterDecisions(to),
  })
  const told = earlier.findLast((one) => !one.retracted && thingOf(one) === thing.id)
  if (!told && thing.kind === 'alarm') {
    if (thing.retracted && thing.applied <= (work.stored?.applied ?? 0)) return null
    put(work, null, { table: 'summaries', item: { ...thing, ...becauseOf(work), applied, retracted: true } })
    return null
  }
  if (!told || (told.event_type !== 'alarm' && !told.event_type.endsWith('_end'))) return null
  const facts = factsIn(told)
  const isAsTold = Object.entries(facts).every(([name, value]) => isDeepStrictEqual(thing.body[name], value))
  if (isAsTold && !thing.retracted) return null
  const { retracted: _r, superseded_by: _s, because: _b, ...held } = thing
  const item = { ...held, location: told.location, applied, body: { ...thing.body, ...facts } }
  put(work, null, { table: 'summaries', item })
  return item
}

/**
 * What was last told of a thing that was open at `horizon`, and where the device was then: its start, or that it was
 * continued. The message from which a session has learnt its name told it too, and has no row of its own.
 */
async function lastTold(
  work: DeviceWork,
  { id, started_at }: Summary,
  began: DeviceState,
  horizon: EventKey,
): Promise<EventRow | undefined> {
  const { device_id } = work.state
  const read = (to: EventKey) => work.lookups.history(device_id, { from: lowestKey(started_at), to })
  const isTold = (row: EventRow) => !row.retracted && TOLD_OPEN.test(row.event_type) && thingOf(row) === id
  const nameIn = ({ body }: EventRow) => body.device_session_id ?? null
  const open = sessionIn(began, started_at)
  const name = open?.device_session_id ?? null
  const start = (await read(lowestKey(started_at + 1))).find(isTold)
  if (!start || (!open?.continued && nameIn(start) === name)) return start
  const rows = await read(afterDecisions(horizon))
  const last = rows.findLast(isTold) ?? start
  if (nameIn(last) === name) return last
  const said = rows.find(
    (row) => row.origin === 'device' && compareKeys(row, last) > 0 && row.body.session_id === name,
  )
  return { ...last, location: (said ?? last).location }
}

const TOLD_OPEN = /^(session_start|session_continued|cycle_start)$/

function sessionIn(state: DeviceState, started_at: number): OpenSession | null {
  const session = sessionOf(state)
  return session?.started_at === started_at ? session : null
}

/** The name that an open session has learnt since it began. */
function learnt(state: DeviceState, { started_at, kind }: Summary): Record<string, unknown> {
  const open = kind === 'session' ? sessionIn(state, started_at) : null
  return open ? { device_session_id: open.device_session_id } : {}
}
