/** Given / when / then for the session chart: what a charger reports, in minutes, and what the chart decides. */
import type { DeviceConfig, PilotState } from '../../events/event.ts'
import { advance, advanceTime } from '../../statecharts/advance.ts'
import { type ChartState, type Decision, statePath } from '../../statecharts/chart.ts'
import type { EvseEvent } from '../../statecharts/evse-event.ts'
import { evseSession } from '../../statecharts/evse-session.ts'

export const MINUTE = 60_000
/** Noon of a day in 2026, so that times read as times. */
export const T0 = Date.UTC(2026, 10, 2, 12)

export type Said = {
  kwh?: number
  amps?: number
  id?: string
  announced?: 'session_start' | 'session_end'
}

/** A report at a minute: a pilot state, or `telemetry` without one. */
export type Report = [minute: number, what: PilotState | 'telemetry', said?: Said]

export function evseEventAt(
  minute: number,
  what: Report[1],
  said: Said = {},
  config: DeviceConfig = {},
): EvseEvent {
  const at = T0 + minute * MINUTE
  return {
    type: what === 'telemetry' ? 'telemetry' : `pilot.${what}`,
    at,
    identity: `identity-of-${minute}-${what}-${said.id ?? ''}`,
    announced: said.announced ?? null,
    device_session_id: said.id || null,
    reading: {
      at,
      ...(said.kwh === undefined ? {} : { register_kwh: said.kwh }),
      ...(said.amps === undefined ? {} : { current_a: said.amps }),
    },
    config,
  }
}

export type Told = { type: string; minute: number } & Record<string, unknown>

/** What a chart decides of a charger's reports, and where it stands afterwards. */
export function charger(reports: Report[], config: DeviceConfig = {}, untilMinute?: number) {
  let state: ChartState | null = null
  const decided: Decision[] = []
  for (const [minute, what, said] of reports) {
    const advanced = advance(evseSession, state, evseEventAt(minute, what, said, config))
    state = advanced.state
    decided.push(...advanced.decided)
  }
  if (untilMinute !== undefined && state) {
    const advanced = advanceTime(evseSession, state, T0 + untilMinute * MINUTE)
    state = advanced.state
    decided.push(...advanced.decided)
  }
  const told: Told[] = decided.map(({ type, at, data }) => ({ ...data, type, minute: (at - T0) / MINUTE }))
  const ends = told.filter(({ type }) => type === 'session_end')
  return { told, ends, types: told.map(({ type }) => type), path: state && statePath(state.value), state }
}
