/** Things that began before the stretch of a repair, and of which the fold has nothing to tell: as they were at its start. */
import { keyText, lowestKey } from '../events/key.ts'
import type { EventRow, Summary } from '../events/ports.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { type DeviceWork, put } from './device-work.ts'
import { type KnownThings, thingOf } from './withdraw-things.ts'

/**
 * Gives back what decisions in the stretch had changed and the fold has not decided again: an end that is undone, a
 * continuation that never was, an alarm. `began` is the state that the fold began at. Every row of the stretch is asked,
 * withdrawn or not: an attempt that ended half-way may have withdrawn them already.
 */
export async function restoreThings(
  work: DeviceWork,
  again: DeviceWork,
  began: DeviceState,
  { rows, known }: { rows: readonly EventRow[]; known: KnownThings },
): Promise<void> {
  const told = new Set(known)
  for (const { put: one } of again.puts.values()) if (one.table === 'summaries') told.add(one.item.id)
  const changed = new Map<unknown, EventRow>()
  for (const row of rows)
    if (row.origin === 'chart' && !told.has(thingOf(row))) changed.set(thingOf(row), row)
  for (const [id, row] of changed) await restoreThing(work, again, { id, row, end: began.undoable })
}

type Changed = { id: unknown; row: EventRow; end: EventRow | null }

async function restoreThing(work: DeviceWork, again: DeviceWork, { id, row, end }: Changed): Promise<void> {
  const { device_id, applied } = work.state
  const started_at = row.body.started_at as number
  const things = await work.lookups.things(device_id, started_at, started_at + 1)
  const thing = things.find((one) => one.id === id)
  if (!thing || work.puts.has(`summaries ${thing.id}`)) return
  if (thing.kind === 'alarm') {
    put(work, null, { table: 'summaries', item: { ...thing, applied, retracted: true } })
    return
  }
  const ended = end && thingOf(end) === id ? end : null
  if (ended && !again.puts.has(`events ${keyText(ended)}`)) {
    const item = { ...ended, revision: ended.revision + 2, applied }
    put(work, null, { table: 'events', item })
  }
  const said = ended ?? (await startOf(work, thing))
  if (!said) return
  const { chart: _, ...body } = said.body
  const item = { ...thing, applied, body: { ...thing.body, ...body, ...learnt(again.state, thing) } }
  put(work, null, { table: 'summaries', item })
}

async function startOf(work: DeviceWork, { id, started_at }: Summary): Promise<EventRow | undefined> {
  const range = { from: lowestKey(started_at), to: lowestKey(started_at + 1) }
  const rows = await work.lookups.history(work.state.device_id, range)
  return rows.find(
    (row) =>
      !row.retracted &&
      (row.event_type === 'session_start' || row.event_type === 'cycle_start') &&
      thingOf(row) === id,
  )
}

/** The name that an open session has learnt since it began. */
function learnt({ instances }: DeviceState, { started_at, kind }: Summary): Record<string, unknown> {
  const open = (instances.session?.context as EvseContext | undefined)?.session
  return kind === 'session' && open?.started_at === started_at
    ? { device_session_id: open.device_session_id }
    : {}
}
