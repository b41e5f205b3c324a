/**
 * A thermostat's cycle: from the call on a control wire to its end. One instance for heating, one for cooling.
 * A call that never ends is stuck; one that ends too soon is a short cycle, which wears compressors out.
 */
import { assign, emit, setup } from 'xstate'
import type { Chart } from './chart.ts'
import type { HvacEvent } from './hvac-event.ts'
import {
  alarm,
  beginCycle,
  cycleEnd,
  type HvacContext,
  isShort,
  newHvacContext,
  noteCall,
  summarizeCycle,
} from './hvac-memory.ts'

const machine = setup({
  types: {} as { context: HvacContext; events: HvacEvent },
  guards: {
    tooShort: ({ context, event }) => isShort(context, event.at),
    heardSince: ({ context, event }) => event.at < context.seen_at + context.silence_ms,
  },
  actions: {
    note: assign(({ context, event }) => noteCall(context, event)),
    begin: assign(({ context, event }) => beginCycle(context, event)),
    forget: assign(({ context }) => ({ ...context, cycle: null })),
    decideStart: emit(({ context, event }) => ({
      type: 'cycle_start',
      ...summarizeCycle(context, event.at, null),
    })),
    decideEnd: emit(({ context, event }, params: { reason: 'call_ended' | 'timeout' }) => ({
      type: 'cycle_end',
      ...cycleEnd(context, event, params.reason),
    })),
    raiseAlarm: emit(({ context, event }, params: { alarm: 'stuck_call' | 'short_cycle' }) => ({
      type: 'alarm',
      ...alarm(context, event.at, params.alarm),
    })),
  },
  delays: {
    stuck: ({ context }) => context.stuck_ms,
    silence: ({ context, event }) => Math.max(0, context.seen_at + context.silence_ms - event.at),
  },
}).createMachine({
  id: 'hvac-cycle',
  context: () => newHvacContext(),
  initial: 'idle',
  states: {
    idle: {
      on: {
        'call.on': { target: 'calling', actions: ['note', 'begin', 'decideStart'] },
        'call.off': { actions: 'note' },
      },
    },
    calling: {
      initial: 'running',
      on: {
        'call.on': { actions: 'note' },
        'call.off': [
          {
            guard: 'tooShort',
            target: 'idle',
            actions: [
              'note',
              { type: 'decideEnd', params: { reason: 'call_ended' } },
              { type: 'raiseAlarm', params: { alarm: 'short_cycle' } },
              'forget',
            ],
          },
          {
            target: 'idle',
            actions: ['note', { type: 'decideEnd', params: { reason: 'call_ended' } }, 'forget'],
          },
        ],
      },
      states: {
        running: {
          after: {
            stuck: { target: 'stuck', actions: { type: 'raiseAlarm', params: { alarm: 'stuck_call' } } },
          },
        },
        stuck: {
          after: {
            silence: [
              // Re-armed: a thermostat that still reports its call is stuck, not silent.
              { guard: 'heardSince', target: 'stuck', reenter: true },
              {
                target: '#hvac-cycle.idle',
                actions: [{ type: 'decideEnd', params: { reason: 'timeout' } }, 'forget'],
              },
            ],
          },
        },
      },
    },
  },
})

export const hvacCycle: Chart = {
  id: 'hvac-cycle',
  title: 'A thermostat’s cycle',
  version: 1,
  machine,
  quiescent: ['idle'],
  acknowledged: [
    {
      rule: 'timer-cycle',
      place: 'calling.stuck',
      because: 'silence is armed again only where the thermostat was heard since, and then for a later time',
    },
  ],
}
