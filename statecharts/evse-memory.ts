/** What the session chart remembers, and how an event changes it. Pure: every function returns a new memory or a part of one. */
import {
  announceStart,
  type EnergyLimits,
  openMeter,
  type RegisterBefore,
  readMeter,
  type SessionMeter,
  totals,
} from '../energy/session-energy.ts'
import type { DeviceConfig } from '../events/event.ts'
import type { EvseEvent } from './evse-event.ts'

export type EndReason = 'unplugged' | 'fault' | 'superseded' | 'timeout'

/** A charging leg: one stay in C or D. `from_kwh` is what the session had when it began. */
export type Leg = { started_at: number; ended_at: number | null; from_kwh: number }

export type OpenSession = {
  /** Identity of the opening event, which the session's id is made of. */
  opened_by: string
  started_at: number
  device_session_id: string | null
  announced: boolean
  /** How often it was heard of again after silence had closed it. */
  continued: number
  meter: SessionMeter
  legs: Leg[]
  /** Legs beyond the most that are kept one by one; their time is in charging_ms. */
  legs_merged: number
  charging_ms: number
}

export type EvseContext = {
  session: OpenSession | null
  /** The last register reading, in a session or between two. */
  before: RegisterBefore
  /** The device's ids of its last finished sessions, newest first; firmware keeps sending them. */
  finished: string[]
  seen_at: number
  limits: EnergyLimits
  silence_ms: number
  fault_close_ms: number
}

const FINISHED_KEPT = 8
/** A state is one item of a hot table: a session that flickers all night must not outgrow it. */
const LEGS_KEPT = 100
const DAY_MS = 86_400_000
/** A charger that reports changes only is legitimately silent for a night, and for a long weekend. */
const SILENCE_DEFAULT_MS = 7 * DAY_MS
const SILENCE_REPORTS = 10
const SILENCE_LEAST_MS = 5 * 60_000
const FAULT_CLOSE_DEFAULT_S = 900

export function newEvseContext(): EvseContext {
  const { limits, silence_ms, fault_close_ms } = limitsOf({})
  return { session: null, before: null, finished: [], seen_at: 0, limits, silence_ms, fault_close_ms }
}

/** A reading outside a session: it is where the next session's register may continue from. */
export function noteReading(context: EvseContext, event: EvseEvent): EvseContext {
  const { register_kwh } = event.reading
  const before = register_kwh === undefined ? context.before : { kwh: register_kwh, at: event.at }
  const { limits, silence_ms, fault_close_ms } = limitsOf(event.config)
  return { ...context, limits, silence_ms, fault_close_ms, before, seen_at: event.at }
}

export function openSession(context: EvseContext, event: EvseEvent): EvseContext {
  const noted = noteReading(context, event)
  const announced = event.announced === 'session_start'
  const session: OpenSession = {
    opened_by: event.identity,
    started_at: event.at,
    device_session_id: validId(context, event),
    announced,
    continued: 0,
    meter: openMeter(event.reading, { announced, before: context.before }, noted.limits),
    legs: [],
    legs_merged: 0,
    charging_ms: 0,
  }
  return { ...noted, session }
}

/** A reading inside a session. A start that the device announces again makes its register count from 0 again. */
export function readSession(context: EvseContext, event: EvseEvent): EvseContext {
  const session = opened(context)
  const noted = noteReading(context, event)
  let meter = session.meter
  let reading = event.reading
  if (event.announced === 'session_start') {
    const { register_kwh: _stale, ...rest } = reading
    meter = announceStart(meter, event.at)
    reading = rest
  }
  meter = readMeter(meter, reading, noted.limits)
  const device_session_id = session.device_session_id ?? validId(context, event)
  return { ...noted, session: { ...session, meter, device_session_id } }
}

