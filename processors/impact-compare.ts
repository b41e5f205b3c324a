/**
 * A device's sessions, cycles and alarms as two revisions of the charts make them of the same records: which would appear,
 * vanish, split, merge or change. Things belong together where they have one id or overlap in time.
 */
import type { FoldedDevice } from './replay-fold.ts'
import type { ReplayRange } from './replay-source.ts'
import type { ThingFacts } from './replay-things.ts'

export type What = 'appear' | 'vanish' | 'split' | 'merge' | 'change' | 'recut'

export type ImpactThing = {
  id: string
  started_at: number
  /** null: still going on. */
  ended_at: number | null
  energy_kwh: number | null
  charging_s: number | null
}

/** What was one thing, or some that overlap, and what it would be. `recut`: some become some others. */
export type Difference = {
  what: What
  kind: keyof typeof COUNTED
  /** A cycle's mode, an alarm's name. */
  variety: string | null
  before: ImpactThing[]
  after: ImpactThing[]
  /** Of a `change`: what of it. */
  fields?: string[]
}

/** Of what is over, kWh and times; of sessions and cycles that begin in the range, or belong to one that does. */
export type Totals = {
  sessions: number
  cycles: number
  alarms: number
  energy_kwh: number
  /** null where a revision does not tell. */
  charging_s: number | null
  cycle_s: number
}

export type DeviceImpact = {
  device_id: string
  records: number
  same: number
  before: Totals
  after: Totals
  refused: { before: number; after: number }
  differences: Difference[]
}

/** Absent: the revision has not folded the device at all. */
export type BothSides = { before: FoldedDevice | null; after: FoldedDevice | null }

type Facts = ThingFacts & { kind: keyof typeof COUNTED }
type One = { id: string; facts: Facts; side: 'before' | 'after' }

export function noTotals(): Totals {
  return { sessions: 0, cycles: 0, alarms: 0, energy_kwh: 0, charging_s: 0, cycle_s: 0 }
}

export function addTotals(into: Totals, more: Totals): void {
  for (const name of ['sessions', 'cycles', 'alarms', 'energy_kwh', 'cycle_s'] as const)
    into[name] += more[name]
  into.charging_s =
    into.charging_s === null || more.charging_s === null ? null : into.charging_s + more.charging_s
}

export function compareSides({ before, after }: BothSides, range: ReplayRange): DeviceImpact {
  const was = thingsOf(before)
  const is = thingsOf(after)
  const impact: DeviceImpact = {
    device_id: (after ?? before)?.device_id ?? '',
    records: Math.max(before?.records ?? 0, after?.records ?? 0),
    same: 0,
    before: noTotals(),
    after: noTotals(),
    refused: { before: before?.refused ?? 0, after: after?.refused ?? 0 },
    differences: [],
  }
  const others: One[] = []
  for (const [id, facts] of is) {
    const old = was.get(id)
    if (!old || fieldsOf(old, facts).length > 0) others.push({ id, facts, side: 'after' })
    else if (isWanted(facts, range)) {
      impact.same++
      count(impact.before, old)
      count(impact.after, facts)
    }
  }
  for (const [id, facts] of was) {
    const now = is.get(id)
    if (!now || fieldsOf(facts, now).length > 0) others.push({ id, facts, side: 'before' })
  }
  for (const group of together(others)) {
    if (!group.some(({ facts }) => isWanted(facts, range))) continue
    for (const { facts, side } of group) count(impact[side], facts)
    impact.differences.push(differenceOf(group))
  }
  impact.differences.sort(byTime)
  return impact
}

/** Without what came too late, which is told by no chart. */
function thingsOf(device: FoldedDevice | null): Map<string, Facts> {
  const told = [...(device?.things ?? [])].filter((one): one is [string, Facts] => one[1].kind in COUNTED)
  return new Map(told)
}

/** Both sides of a device that one revision alone has folded, because both are the same code. */
export function sameOnBoth(device: FoldedDevice, range: ReplayRange): DeviceImpact {
  return compareSides({ before: device, after: device }, range)
}

function isWanted({ started_at, location }: ThingFacts, range: ReplayRange): boolean {
  if (started_at < range.from || started_at >= range.to) return false
  return range.location === null || location === range.location
}

const COUNTED = { session: 'sessions', cycle: 'cycles', alarm: 'alarms' } as const

