/**
 * The demo fleet's life, with the time handed in: born a day ago, living calmly until now and briskly from now on. After
 * a pause the missed time is lived calmly, and no more of it than a day.
 */
import {
  type Fleet,
  type FleetMember,
  isIdle,
  newFleet,
  powerCycle,
  runFleet,
  runMember,
  setPace,
  skipTo,
} from '../firmware-model/fleet.ts'
import type { FleetEvent } from '../firmware-model/fleet-event.ts'
import { DAY_MS, HOUR_MS } from '../firmware-model/habits.ts'

/** Everything that a later start has to know. Plain data. */
export type DemoLife = {
  version: 1
  seed: number
  born_at: number
  fleet: Fleet
  /** Up to here messages may have been published; a life that is loaded goes through it again as it was lived. */
  lived_until: number
  /** Devices whose configuration has been put. */
  configured: string[]
  went_live: boolean
}

export type DemoSize = { chargers: number; thermostats: number; seed: number }

const ID_PREFIX = 'demo-'
const HISTORY_MS = DAY_MS

/** A fleet that was born a day before `now`, of which nothing has been published yet. */
export function beginLife(size: DemoSize, now: number): DemoLife {
  const lived_until = now - HISTORY_MS
  const fleet = newFleet({
    ...size,
    start_at: lived_until,
    uptime_only_from: now,
    id_prefix: ID_PREFIX,
    configured: true,
  })
  return {
    version: 1,
    seed: size.seed,
    born_at: lived_until,
    fleet,
    lived_until,
    configured: [],
    went_live: false,
  }
}

/** Devices that are not wanted any more leave; new ones come with a day of history of their own. */
export function resize(life: DemoLife, size: DemoSize, now: number): void {
  const wanted = beginLife({ ...size, seed: life.seed }, now).fleet.members
  const known = new Map(life.fleet.members.map((member) => [member.sim.device_id, member]))
  life.fleet.members = wanted.map((member) => known.get(member.sim.device_id) ?? member)
}

/** Lives from where it was left up to `now`; returns what the devices sent meanwhile, each one's messages in time order. */
export function catchUp(life: DemoLife, now: number): FleetEvent[] {
  const paused_at = Math.min(life.lived_until, now)
  const again = runFleet(life.fleet, paused_at).events
  setPace(life.fleet, 'calm', paused_at)
  const skipped = life.fleet.members.flatMap((member) => skipMost(member, paused_at, now - HISTORY_MS))
  const missed = runFleet(life.fleet, now).events
  return [...again, ...skipped, ...missed]
}

/** From `now` on sessions and cycles last a minute or two. The first time some chargers have just lost power. */
export function liveBriskly(life: DemoLife, now: number): void {
  setPace(life.fleet, 'brisk', now)
  if (life.went_live) return
  life.went_live = true
  for (const member of life.fleet.members) if (losesTheTime(member)) powerCycle(member, now, false)
}

/** The firmware that knows no time until it is told: its first messages after a boot carry uptime. */
function losesTheTime({ sim, wireless_device_id }: FleetMember): boolean {
  return sim.device_type === 'evse' && sim.evse.config.quirks.omits_uptime && wireless_device_id === null
}

/** Every message of the fleet before `until`. */
export function liveOn(life: DemoLife, until: number): FleetEvent[] {
  return runFleet(life.fleet, until).events
}

/** What is on ends as it would have; then nothing happens until `to`. */
function skipMost(member: FleetMember, from: number, to: number): FleetEvent[] {
  const events: FleetEvent[] = []
  for (let at = from; at < to && !isIdle(member); at += HOUR_MS)
    events.push(...runMember(member, Math.min(to, at + HOUR_MS)).events)
  skipTo(member, to)
  return events
}
