/**
 * The interlock of a circuit: its chargers may draw only while its thermostats have stably been off, as the safety gate of
 * the firmware has it. The firmware switches; the cloud sees whether it did. What nobody knows is no violation.
 */
import { assign, emit, setup } from 'xstate'
import type { Chart } from './chart.ts'
import type { InterlockEvent } from './interlock-event.ts'
import {
  beginOverlap,
  fallSilent,
  firstSilence,
  graceEnds,
  type InterlockContext,
  levelsAfter,
  newInterlockContext,
  noteMember,
  type Overlap,
  settledAt,
  summarizeViolation,
} from './interlock-memory.ts'

type EndReason = 'ev_stopped' | 'call_ended' | 'unknown'

const machine = setup({
  types: {} as { context: InterlockContext; events: InterlockEvent },
  guards: {
    conflicts: ({ context, event }) => {
      const { calls, draws } = levelsAfter(context, event)
      return calls && draws
    },
    calls: ({ context, event }) => levelsAfter(context, event).calls,
    draws: ({ context, event }) => levelsAfter(context, event).draws,
  },
  actions: {
    note: assign(({ context, event }) => noteMember(context, event)),
    noteOff: assign(({ context, event }) => ({ ...context, off_at: event.at })),
    fallSilent: assign(({ context, event }) => fallSilent(context, event.at)),
    begin: assign(({ context, event }) => beginOverlap(context, event)),
    forget: assign(({ context }) => ({ ...context, overlap: null })),
    noteRaised: assign(({ context, event }) => ({
      ...context,
      overlap: { ...(context.overlap as Overlap), raised_at: event.at },
    })),
    raiseAlarm: emit(({ context, event }) => ({
      type: 'alarm',
      ...summarizeViolation(context, event.at, null),
    })),
    decideEnd: emit(({ context, event }, params: { reason: EndReason }) => ({
      type: 'alarm',
      ...summarizeViolation(context, event.at, params.reason),
    })),
  },
  delays: {
    // Each is counted from what the memory holds, so that a state that is entered again does not begin it again. Of those
    // that come due at once the first by name is first: what has just ended is not raised.
    settled: ({ context, event }) => Math.max(0, settledAt(context) - event.at),
    tolerated: ({ context, event }) => Math.max(0, graceEnds(context) - event.at),
    silence: ({ context, event }) => Math.max(0, firstSilence(context) - event.at),
  },
}).createMachine({
  id: 'ev-interlock',
  context: () => newInterlockContext(),
  initial: 'idle',
  states: {
    idle: {
      on: {
        'member.*': [
          { guard: 'calls', target: 'call.on', actions: 'note' },
          { guard: 'draws', target: 'draw', actions: 'note' },
          { actions: 'note' },
        ],
      },
    },
    draw: {
      on: {
        'member.*': [
          { guard: 'conflicts', target: 'overlap.on', actions: ['note', 'begin'] },
          { guard: 'draws', actions: 'note' },
          { target: 'idle', actions: 'note' },
        ],
      },
      after: {
        silence: [
          { guard: 'draws', target: 'draw', reenter: true, actions: 'fallSilent' },
          { target: 'idle', actions: 'fallSilent' },
        ],
      },
    },
    call: {
      initial: 'on',
      states: {
        on: {
          on: {
            'member.*': [
              { guard: 'conflicts', target: '#ev-interlock.overlap.on', actions: ['note', 'begin'] },
              { guard: 'calls', actions: 'note' },
              { target: 'settling', actions: ['note', 'noteOff'] },
            ],
          },
          after: {
            silence: [
              { guard: 'calls', target: 'on', reenter: true, actions: 'fallSilent' },
              { target: '#ev-interlock.idle', actions: 'fallSilent' },
            ],
          },
        },
        settling: {
          on: {
            'member.*': [
              { guard: 'calls', target: 'on', actions: 'note' },
              { guard: 'draws', target: '#ev-interlock.overlap.settling', actions: ['note', 'begin'] },
              { actions: 'note' },
            ],
          },
          after: { settled: '#ev-interlock.idle' },
        },
      },
    },
    overlap: {
      initial: 'on',
      states: {
        on: {
          on: { 'member.*': [standing(), { guard: 'calls', ...over('call.on', 'note') }, callEnds()] },
          after: {
            tolerated: { target: '#ev-interlock.violation.on', actions: ['noteRaised', 'raiseAlarm'] },
            silence: [
              rearmed('conflicts', 'on'),
              { guard: 'calls', ...over('call.on', 'fallSilent') },
              { guard: 'draws', ...over('draw', 'fallSilent') },
              over('idle', 'fallSilent'),
            ],
          },
        },
        settling: {
          on: {
            'member.*': [callsAgain(), { guard: 'draws', actions: 'note' }, over('call.settling', 'note')],
          },
          after: {
            settled: over('draw'),
            tolerated: { target: '#ev-interlock.violation.settling', actions: ['noteRaised', 'raiseAlarm'] },
            silence: [rearmed('draws', 'settling'), over('call.settling', 'fallSilent')],
          },
        },
      },
    },
    violation: {
      initial: 'on',
      states: {
        on: {
          on: {
            'member.*': [
              standing(),
              { guard: 'calls', ...ended('call.on', 'ev_stopped', 'note') },
              callEnds(),
            ],
          },
          after: {
            silence: [
              rearmed('conflicts', 'on'),
              { guard: 'calls', ...unknown('call.on') },
              { guard: 'draws', ...unknown('draw') },
              unknown('idle'),
            ],
          },
        },
        settling: {
          on: {
            'member.*': [
              callsAgain(),
              { guard: 'draws', actions: 'note' },
              ended('call.settling', 'ev_stopped', 'note'),
            ],
          },
          after: {
            settled: ended('draw', 'call_ended'),
            silence: [rearmed('draws', 'settling'), unknown('call.settling')],
          },
        },
      },
    },
  },
})