function count(into: Totals, { kind, started_at, ended_at, energy_kwh, charging_s }: Facts): void {
  into[COUNTED[kind]]++
  if (kind === 'alarm') return
  into.energy_kwh += energy_kwh ?? 0
  if (kind === 'cycle') into.cycle_s += ended_at === null ? 0 : (ended_at - started_at) / 1000
  else if (charging_s === undefined) into.charging_s = null
  else if (into.charging_s !== null) into.charging_s += charging_s ?? 0
}

const FIELDS = ['started_at', 'ended_at', 'energy_kwh', 'charging_s', 'location'] as const

/** Names of what differs; `details` for whatever has no name here. */
function fieldsOf(a: ThingFacts, b: ThingFacts): string[] {
  if (a.rest === b.rest && FIELDS.every((name) => a[name] === b[name])) return []
  const fields: string[] = FIELDS.filter((name) => isKnown(a, b, name) && a[name] !== b[name])
  // What it says beside is another matter where it has ended in one of them alone, or says more of itself there.
  const ended = a.ended_at === b.ended_at
  if (a.rest !== b.rest && ended && fields.length === 0) fields.push('details')
  return fields
}

function isKnown(a: ThingFacts, b: ThingFacts, name: (typeof FIELDS)[number]): boolean {
  return a[name] !== undefined && b[name] !== undefined
}

/** Groups of what overlaps or has one id, of one kind and variety; things of one side do not overlap by themselves. */
function together(all: readonly One[]): One[][] {
  const groups = new Map<One, One[]>(all.map((one) => [one, [one]]))
  const join = (a: One, b: One) => {
    const [into, from] = [groups.get(a) as One[], groups.get(b) as One[]]
    if (into === from) return
    for (const one of from) {
      into.push(one)
      groups.set(one, into)
    }
  }
  const byId = new Map<string, One>()
  let open: One[] = []
  for (const one of all.toSorted((a, b) => a.facts.started_at - b.facts.started_at)) {
    const name = `${one.facts.kind} ${one.id}`
    const other = byId.get(name)
    if (other) join(other, one)
    byId.set(name, one)
    open = open.filter(({ facts }) => endOf(facts) > one.facts.started_at)
    for (const before of open) if (before.side !== one.side && isAlike(before, one)) join(before, one)
    open.push(one)
  }
  return [...new Set(groups.values())]
}

/** What has no length is as long as its moment. */
function endOf({ started_at, ended_at, kind }: ThingFacts): number {
  if (kind === 'alarm') return started_at + 1
  return ended_at === null ? Number.POSITIVE_INFINITY : Math.max(ended_at, started_at + 1)
}

function isAlike({ facts: a }: One, { facts: b }: One): boolean {
  const known = a.variety !== undefined && b.variety !== undefined
  return a.kind === b.kind && (!known || a.variety === b.variety)
}

function differenceOf(group: readonly One[]): Difference {
  const ofSide = (wanted: One['side']) =>
    group
      .filter(({ side }) => side === wanted)
      .sort((a, b) => a.facts.started_at - b.facts.started_at || (a.id < b.id ? -1 : 1))
  const [before, after] = [ofSide('before'), ofSide('after')]
  const first = (after[0] ?? before[0]) as One
  const what = whatOf(before.length, after.length)
  const [was, is] = [before[0], after[0]]
  return {
    what,
    kind: first.facts.kind,
    variety: first.facts.variety ?? null,
    before: before.map(told),
    after: after.map(told),
    ...(what === 'change' && was && is && { fields: changedFields(was, is) }),
  }
}

function changedFields(was: One, is: One): string[] {
  return [...(was.id === is.id ? [] : ['id']), ...fieldsOf(was.facts, is.facts)]
}

function whatOf(before: number, after: number): What {
  if (before === 0) return 'appear'
  if (after === 0) return 'vanish'
  if (before === 1) return after === 1 ? 'change' : 'split'
  return after === 1 ? 'merge' : 'recut'
}

function told({ id, facts }: One): ImpactThing {
  const { started_at, ended_at, energy_kwh, charging_s = null } = facts
  return { id, started_at, ended_at, energy_kwh, charging_s }
}

export function beganAt({ before, after }: Difference): number {
  return Math.min(...[...before, ...after].map(({ started_at }) => started_at))
}

function byTime(a: Difference, b: Difference): number {
  const idOf = (one: Difference) => (one.after[0] ?? one.before[0])?.id ?? ''
  return beganAt(a) - beganAt(b) || (idOf(a) < idOf(b) ? -1 : 1)
}