/** A state that silence re-enters only to arm its timer again neither ends its leg nor begins another. */
export function openLeg(context: EvseContext, event: EvseEvent): EvseContext {
  const session = opened(context)
  if (session.legs.at(-1)?.ended_at === null) return context
  if (session.legs.length >= LEGS_KEPT) {
    const last = session.legs[LEGS_KEPT - 1] as Leg
    // The last leg stands for all that follow: reopened, it must not count its own time and the pause a second time.
    const legs = [...session.legs.slice(0, -1), { ...last, ended_at: null }]
    const charging_ms = session.charging_ms - (event.at - last.started_at)
    return { ...context, session: { ...session, legs, legs_merged: session.legs_merged + 1, charging_ms } }
  }
  const from_kwh = session.legs.length === 0 ? 0 : (totals(session.meter, context.limits).energy_kwh ?? 0)
  const legs = [...session.legs, { started_at: event.at, ended_at: null, from_kwh }]
  return { ...context, session: { ...session, legs } }
}

export function closeLeg(context: EvseContext, event: EvseEvent): EvseContext {
  const session = opened(context)
  const leg = session.legs.at(-1)
  if (!leg || leg.ended_at !== null || (!saysState(event) && isHeard(context, event.at))) return context
  const ended_at = heardAt(context, event)
  const charging_ms = session.charging_ms + ended_at - leg.started_at
  const legs = [...session.legs.slice(0, -1), { ...leg, ended_at }]
  return { ...context, session: { ...session, legs, charging_ms } }
}

export function forgetSession(context: EvseContext): EvseContext {
  const id = context.session?.device_session_id
  const finished = id
    ? [id, ...context.finished.filter((one) => one !== id)].slice(0, FINISHED_KEPT)
    : context.finished
  return { ...context, session: null, finished }
}

/** What silence closed was never over. */
export function resumeSession(context: EvseContext): EvseContext {
  const session = opened(context)
  return { ...context, session: { ...session, continued: session.continued + 1 } }
}

/** The device names a session, and it is not the open one. */
export function isAnotherSession(context: EvseContext, event: EvseEvent): boolean {
  const known = context.session?.device_session_id
  const id = validId(context, event)
  return Boolean(known && id && id !== known)
}

/** A plugged car after silence is the same session if the device says so, or if its register has not fallen. */
export function continues(context: EvseContext, event: EvseEvent): boolean {
  // With a start announced, the id in the message may still be the old session's (reference firmware).
  if (!context.session || event.announced === 'session_start') return false
  const id = validId(context, event)
  if (id && context.session.device_session_id) return id === context.session.device_session_id
  const { register_kwh } = event.reading
  return register_kwh !== undefined && context.before !== null && register_kwh >= context.before.kwh
}

/** An empty id is no id, and neither is that of a finished session. */
function validId(context: EvseContext, event: EvseEvent): string | null {
  const id = event.device_session_id
  return id && !context.finished.includes(id) ? id : null
}

/** Whether something was heard within the silence limit before `at`. */
export function isHeard(context: EvseContext, at: number): boolean {
  return at < context.seen_at + context.silence_ms
}

/** When the device was last heard saying so: a timer that fires says nothing about the hours before it. */
function heardAt(context: EvseContext, event: { type: string; at: number }): number {
  return saysState(event) ? event.at : context.seen_at
}

function saysState(event: { type: string }): boolean {
  return event.type.startsWith('pilot.')
}

function opened(context: EvseContext): OpenSession {
  if (!context.session) throw new Error('the chart is in a session and remembers none')
  return context.session
}

function limitsOf(config: DeviceConfig): Pick<EvseContext, 'limits' | 'silence_ms' | 'fault_close_ms'> {
  const { rated_power_kw, rated_voltage_v, report_interval_s } = config
  const limits: EnergyLimits = {}
  if (rated_power_kw !== undefined) limits.rated_power_kw = rated_power_kw
  if (rated_voltage_v !== undefined) limits.rated_voltage_v = rated_voltage_v
  if (report_interval_s !== undefined) limits.report_interval_s = report_interval_s
  return {
    limits,
    silence_ms:
      report_interval_s === undefined
        ? SILENCE_DEFAULT_MS
        : Math.max(SILENCE_LEAST_MS, report_interval_s * 1000 * SILENCE_REPORTS),
    fault_close_ms: (config.fault_close_s ?? FAULT_CLOSE_DEFAULT_S) * 1000,
  }
}
