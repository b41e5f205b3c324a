/** What an interlock remembers of the devices on its circuit, and how their words change it. Pure. */
import { kwhOf } from '../energy/limits.ts'
import type { Flow, InterlockEvent } from './interlock-event.ts'

/** The last word of a device on the circuit. `on`: a charger draws, a thermostat calls. */
type Word = {
  member_id: string
  on: boolean
  seen_at: number
  /** From then on nobody knows; a word never counts for less long than it did. */
  good_until: number
  debounce_ms: number | null
  grace_ms: number | null
}
export type Member = Word &
  ({ kind: 'charger'; flow: Flow } | { kind: 'thermostat'; heating: boolean; cooling: boolean })

/** A charger draws while a call is on, or has not been off for long enough. */
export type Overlap = {
  /** Identity of the event that began it, which the alarm's id is made of. */
  opened_by: string
  started_at: number
  raised_at: number | null
  /** What flowed up to each charger's last word; null where a charger does not say how much. */
  energy_kwh: number | null
  peak_current_a: number | null
  chargers: string[]
  thermostats: string[]
}

export type InterlockContext = {
  circuit: string
  /** By id. */
  members: Member[]
  /** When the last call ended. */
  off_at: number
  overlap: Overlap | null
}

type Heard = InterlockEvent | { type: string; at: number }

/** A state is one item of a hot table, and a circuit has room for a few. */
const MOST_MEMBERS = 32
const NOBODY_SAID: Flow = { draws: false, current_a: null, power_kw: null }
/** Clocks of two devices differ by some seconds, and a charger's report comes up to two seconds after what it reports. */
export const INTERLOCK_GRACE_MS = 10_000
/** Below the grace: a car that goes on charging as soon as the call is over is none to be alarmed about. */
export const INTERLOCK_DEBOUNCE_MS = 5_000

export function newInterlockContext(): InterlockContext {
  return { circuit: '', members: [], off_at: 0, overlap: null }
}

/** Whether anything calls, and whether anything draws, after the event; a word that counts no more says neither. */
export function levelsAfter(context: InterlockContext, event: Heard): { calls: boolean; draws: boolean } {
  const { members } = noteMember(context, event)
  const on = members.filter((member) => member.on && event.at < member.good_until)
  return {
    calls: on.some(({ kind }) => kind === 'thermostat'),
    draws: on.some(({ kind }) => kind === 'charger'),
  }
}

/** The word of a member, with what has flowed through it until now. Anything but a member's word changes nothing. */
export function noteMember(context: InterlockContext, event: Heard): InterlockContext {
  if (!('member_id' in event)) return context
  const before = context.members.find(({ member_id }) => member_id === event.member_id)
  const others = context.members.filter((member) => member !== before)
  const members = event.type === 'member.left' ? others : withMember(others, wordOf(event, before))
  const overlap = context.overlap && met(flowed(context.overlap, before, event.at), members)
  return { ...context, circuit: event.circuit, members, overlap }
}

export function beginOverlap(context: InterlockContext, event: InterlockEvent): InterlockContext {
  const overlap: Overlap = {
    opened_by: event.identity,
    started_at: event.at,
    raised_at: null,
    energy_kwh: 0,
    peak_current_a: null,
    chargers: [],
    thermostats: [],
  }
  return { ...context, overlap: met(overlap, context.members) }
}

/** Members of whom nothing is known any more. */
export function fallSilent(context: InterlockContext, at: number): InterlockContext {
  const members = context.members.map((member) =>
    at < member.good_until ? member : { ...member, on: false },
  )
  return { ...context, members }
}

/** When the first of the words that something is on counts no more. */
export function firstSilence({ members }: InterlockContext): number {
  return Math.min(...members.filter(({ on }) => on).map(({ good_until }) => good_until))
}

export function settledAt(context: InterlockContext): number {
  return context.off_at + longest(context.members, 'debounce_ms', INTERLOCK_DEBOUNCE_MS)
}

export function graceEnds(context: InterlockContext): number {
  return begun(context).started_at + longest(context.members, 'grace_ms', INTERLOCK_GRACE_MS)
}

