/** Sessions and cycles as energy by hour: a session that reaches beyond an hour is split by its register where that reported. */
import type { EnergyHour } from '../events/energy-hours.ts'
import { hourAt, localDay, type Offsets } from '../events/zone.ts'
import type { EnergyMark } from './energy-marks.ts'
import { powerOf } from './integral.ts'
import { type EnergyLimits, mostEnergy, rounded } from './limits.ts'

/** A session or cycle, as its row tells it. */
export type EnergyThing = {
  kind: 'session' | 'cycle'
  device_id: string
  location: string | null
  started_at: number
  /** Where it is still open, the moment up to which it is told. */
  until: number
  open: boolean
  /** By the rules of the session or cycle; null where nobody knows. */
  energy_kwh: number | null
  legs: readonly { started_at: number; ended_at: number | null }[]
  peak_power_kw: number | null
}

/** Readings this far apart say nothing of when between them the energy flowed. */
const TELLING_MS = 15 * 60_000

/** Hours of one device that its sessions and cycles have a part in, by time. */
export function energyHours(
  things: readonly EnergyThing[],
  marks: readonly EnergyMark[],
  zone: { timezone: string; offsets: Offsets },
  limitsAt: (at: number) => EnergyLimits = () => ({}),
): EnergyHour[] {
  const hours = new Map<number, EnergyHour>()
  for (const thing of things) {
    const own = marksWithin(marks, thing)
    const parts = partsOf(thing, zone)
    const shares = sharesOf(thing, parts, own)
    parts.forEach((part, n) => {
      const hour = hours.get(part.start) ?? emptyHour(thing, part, zone)
      hours.set(part.start, addPart(hour, thing, part, shares[n] as Share, peakIn(own, part, limitsAt)))
    })
  }
  return [...hours.values()].sort((a, b) => a.starts_at - b.starts_at)
}

/** Of one that goes on, the next reading too: what flowed up to the end of what is told shows only there. */
function marksWithin(marks: readonly EnergyMark[], { started_at, until, open }: EnergyThing): EnergyMark[] {
  const own = marks.filter(({ last_at, first_at }) => last_at >= started_at && first_at <= until)
  const next = open ? marks.find(({ first_at }) => first_at > until) : undefined
  return next ? [...own, next] : own
}

/** A thing's part of an hour: the hour, and from when to when the thing was in it. */
type Part = { start: number; end: number; from: number; to: number }
type Share = { kwh: number; split: EnergyHour['split'] }

function partsOf({ started_at, until }: EnergyThing, { offsets }: { offsets: Offsets }): Part[] {
  const parts: Part[] = []
  let at = started_at
  do {
    const { start, end } = hourAt(offsets, at)
    parts.push({ start, end, from: at, to: Math.min(end, Math.max(until, at)) })
    at = end
  } while (at < until)
  return parts
}

function sharesOf(thing: EnergyThing, parts: Part[], marks: readonly EnergyMark[]): Share[] {
  const { kind, energy_kwh } = thing
  if (parts.length === 1) {
    const risen = energy_kwh ?? sum(risesOf(marks).map(({ kwh }) => kwh))
    return [{ kwh: risen, split: null }]
  }
  const byRegister = kind === 'session' ? registerShares(parts, marks) : null
  const risen = byRegister ? sum(byRegister.map(({ kwh }) => kwh)) : 0
  const total = energy_kwh ?? risen
  if (byRegister && risen > 0)
    return byRegister.map(({ kwh, split }) => ({ kwh: (kwh * total) / risen, split }))
  const active = parts.map((part) => activeMs(thing, part))
  const whole = sum(active)
  return parts.map((part, n) => ({
    kwh:
      (total * (whole > 0 ? (active[n] as number) : part.to - part.from)) /
      (whole || thing.until - thing.started_at || 1),
    split: 'time' as const,
  }))
}

type Rise = { from: number; to: number; kwh: number }

