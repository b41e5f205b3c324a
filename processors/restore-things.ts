/** Things that were open where a repair begins, and of which the fold has nothing to tell: as they were there. */
import { isDeepStrictEqual } from 'node:util'
import { afterDecisions, type EventKey, keyText, lowestKey } from '../events/key.ts'
import type { EventRow, Put, Summary } from '../events/ports.ts'
import { statePath } from '../statecharts/chart.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import type { HvacContext } from '../statecharts/hvac-memory.ts'
import { thingId } from '../statecharts/thing-id.ts'
import { type DeviceWork, put } from './device-work.ts'
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
  const changed = new Map<unknown, EventRow>()
  for (const row of rows) {
    const id = thingOf(row)
    if (row.origin !== 'chart' || told.has(id)) continue
    changed.set(id, row)
  }
  const restored: Put[] = []
  for (const [id, row] of changed) {
    const item = await restoreThing(work, again, { id, row, began, isOpen: open.has(id) })
    if (item) restored.push({ table: 'summaries', item })
  }
  return restored
}

const OPEN = /^(session\.|calling\.|silent$)/

/** Sessions and cycles that are open, and a session that may still be continued. */
function openIn({ device_id, instances }: DeviceState): Set<unknown> {
  const ids = new Set<unknown>()
  for (const [name, { value, context }] of Object.entries(instances)) {
    const { session, cycle } = context as Partial<EvseContext & HvacContext>
    const thing = OPEN.test(statePath(value)) ? (session ?? cycle) : null
    if (thing) ids.add(thingId(device_id, name, thing.opened_by))
  }
  return ids
}

type Changed = { id: unknown; row: EventRow; began: DeviceState; isOpen: boolean }

async function restoreThing(
  work: DeviceWork,
  again: DeviceWork,
  { id, row, began, isOpen }: Changed,
): Promise<Summary | null> {
  const { device_id, applied } = work.state
  const started_at = row.body.started_at as number
  const things = await work.lookups.things(device_id, started_at, started_at + 1)
  const thing = things.find((one) => one.id === id)
  if (!thing || !began.horizon || work.puts.has(`summaries ${thing.id}`)) return null
  if (!isOpen) return restoreAsTold(work, thing, began.horizon)
  const end = began.undoable && thingOf(began.undoable) === id ? began.undoable : null
  if (end && !again.puts.has(`events ${keyText(end)}`)) {
    const item = { ...end, revision: end.revision + 2, applied }
    put(work, null, { table: 'events', item })
  }
  const said = end ?? (await startOf(work, thing))
  if (!said) return null
  const { chart: _, ...body } = said.body
  // An attempt that ended half-way may have withdrawn it.
  const { retracted: _r, superseded_by: _s, ...held } = thing
  const item = { ...held, applied, body: { ...thing.body, ...body, ...learnt(again.state, thing) } }
  put(work, null, { table: 'summaries', item })
  return item
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
  const { chart: _, ...body } = told.body
  const isAsTold = Object.entries(body).every(([name, value]) => isDeepStrictEqual(thing.body[name], value))
  if (isAsTold && !thing.retracted) return null
  const { retracted: _r, superseded_by: _s, because: _b, ...held } = thing
  const item = { ...held, applied, body: { ...thing.body, ...body } }
  put(work, null, { table: 'summaries', item })
  return item
}

async function startOf(work: DeviceWork, { id, started_at }: Summary): Promise<EventRow | undefined> {
  const range = { from: lowestKey(started_at), to: lowestKey(started_at + 1) }
  const rows = await work.lookups.history(work.state.device_id, range)
  return rows.find(
    (row) => !row.retracted && /^(session|cycle)_start$/.test(row.event_type) && thingOf(row) === id,
  )
}

/** The name that an open session has learnt since it began. */
function learnt({ instances }: DeviceState, { started_at, kind }: Summary): Record<string, unknown> {
  const open = (instances.session?.context as EvseContext | undefined)?.session
  return kind === 'session' && open?.started_at === started_at
    ? { device_session_id: open.device_session_id }
    : {}
}
