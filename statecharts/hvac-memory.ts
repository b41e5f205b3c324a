/** What the cycle chart remembers, and how it is told. Pure. */
import { cycleEnergy } from '../energy/hvac.ts'
import type { DeviceConfig } from '../events/event.ts'
import type { HvacEvent, HvacMode } from './hvac-event.ts'

export type Cycle = {
  /** Identity of the opening event, which the cycle's id is made of. */
  opened_by: string
  started_at: number
  mode: HvacMode
  stage: 1 | 2
  device_cycle_id: string | null
}

export type HvacContext = {
  cycle: Cycle | null
  seen_at: number
  stuck_ms: number
  short_ms: number
  silence_ms: number
  /** Ratings as last seen, for an end that a timer decides. */
  rated_kw: { heating?: number; cooling?: number }
}

const STUCK_DEFAULT_S = 6 * 3600
/** Compressor makers ask for some three to five minutes; below three a cycle has done no work. */
const SHORT_DEFAULT_S = 180
/** Longer than any stuck limit that makes sense: a wire's last word stands for a week. */
const SILENCE_MS = 7 * 86_400_000

export function newHvacContext(): HvacContext {
  return { cycle: null, seen_at: 0, ...limitsOf({}) }
}

export function noteCall(context: HvacContext, event: HvacEvent): HvacContext {
  const { cycle } = context
  const device_cycle_id = cycle?.device_cycle_id ?? event.device_cycle_id
  // A second stage that joins makes it a second-stage cycle; dropping back does not unmake it.
  const stage =
    cycle && event.type === 'call.on' ? (Math.max(cycle.stage, event.stage) as 1 | 2) : cycle?.stage
  const noted = cycle && { ...cycle, device_cycle_id, stage: stage ?? 1 }
  const { stuck_ms, short_ms, silence_ms, rated_kw } = limitsOf(event.config)
  return { ...context, stuck_ms, short_ms, silence_ms, rated_kw, cycle: noted, seen_at: event.at }
}

export function beginCycle(context: HvacContext, event: HvacEvent): HvacContext {
  const { identity: opened_by, at: started_at, mode, stage, device_cycle_id } = event
  return { ...context, cycle: { opened_by, started_at, mode, stage, device_cycle_id } }
}

export function isShort(context: HvacContext, at: number): boolean {
  return at - begun(context).started_at < context.short_ms
}

/**
 * What a cycle_end says. A timed-out cycle ended, as far as anyone knows, when it was last heard. A rating that came
 * only after that is the first that the device ever got, and applies to it too.
 */
export function cycleEnd(
  context: HvacContext,
  event: { at: number; config?: DeviceConfig },
  end_reason: 'call_ended' | 'timeout',
) {
  const rated_kw = { ...limitsOf(event.config ?? {}).rated_kw, ...context.rated_kw }
  return summarizeCycle(
    { ...context, rated_kw },
    end_reason === 'timeout' ? context.seen_at : event.at,
    end_reason,
  )
}

/** The whole cycle: `at` is its end, or, with no reason yet, the moment it is looked at. */
export function summarizeCycle(
  context: HvacContext,
  at: number,
  end_reason: 'call_ended' | 'timeout' | null,
) {
  const cycle = begun(context)
  const duration_hours = Math.max(0, at - cycle.started_at) / 3_600_000
  return {
    ...cycle,
    ended_at: end_reason === null ? null : at,
    duration_hours,
    ...cycleEnergy(cycle.mode, duration_hours, {
      rated_power_heating_kw: context.rated_kw.heating,
      rated_power_cooling_kw: context.rated_kw.cooling,
    }),
    end_reason,
    revision: 1,
  }
}

export function alarm(context: HvacContext, at: number, name: 'stuck_call' | 'short_cycle') {
  const { opened_by, started_at, mode } = begun(context)
  return { alarm: name, opened_by, started_at, mode, after_s: (at - started_at) / 1000 }
}

function begun(context: HvacContext): Cycle {
  if (!context.cycle) throw new Error('the chart is in a cycle and remembers none')
  return context.cycle
}

function limitsOf(config: DeviceConfig): Omit<HvacContext, 'cycle' | 'seen_at'> {
  const rated_kw: HvacContext['rated_kw'] = {}
  if (config.rated_power_heating_kw !== undefined) rated_kw.heating = config.rated_power_heating_kw
  if (config.rated_power_cooling_kw !== undefined) rated_kw.cooling = config.rated_power_cooling_kw
  return {
    stuck_ms: (config.stuck_call_s ?? STUCK_DEFAULT_S) * 1000,
    short_ms: (config.short_cycle_s ?? SHORT_DEFAULT_S) * 1000,
    silence_ms: SILENCE_MS,
    rated_kw,
  }
}
