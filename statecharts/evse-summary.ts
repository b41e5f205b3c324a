/** A session as it is told: at its start, at its end, and at any moment between. */
import { totals } from '../energy/session-energy.ts'
import type { EndReason, EvseContext, OpenSession } from './evse-memory.ts'

/** What a session_end says. A timed-out session ended, as far as anyone knows, when it was last heard. */
export function sessionEnd(context: EvseContext, at: number, reason: EndReason) {
  return summarizeSession(context, reason === 'timeout' ? context.seen_at : at, reason)
}

/** The whole session: `at` is its end, or, with no reason yet, the moment it is looked at. */
export function summarizeSession(context: EvseContext, at: number, end_reason: EndReason | null) {
  const session = context.session as OpenSession
  const energy = totals(session.meter, context.limits)
  const { opened_by, started_at, device_session_id, announced, continued } = session
  const open = session.legs.at(-1)
  const running_ms = open && open.ended_at === null ? Math.max(0, at - open.started_at) : 0
  return {
    opened_by,
    device_session_id,
    announced,
    started_at,
    ended_at: end_reason === null ? null : at,
    duration_s: Math.max(0, at - started_at) / 1000,
    charging_s: (session.charging_ms + running_ms) / 1000,
    legs: session.legs.map((leg, index) => ({
      started_at: leg.started_at,
      ended_at: leg.ended_at,
      energy_kwh: legEnergy(session, index, energy.energy_kwh),
    })),
    legs_merged: session.legs_merged,
    ...energy,
    end_reason,
    revision: 1 + continued,
  }
}

/** What a session gained from the beginning of this leg to that of the next: registers are often read after a leg's end. */
function legEnergy(session: OpenSession, index: number, total_kwh: number | null): number | null {
  if (total_kwh === null) return null
  const from = session.legs[index]?.from_kwh ?? 0
  const to = session.legs[index + 1]?.from_kwh ?? total_kwh
  return Math.round((to - from) * 1e6) / 1e6
}