type Leaf = 'idle' | 'draw' | 'call.on' | 'call.settling'
type First = 'note' | 'fallSilent'

/** Both go on. */
function standing() {
  return { guard: 'conflicts' as const, actions: 'note' as const }
}

/** The chargers go on drawing after the call. */
function callEnds() {
  return { target: 'settling' as const, actions: ['note' as const, 'noteOff' as const] }
}

function callsAgain() {
  return { guard: 'conflicts' as const, target: 'on' as const, actions: 'note' as const }
}

/** A word has run out, or has been said again meanwhile, and as much is on as before. */
function rearmed(guard: 'conflicts' | 'draws', target: 'on' | 'settling') {
  return { guard, target, reenter: true as const, actions: 'fallSilent' as const }
}

/** An overlap that was over before it was a violation. */
function over<L extends Leaf>(leaf: L, ...first: First[]) {
  return { target: to(leaf), actions: [...first, 'forget' as const] }
}

function ended<L extends Leaf>(leaf: L, reason: EndReason, ...first: First[]) {
  return {
    target: to(leaf),
    actions: [...first, { type: 'decideEnd' as const, params: { reason } }, 'forget' as const],
  }
}

/** Somebody is not known to be on any more: up to now the last word counted. */
function unknown<L extends Leaf>(leaf: L) {
  const { target, actions } = ended(leaf, 'unknown')
  return { target, actions: [...actions, 'fallSilent' as const] }
}

function to<L extends Leaf>(leaf: L) {
  return `#ev-interlock.${leaf}` as const
}

const REARMED = ['draw', 'call.on', 'overlap.on', 'overlap.settling', 'violation.on', 'violation.settling']

export const evInterlock: Chart = {
  id: 'ev-interlock',
  title: 'Charger and HVAC on one circuit',
  version: 1,
  machine,
  quiescent: ['idle'],
  acknowledged: REARMED.map((place) => ({
    rule: 'timer-cycle',
    place,
    because: 'each silence takes a member out of what is remembered, so it ends when none is left',
  })),
}
