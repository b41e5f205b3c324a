/**
 * The session chart as one would write it by hand, without a chart: a switch over state and event, on the same memory.
 * What the chart costs is measured against it; bench/runners.ts first checks that both say the same.
 */
import type { EvseEvent } from '../statecharts/evse-event.ts'
import {
  closeLeg,
  continues,
  type EndReason,
  type EvseContext,
  forgetSession,
  isAnotherSession,
  isHeard,
  noteReading,
  openLeg,
  openSession,
  readSession,
  resumeSession,
} from '../statecharts/evse-memory.ts'
import { sessionEnd, summarizeSession } from '../statecharts/evse-summary.ts'

type Plugged = 'connected' | 'charging' | 'ventilating'
type Open = Plugged | 'faulted'
export type EvsePlace = 'unplugged' | 'unavailable' | 'silent' | Open

export type Reduced = {
  at: EvsePlace
  context: EvseContext
  emitted: { type: string }[]
  timers: ({ set: string; delay_ms: number } | { cancel: string })[]
}

/** An event as the chart hears it, or a timer of the chart's that came due. */
export type EvseHeard = EvseEvent | { type: string; at: number }

const AFTER = 'xstate.after.'
const TIMERS: Record<Open, string> = {
  connected: 'silence.evse-session.session.connected',
  charging: 'silence.evse-session.session.charging',
  ventilating: 'silence.evse-session.session.ventilating',
  faulted: 'fault_stays.evse-session.session.faulted',
}
const PLUGGED: Record<string, Plugged> = {
  'pilot.B': 'connected',
  'pilot.C': 'charging',
  'pilot.D': 'ventilating',
}

export function reduceEvse(at: EvsePlace, context: EvseContext, heard: EvseHeard): Reduced {
  const next: Reduced = { at, context, emitted: [], timers: [] }
  // A timer's event has a time and no reading; only what asks for the time hears it.
  const event = heard as EvseEvent
  switch (at) {
    case 'unplugged':
    case 'unavailable':
      outside(next, event)
      break
    case 'silent':
      silent(next, event)
      break
    default:
      inside(next, at, event)
  }
  return next
}

function outside(next: Reduced, event: EvseEvent): void {
  switch (event.type) {
    case 'pilot.A':
      next.at = 'unplugged'
      next.context = noteReading(next.context, event)
      break
    case 'pilot.E':
    case 'pilot.F':
      next.at = 'unavailable'
      next.context = noteReading(next.context, event)
      break
    case 'telemetry':
      next.context = noteReading(next.context, event)
      break
    case 'pilot.B':
    case 'pilot.C':
    case 'pilot.D':
      open(next, event)
      enter(next, PLUGGED[event.type] as Plugged, event)
  }
}

function silent(next: Reduced, event: EvseEvent): void {
  switch (event.type) {
    case 'pilot.A':
    case 'pilot.E':
    case 'pilot.F':
      next.at = event.type === 'pilot.A' ? 'unplugged' : 'unavailable'
      next.context = noteReading(forgetSession(next.context), event)
      break
    case 'telemetry':
      next.context = noteReading(next.context, event)
      break
    case 'pilot.B':
    case 'pilot.C':
    case 'pilot.D':
      if (continues(next.context, event)) {
        next.context = readSession(resumeSession(next.context), event)
        tell(next, 'session_continued', event)
      } else {
        next.context = forgetSession(next.context)
        open(next, event)
      }
      enter(next, PLUGGED[event.type] as Plugged, event)
  }
}

function inside(next: Reduced, at: Open, event: EvseEvent): void {
  switch (event.type) {
    case 'telemetry':
      next.context = readSession(next.context, event)
      break
    case 'pilot.A':
      leave(next, at, event)
      next.at = 'unplugged'
      next.context = readSession(next.context, event)
      end(next, event, 'unplugged')
      next.context = forgetSession(next.context)
      break
    case 'pilot.B':
    case 'pilot.C':
    case 'pilot.D':
      plugged(next, at, PLUGGED[event.type] as Plugged, event)
      break
    case 'pilot.E':
    case 'pilot.F':
      if (at !== 'faulted') leave(next, at, event)
      next.context = readSession(next.context, event)
      if (at !== 'faulted') enter(next, 'faulted', event)
      break
    default:
      if (event.type === AFTER + TIMERS[at]) due(next, at, event)
  }
}

function plugged(next: Reduced, at: Open, to: Plugged, event: EvseEvent): void {
  const another = isAnotherSession(next.context, event)
  if (at === to && !another) {
    next.context = readSession(next.context, event)
    return
  }
  leave(next, at, event)
  if (another) {
    end(next, event, 'superseded')
    next.context = forgetSession(next.context)
    open(next, event)
  } else next.context = readSession(next.context, event)
  enter(next, to, event)
}

function due(next: Reduced, at: Open, event: EvseEvent): void {
  const heard = at !== 'faulted' && isHeard(next.context, event.at)
  leave(next, at, event)
  if (heard) {
    enter(next, at, event)
    return
  }
  end(next, event, at === 'faulted' ? 'fault' : 'timeout')
  next.at = at === 'faulted' ? 'unavailable' : 'silent'
  if (at === 'faulted') next.context = forgetSession(next.context)
}

function open(next: Reduced, event: EvseEvent): void {
  next.context = openSession(next.context, event)
  tell(next, 'session_start', event)
}

function enter(next: Reduced, to: Open, event: EvseEvent): void {
  next.at = to
  if (to === 'charging' || to === 'ventilating') next.context = openLeg(next.context, event)
  const { seen_at, silence_ms, fault_close_ms } = next.context
  const delay_ms = to === 'faulted' ? fault_close_ms : Math.max(0, seen_at + silence_ms - event.at)
  next.timers.push({ set: TIMERS[to], delay_ms })
}

function leave(next: Reduced, at: Open, event: EvseEvent): void {
  if (at === 'charging' || at === 'ventilating') next.context = closeLeg(next.context, event)
  next.timers.push({ cancel: TIMERS[at] })
}

function tell(next: Reduced, type: 'session_start' | 'session_continued', event: EvseEvent): void {
  next.emitted.push({ type, ...summarizeSession(next.context, event.at, null) } as { type: string })
}

function end(next: Reduced, event: EvseEvent, reason: EndReason): void {
  next.emitted.push({ type: 'session_end', ...sessionEnd(next.context, event.at, reason) } as {
    type: string
  })
}
