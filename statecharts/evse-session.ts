/**
 * A charger's session: from plug-in to unplug, with its charging legs (J1772 pilot states A to F).
 * A session stays open through a fault that clears; silence closes it, and a car that is heard of again continues it.
 */
import { assign, emit, setup } from 'xstate'
import type { Chart } from './chart.ts'
import type { EvseEvent } from './evse-event.ts'
import {
  closeLeg,
  continues,
  type EndReason,
  type EvseContext,
  forgetSession,
  isAnotherSession,
  isHeard,
  newEvseContext,
  noteReading,
  openLeg,
  openSession,
  readSession,
  resumeSession,
} from './evse-memory.ts'
import { sessionEnd, summarizeSession } from './evse-summary.ts'

type SessionState = 'connected' | 'charging' | 'ventilating'

const newSession = () => ['forget' as const, 'open' as const, 'decideStart' as const]

const machine = setup({
  types: {} as { context: EvseContext; events: EvseEvent },
  guards: {
    anotherSession: ({ context, event }) => isAnotherSession(context, event),
    sameSession: ({ context, event }) => !isAnotherSession(context, event),
    continuesSession: ({ context, event }) => continues(context, event),
    heardSince: ({ context, event }) => isHeard(context, event.at),
  },
  actions: {
    note: assign(({ context, event }) => noteReading(context, event)),
    open: assign(({ context, event }) => openSession(context, event)),
    resume: assign(({ context }) => resumeSession(context)),
    read: assign(({ context, event }) => readSession(context, event)),
    openLeg: assign(({ context, event }) => openLeg(context, event)),
    closeLeg: assign(({ context, event }) => closeLeg(context, event)),
    forget: assign(({ context }) => forgetSession(context)),
    decideStart: emit(({ context, event }) => ({
      type: 'session_start',
      ...summarizeSession(context, event.at, null),
    })),
    decideEnd: emit(({ context, event }, params: { reason: EndReason }) => ({
      type: 'session_end',
      ...sessionEnd(context, event.at, params.reason),
    })),
    decideContinued: emit(({ context, event }) => ({
      type: 'session_continued',
      ...summarizeSession(context, event.at, null),
    })),
  },
  delays: {
    // Re-armed on firing when something was heard meanwhile, so that an event in a state costs no timer work.
    silence: ({ context, event }) => Math.max(0, context.seen_at + context.silence_ms - event.at),
    fault_stays: ({ context }) => context.fault_close_ms,
  },
}).createMachine({
  id: 'evse-session',
  context: () => newEvseContext(),
  initial: 'unplugged',
  states: {
    unplugged: {
      on: {
        'pilot.A': { actions: 'note' },
        'pilot.B': { target: 'session.connected', actions: ['open', 'decideStart'] },
        'pilot.C': { target: 'session.charging', actions: ['open', 'decideStart'] },
        'pilot.D': { target: 'session.ventilating', actions: ['open', 'decideStart'] },
        'pilot.E': { target: 'unavailable', actions: 'note' },
        'pilot.F': { target: 'unavailable', actions: 'note' },
        telemetry: { actions: 'note' },
      },
    },
    unavailable: {
      on: {
        'pilot.A': { target: 'unplugged', actions: 'note' },
        'pilot.B': { target: 'session.connected', actions: ['open', 'decideStart'] },
        'pilot.C': { target: 'session.charging', actions: ['open', 'decideStart'] },
        'pilot.D': { target: 'session.ventilating', actions: ['open', 'decideStart'] },
        'pilot.*': { actions: 'note' },
        telemetry: { actions: 'note' },
      },
    },
    session: {
      initial: 'connected',
      on: {
        'pilot.A': {
          target: 'unplugged',
          actions: ['read', { type: 'decideEnd', params: { reason: 'unplugged' } }, 'forget'],
        },
        'pilot.B': [superseded('connected'), { target: '.connected', actions: 'read' }],
        'pilot.C': [superseded('charging'), { target: '.charging', actions: 'read' }],
        'pilot.D': [superseded('ventilating'), { target: '.ventilating', actions: 'read' }],
        'pilot.E': { target: '.faulted', actions: 'read' },
        'pilot.F': { target: '.faulted', actions: 'read' },
        telemetry: { actions: 'read' },
      },
      states: {
        connected: {
          on: { 'pilot.B': { guard: 'sameSession', actions: 'read' } },
          after: { silence: whenSilent('connected') },
        },
        charging: {
          entry: 'openLeg',
          exit: 'closeLeg',
          on: { 'pilot.C': { guard: 'sameSession', actions: 'read' } },
          after: { silence: whenSilent('charging') },
        },
        ventilating: {
          entry: 'openLeg',
          exit: 'closeLeg',
          on: { 'pilot.D': { guard: 'sameSession', actions: 'read' } },
          after: { silence: whenSilent('ventilating') },
        },
        faulted: {
          on: { 'pilot.E': { actions: 'read' }, 'pilot.F': { actions: 'read' } },
          after: {
            fault_stays: {
              target: '#evse-session.unavailable',
              actions: [{ type: 'decideEnd', params: { reason: 'fault' } }, 'forget'],
            },
          },
        },
      },
    },
    silent: {
      on: {
        'pilot.A': { target: 'unplugged', actions: ['forget', 'note'] },
        'pilot.B': [continued('connected'), { target: 'session.connected', actions: newSession() }],
        'pilot.C': [continued('charging'), { target: 'session.charging', actions: newSession() }],
        'pilot.D': [continued('ventilating'), { target: 'session.ventilating', actions: newSession() }],
        'pilot.E': { target: 'unavailable', actions: ['forget', 'note'] },
        'pilot.F': { target: 'unavailable', actions: ['forget', 'note'] },
        telemetry: { actions: 'note' },
      },
    },
  },
})

/** The charger was unplugged and plugged in again while nobody heard: its session id is another one. */
function superseded(state: SessionState) {
  return {
    guard: 'anotherSession' as const,
    target: `#evse-session.session.${state}` as const,
    reenter: true,
    actions: [{ type: 'decideEnd' as const, params: { reason: 'superseded' as const } }, ...newSession()],
  }
}

/** Still the session that fell silent: its end was never one. */
function continued(state: SessionState) {
  return {
    guard: 'continuesSession' as const,
    target: `session.${state}` as const,
    actions: ['resume' as const, 'read' as const, 'decideContinued' as const],
  }
}

function whenSilent(state: SessionState) {
  return [
    { guard: 'heardSince' as const, target: state, reenter: true },
    {
      target: '#evse-session.silent' as const,
      actions: [{ type: 'decideEnd' as const, params: { reason: 'timeout' as const } }],
    },
  ]
}

export const evseSession: Chart = {
  id: 'evse-session',
  title: 'A charger’s session',
  version: 1,
  machine,
  quiescent: ['unplugged', 'unavailable', 'silent'],
  acknowledged: ['connected', 'charging', 'ventilating'].map((state) => ({
    rule: 'timer-cycle',
    place: `session.${state}`,
    because: 'silence is armed again only where the charger was heard since, and then for a later time',
  })),
}