/** What the register rose, from reading to reading; falls and what could not have flowed are no energy here either. */
function risesOf(marks: readonly EnergyMark[]): Rise[] {
  const rises: Rise[] = []
  let before: { at: number; kwh: number } | null = null
  for (const { first_at, last_at, first_kwh, last_kwh } of marks) {
    if (first_kwh === null || last_kwh === null) continue
    if (before) rises.push({ from: before.at, to: first_at, kwh: first_kwh - before.kwh })
    rises.push({ from: first_at, to: last_at, kwh: last_kwh - first_kwh })
    before = { at: last_at, kwh: last_kwh }
  }
  return rises.filter(({ from, to, kwh }) => kwh > 0 && kwh <= mostEnergy(to - from, {}) + 0.01)
}

function registerShares(parts: Part[], marks: readonly EnergyMark[]): Share[] | null {
  const rises = risesOf(marks)
  if (rises.length === 0) return null
  return parts.map(({ start, end }) => {
    let kwh = 0
    let byTime = false
    for (const rise of rises) {
      const overlap = Math.min(rise.to, end) - Math.max(rise.from, start)
      const whole = rise.to - rise.from
      if (overlap < 0 || (overlap === 0 && whole > 0)) continue
      // A reading on the very boundary belongs to the hour that it ends.
      if (whole === 0 && rise.from === start && parts[0]?.start !== start) continue
      kwh += whole === 0 ? rise.kwh : (rise.kwh * overlap) / whole
      if (overlap < whole && whole > TELLING_MS) byTime = true
    }
    return { kwh, split: byTime ? ('time' as const) : ('register' as const) }
  })
}

function activeMs(thing: EnergyThing, { from, to }: Part): number {
  if (thing.kind === 'cycle') return to - from
  return sum(
    thing.legs.map(({ started_at, ended_at }) =>
      Math.max(0, Math.min(to, ended_at ?? thing.until) - Math.max(from, started_at)),
    ),
  )
}

function peakIn(
  marks: readonly EnergyMark[],
  { start, end }: Part,
  limitsAt: (at: number) => EnergyLimits,
): number | null {
  let peak: number | null = null
  for (const { first_at, peak_kw, peak_a } of marks) {
    if (first_at < start || first_at >= end) continue
    const by_current = peak_a === null ? null : powerOf({ current_a: peak_a }, limitsAt(first_at))
    for (const kw of [peak_kw, by_current]) if (kw !== null) peak = Math.max(peak ?? 0, kw)
  }
  return peak === null ? null : rounded(peak)
}

function emptyHour(
  { device_id, location }: EnergyThing,
  { start, end }: Part,
  { timezone, offsets }: { timezone: string; offsets: Offsets },
): EnergyHour {
  return {
    device_id,
    location,
    starts_at: start,
    ends_at: end,
    day: localDay(offsets, start),
    timezone,
    delivered_kwh: 0,
    consumed_kwh: 0,
    sessions: 0,
    cycles: 0,
    charging_s: 0,
    cycle_s: 0,
    peak_power_kw: null,
    split: null,
  }
}

function addPart(
  hour: EnergyHour,
  thing: EnergyThing,
  part: Part,
  share: Share,
  peak: number | null,
): EnergyHour {
  const session = thing.kind === 'session'
  const begins = part.from === thing.started_at ? 1 : 0
  const active_s = activeMs(thing, part) / 1000
  const whole = part.from === thing.started_at && part.to >= thing.until
  const power = peak ?? (whole ? thing.peak_power_kw : null)
  return {
    ...hour,
    location: thing.location,
    delivered_kwh: rounded(hour.delivered_kwh + (session ? share.kwh : 0)),
    consumed_kwh: rounded(hour.consumed_kwh + (session ? 0 : share.kwh)),
    sessions: hour.sessions + (session ? begins : 0),
    cycles: hour.cycles + (session ? 0 : begins),
    charging_s: hour.charging_s + (session ? active_s : 0),
    cycle_s: hour.cycle_s + (session ? 0 : active_s),
    peak_power_kw: power === null ? hour.peak_power_kw : Math.max(hour.peak_power_kw ?? 0, power),
    split: hour.split === 'time' || share.split === 'time' ? 'time' : (share.split ?? hour.split),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
