/** Sessions, cycles and alarms, and the names of sessions, that a repair has not come to again: withdrawn, never deleted. */
import { type EventKey, lowestKey } from '../events/key.ts'
import type { Alias, EventRow, Put, Summary } from '../events/ports.ts'
import { type DeviceWork, put } from './device-work.ts'
import { overwrites } from './puts.ts'
import { becauseOf } from './replace-decisions.ts'

/** Ids that the fold has come to, or that something outside the stretch tells of. */
export type KnownThings = ReadonlySet<unknown>

/**
 * Withdraws what began in the stretch and is not known any more. Asked of the store, and not of the difference of rows:
 * an attempt that ended half-way may have changed the rows already.
 */
export async function withdrawThings(
  work: DeviceWork,
  again: DeviceWork,
  { from, to }: { from: EventKey; to: EventKey },
  { beyond, within }: { beyond: KnownThings; within: readonly EventRow[] },
): Promise<Set<string>> {
  const { device_id, applied } = work.state
  const known = new Set(beyond)
  const before = await work.lookups.history(device_id, { from: lowestKey(from.ts), to: from })
  for (const row of before) if (row.origin === 'chart') known.add(thingOf(row))
  const heirs: Summary[] = []
  for (const one of again.puts.toArray()) {
    if (one.table !== 'summaries') continue
    known.add(one.item.id)
    heirs.push(one.item)
  }
  const withdrawn = new Set<string>()
  const told = new Set(within.map(thingOf))
  for (const thing of await work.lookups.things(device_id, from.ts, to.ts + 1)) {
    if (known.has(thing.id)) continue
    // Begun in the stretch's last millisecond and not told of in it: it began behind its end.
    if (thing.started_at === to.ts && !told.has(thing.id)) continue
    withdrawn.add(thing.id)
    // By a repair that was finished; an attempt that was not may have left its names.
    if (thing.retracted && thing.applied <= (work.stored?.applied ?? 0)) continue
    const heir = heirs.find((one) => one.kind === thing.kind && overlap(one, thing))
    const superseded = heir ? { superseded_by: heir.id } : {}
    put(work, null, {
      table: 'summaries',
      item: { ...thing, ...superseded, ...becauseOf(work), applied, retracted: true },
    })
  }
  return withdrawn
}

/** The session, cycle or alarm that a decided row tells of. */
export function thingOf({ event_type, body }: EventRow): unknown {
  return event_type === 'alarm' ? body.alarm_id : (body.session_id ?? body.cycle_id)
}

function overlap(a: Summary, b: Summary): boolean {
  const end = ({ body }: Summary) => (body.ended_at as number | null) ?? Number.POSITIVE_INFINITY
  return a.started_at <= end(b) && b.started_at <= end(a)
}

/** A session is known by one name at most; what it was called before the repair is kept, as withdrawn. `told`: things as they are now. */
export async function withdrawNames(
  work: DeviceWork,
  stored: readonly EventRow[],
  { withdrawn, told }: { withdrawn: ReadonlySet<string>; told: readonly Put[] },
): Promise<void> {
  const { device_id, applied } = work.state
  const names = new Map<string, unknown>([...withdrawn].map((id) => [id, null]))
  for (const { table, item } of told)
    if (table === 'summaries') names.set(item.id, item.body.device_session_id)
  // Of this batch too: an attempt that ended half-way may have written a name, and not the message that said it.
  const pending = work.puts.toArray().flatMap((put) => (put.table === 'events' ? [put.item] : []))
  for (const said of namesSaid([...stored, ...pending])) {
    for (const alias of await work.lookups.findAliases('device_session', said)) {
      if (alias.device_id !== device_id || alias.retracted) continue
      const holds = names.has(alias.target) ? names.get(alias.target) === said : await isNamed(work, alias)
      if (!holds) put(work, null, { table: 'aliases', item: { ...alias, applied, retracted: true } })
    }
  }
}

/**
 * Whether a session that the fold has not come to has the name. An attempt that never wrote its state may have left the
 * name of one that never was, with or without a row of it.
 */
async function isNamed(work: DeviceWork, alias: Alias): Promise<boolean> {
  const { device_id, until } = work.state
  const isSettled = alias.applied <= (work.stored?.applied ?? 0)
  if (isSettled || work.puts.has(overwrites({ table: 'aliases', item: alias }))) return true
  const things = await work.lookups.things(device_id, 0, until + 1)
  return things.some(
    ({ id, retracted, body }) => id === alias.target && !retracted && body.device_session_id === alias.alias,
  )
}

function namesSaid(rows: readonly EventRow[]): Set<string> {
  const names = new Set<string>()
  for (const { origin, body } of rows)
    if (origin === 'device' && typeof body.session_id === 'string' && body.session_id)
      names.add(body.session_id)
  return names
}
