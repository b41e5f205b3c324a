/** The row of a session or cycle as what hours are made of. */
import type { Summary } from '../events/ports.ts'
import type { EnergyThing } from './energy-hours.ts'

/** They are found by their beginning; one that is open for longer is not split any more. */
export const LONGEST_MS = 35 * 86_400_000
/** So long before a stretch of time a thing may end that has a part in its hours: those of a zone reach beyond those of UTC. */
export const ZONE_MS = 2 * 3_600_000

type Body = {
  started_at: number
  ended_at: number | null
  energy_kwh?: number | null
  energy_consumed_kwh?: number | null
  legs?: EnergyThing['legs']
  peak_power_kw?: number | null
}

/**
 * Null for what is no session or cycle. One that is open is told until `until`; what its row says of energy is of its
 * beginning, so `figures` may bring what is known by now.
 */
export function energyThing(
  summary: Summary,
  until: number,
  figures?: Record<string, unknown>,
): EnergyThing | null {
  const { kind, device_id, location } = summary
  if (kind === 'alarm' || kind === 'too_old' || summary.retracted) return null
  const body = { ...summary.body, ...figures } as Body
  const open = body.ended_at === null
  const told_kwh = (kind === 'session' ? body.energy_kwh : body.energy_consumed_kwh) ?? null
  return {
    kind,
    device_id,
    location,
    started_at: body.started_at,
    until: body.ended_at ?? Math.max(until, body.started_at),
    open,
    energy_kwh: open && !figures ? null : told_kwh,
    legs: body.legs ?? [],
    peak_power_kw: body.peak_power_kw ?? null,
  }
}