/** The whole violation: `at` is its end, or, with no reason yet, the moment it is looked at. */
export function summarizeViolation(
  context: InterlockContext,
  at: number,
  end_reason: 'ev_stopped' | 'call_ended' | 'unknown' | null,
) {
  const overlap = begun(context)
  const { opened_by, started_at, raised_at, chargers, thermostats, peak_current_a } = overlap
  const { energy_kwh } = context.members.reduce((sum, member) => flowed(sum, member, at), overlap)
  return {
    alarm: 'interlock_violation' as const,
    opened_by,
    started_at,
    after_s: ((raised_at ?? at) - started_at) / 1000,
    ended_at: end_reason === null ? null : at,
    duration_s: (at - started_at) / 1000,
    circuit: context.circuit,
    chargers,
    thermostats,
    energy_kwh: energy_kwh === null ? null : Math.round(energy_kwh * 1e6) / 1e6,
    peak_current_a,
    end_reason,
  }
}

function wordOf(event: InterlockEvent, before: Member | undefined): Member {
  const { member_id, at: seen_at, debounce_ms, grace_ms } = event
  const good_until = Math.max(before?.good_until ?? 0, seen_at + event.good_ms)
  const word = { member_id, seen_at, good_until, debounce_ms, grace_ms }
  // What was on when it fell silent is not on again because it speaks of something else.
  const known = before && seen_at < before.good_until ? before : undefined
  if (event.type === 'member.charger') {
    const flow = event.flow ?? (known?.kind === 'charger' ? known.flow : NOBODY_SAID)
    return { ...word, kind: 'charger', on: flow.draws, flow }
  }
  const was = known?.kind === 'thermostat' ? known : { heating: false, cooling: false }
  const heating = event.calls.heating ?? was.heating
  const cooling = event.calls.cooling ?? was.cooling
  return { ...word, kind: 'thermostat', on: heating || cooling, heating, cooling }
}

/** With one more, the one that is off and was heard the longest ago makes room; where all are on there is none. */
function withMember(others: Member[], member: Member): Member[] {
  const all = [...others, member].sort((a, b) => (a.member_id < b.member_id ? -1 : 1))
  if (all.length <= MOST_MEMBERS) return all
  const idle = others.filter(({ on }) => !on)
  if (idle.length === 0) return others
  const oldest = idle.reduce((first, one) => (one.seen_at < first.seen_at ? one : first))
  return all.filter((one) => one !== oldest)
}

/** What a charger has drawn from its last word until `at`. */
function flowed(overlap: Overlap, member: Member | undefined, at: number): Overlap {
  if (member?.kind !== 'charger' || !member.on || overlap.energy_kwh === null) return overlap
  const { power_kw } = member.flow
  if (power_kw === null) return { ...overlap, energy_kwh: null }
  const from = Math.max(member.seen_at, overlap.started_at)
  return { ...overlap, energy_kwh: overlap.energy_kwh + kwhOf(power_kw, Math.max(0, at - from)) }
}

/** Who takes part, and the most that the chargers have drawn together. */
function met(overlap: Overlap, members: readonly Member[]): Overlap {
  const on = members.filter((member) => member.on)
  const chargers = on.filter((member) => member.kind === 'charger')
  const thermostats = on.filter((member) => member.kind === 'thermostat')
  const together_a = chargers.reduce<number | null>(
    (sum, { flow }) => (sum === null || flow.current_a === null ? null : sum + flow.current_a),
    0,
  )
  const peak_current_a =
    together_a === null || chargers.length === 0
      ? overlap.peak_current_a
      : Math.max(overlap.peak_current_a ?? 0, together_a)
  return {
    ...overlap,
    peak_current_a,
    chargers: withIds(overlap.chargers, chargers),
    thermostats: withIds(overlap.thermostats, thermostats),
  }
}

function withIds(ids: string[], members: readonly Member[]): string[] {
  const added = members.map(({ member_id }) => member_id).filter((id) => !ids.includes(id))
  return added.length === 0 ? ids : [...ids, ...added].sort()
}

function longest(members: readonly Member[], of: 'debounce_ms' | 'grace_ms', otherwise_ms: number): number {
  const said = members.flatMap((member) => member[of] ?? [])
  return said.length === 0 ? otherwise_ms : Math.max(...said)
}

function begun({ overlap }: InterlockContext): Overlap {
  if (!overlap) throw new Error('the chart is in an overlap and remembers none')
  return overlap
}
