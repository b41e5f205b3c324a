/** When a charger's inputs next differ, so that only the polls are made that matter. */
import type { ChargerSim, Phase } from './charger-sim.ts'
import type { Pace } from './habits.ts'
import { nextGateChange } from './shared-circuit.ts'
import { timeAtUptime } from './uptime.ts'

/** The firmware polls its inputs every two seconds; between two polls in which nothing differs, none is worth a step. */
export const POLL_MS = 2_000
/** A tapering car takes less all the time: its current is looked at this often. */
const LOOKS_MS: Record<Pace, number> = { calm: 5 * 60_000, brisk: 4_000 }
/** Share of what the charger delivers that arrives in the battery. */
export const CHARGE_EFFICIENCY = 0.92
const NO_FAULT = { at: Number.POSITIVE_INFINITY, lasts_ms: 0 }

/** The next poll in which something may differ from the last one. */
export function nextPoll(sim: ChargerSim): number {
  const poll = nextOwnPoll(sim)
  if (!sim.circuit || sim.phase === 'away') return poll
  return Math.max(sim.polled_at + POLL_MS, Math.min(poll, onGrid(sim, nextGateChange(sim.circuit))))
}

function nextOwnPoll(sim: ChargerSim): number {
  const { visit, polled_at, evse } = sim
  const next_poll = polled_at + POLL_MS
  // The first poll after boot says what is there.
  if (evse.pilot === null) return next_poll
  const change = onGrid(sim, sim.phase === 'away' ? visit.plugs_at : nextChange(sim))
  // What flows until a change, and from it on, is counted by the poll just before it.
  const before_change = change - POLL_MS > polled_at ? change - POLL_MS : change
  if (sim.phase === 'away') return Math.max(next_poll, before_change)
  const reports = evse.config.telemetry_interval_ms !== null
  const report = reports ? onGrid(sim, timeAtUptime(sim, evse.report_due_ms)) : before_change
  if (sim.phase !== 'charging') return Math.max(next_poll, Math.min(before_change, report))
  // That a car takes nothing, or takes something again, shows in the very next poll.
  if (sim.takes_a === 0 || sim.measured_a === 0) return next_poll
  return Math.max(next_poll, Math.min(before_change, report, polled_at + LOOKS_MS[sim.pace]))
}

/** When the visit next changes by itself. */
function nextChange(sim: ChargerSim): number {
  const { visit } = sim
  const fault = visit.fault ?? NO_FAULT
  const cleared = fault.at + fault.lasts_ms
  const changes = [visit.unplugs_at, visit.charges_at, fault.at, cleared].filter((at) => at > sim.polled_at)
  if (sim.phase === 'charging') changes.push(fullAt(sim))
  return Math.min(...changes)
}

function fullAt(sim: ChargerSim): number {
  const missing_kwh = ((sim.visit.stops_at - sim.soc) * sim.visit.battery_kwh) / CHARGE_EFFICIENCY
  const power_kw = (sim.takes_a * sim.evse.config.nominal_voltage_v) / 1000
  return power_kw > 0
    ? sim.polled_at + Math.max(0, missing_kwh / power_kw) * 3_600_000
    : Number.POSITIVE_INFINITY
}

function onGrid(sim: ChargerSim, at: number): number {
  return sim.boot_at + Math.ceil((at - sim.boot_at) / POLL_MS) * POLL_MS
}

/** What goes on at `at`, by the visit and the battery as the last poll left them. */
export function phaseAt(sim: ChargerSim, at: number): Phase {
  const { visit } = sim
  if (at < visit.plugs_at || at >= visit.unplugs_at) return 'away'
  const fault = visit.fault ?? NO_FAULT
  if (at >= fault.at && at < fault.at + fault.lasts_ms) return 'faulted'
  const soc = sim.truth ? sim.soc : visit.soc
  return at >= visit.charges_at && soc < visit.stops_at ? 'charging' : 'plugged'
}
