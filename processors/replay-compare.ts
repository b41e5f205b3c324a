/** What a fold comes to, beside what is stored: sessions, cycles and alarms that would appear, vanish or change. */
import type { Summary } from '../events/ports.ts'
import type { FoldedDevice } from './replay-fold.ts'
import type { ReplayRange } from './replay-source.ts'
import { energyOf, factsOf, type ThingFacts, type Things } from './replay-things.ts'

/** A device's live things that began in the half-open range of epoch ms, as they are stored. */
export type StoredThings = (device_id: string, from: number, to: number) => Promise<Summary[]>

export type ToldThing = {
  kind: Summary['kind']
  id: string
  started_at: number
  ended_at: number | null
  energy_kwh: number | null
}

/** `[stored, folded]` of what differs; `other` where something differs that is neither of these. */
export type ChangedThing = {
  kind: Summary['kind']
  id: string
  started_at: number
  ended_at?: [number | null, number | null]
  energy_kwh?: [number | null, number | null]
  location?: [string | null, string | null]
  other?: true
}

/** What is alike in number and energy; kWh are of finished sessions and cycles. */
export type Compared = {
  device_id: string
  records: number
  refused: number
  same: number
  stored_kwh: number
  folded_kwh: number
  appear: ToldThing[]
  vanish: ToldThing[]
  change: ChangedThing[]
}

export async function compareDevice(
  { device_id, records, refused, things, since }: FoldedDevice,
  stored: StoredThings,
  { from, to, location }: ReplayRange,
): Promise<Compared> {
  const wanted = (one: ThingFacts) =>
    one.started_at >= from && one.started_at < to && (location === null || one.location === location)
  const was: Things = new Map()
  const begun = Math.max(from, (since ?? -1) + 1)
  if (begun < to) for (const one of await stored(device_id, begun, to)) was.set(one.id, factsOf(one))
  // What was open where the fold began, and what it has told of earlier things.
  for (const [id, { started_at }] of things) {
    if (started_at < from || started_at >= Math.min(begun, to)) continue
    const one = (await stored(device_id, started_at, started_at + 1)).find((thing) => thing.id === id)
    if (one) was.set(id, factsOf(one))
  }
  const compared: Compared = {
    device_id,
    records,
    refused,
    same: 0,
    stored_kwh: 0,
    folded_kwh: 0,
    appear: [],
    vanish: [],
    change: [],
  }
  for (const [id, facts] of things) {
    const before = was.get(id)
    if (!wanted(facts) && !(before && wanted(before))) continue
    compared.folded_kwh += kwhOf(facts)
    if (!before) compared.appear.push(told(id, facts))
    else judge(compared, id, before, facts)
  }
  for (const [id, facts] of was) {
    if (things.has(id) || !wanted(facts)) continue
    compared.stored_kwh += kwhOf(facts)
    compared.vanish.push(told(id, facts))
  }
  for (const list of [compared.appear, compared.vanish, compared.change]) list.sort(byTime)
  return compared
}

function judge(compared: Compared, id: string, before: ThingFacts, now: ThingFacts): void {
  compared.stored_kwh += kwhOf(before)
  const { kind, started_at } = now
  const change: ChangedThing = { kind, id, started_at }
  if (before.ended_at !== now.ended_at) change.ended_at = [before.ended_at, now.ended_at]
  const [had_kwh, has_kwh] = [energyOf(before), energyOf(now)]
  if (had_kwh !== has_kwh) change.energy_kwh = [had_kwh, has_kwh]
  if (before.location !== now.location) change.location = [before.location, now.location]
  // What a thing says beside is another matter once it has ended in one of them alone.
  const says_more = kind === 'cycle' && change.energy_kwh
  if (before.rest !== now.rest && !change.ended_at && !says_more) change.other = true
  if (Object.keys(change).length === 3) compared.same++
  else compared.change.push(change)
}

/** An alarm's energy is of a session that has its own. */
function kwhOf(facts: ThingFacts): number {
  return facts.kind === 'alarm' ? 0 : (energyOf(facts) ?? 0)
}

function told(id: string, facts: ThingFacts): ToldThing {
  const { kind, started_at, ended_at } = facts
  return { kind, id, started_at, ended_at, energy_kwh: energyOf(facts) }
}

function byTime(a: ToldThing | ChangedThing, b: ToldThing | ChangedThing): number {
  return a.started_at - b.started_at || (a.id < b.id ? -1 : 1)
}
