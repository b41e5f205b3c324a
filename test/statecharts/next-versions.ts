/** Second versions of shipped charts, with other rules: what a release after this one might bring. */
import { assign, emit, setup } from 'xstate'
import type { Chart, ChartState } from '../../statecharts/chart.ts'
import { type ChartInstance, chartsOf, type Upgrade } from '../../statecharts/device-charts.ts'
import type { HvacEvent } from '../../statecharts/hvac-event.ts'
import {
  beginCycle,
  type HvacContext,
  newHvacContext,
  noteCall,
  summarizeCycle,
} from '../../statecharts/hvac-memory.ts'

export const RUNNERS = ['compiled', 'xstate'] as const
export type RunnerName = (typeof RUNNERS)[number]

/** Nothing leads there, and it keeps the machine from being compiled. */
const asideOf = (runner: RunnerName) =>
  runner === 'xstate'
    ? { aside: { initial: 'in', states: { in: {}, back: { type: 'history' as const } } } }
    : {}

type Settling = HvacContext & { off_at: number; reports: number }

/** Calls less than five minutes apart are one cycle; each says how often it was heard of. */
function settlingMachine(runner: RunnerName) {
  return setup({
    types: {} as { context: Settling; events: HvacEvent },
    actions: {
      note: assign(({ context, event }) => ({ ...context, ...noteCall(context, event) })),
      count: assign(({ context }) => ({ ...context, reports: context.reports + 1 })),
      begin: assign(({ context, event }) => ({ ...context, ...beginCycle(context, event), reports: 1 })),
      off: assign(({ context, event }) => ({ ...context, off_at: event.at })),
      forget: assign(({ context }) => ({ ...context, cycle: null, reports: 0 })),
      decideStart: emit(({ context, event }) => ({
        type: 'cycle_start',
        ...summarizeCycle(context, event.at, null),
      })),
      decideEnd: emit(({ context }) => ({
        type: 'cycle_end',
        ...summarizeCycle(context, context.off_at, 'call_ended'),
        reports: context.reports,
      })),
    },
    delays: { settle: () => 300_000 },
  }).createMachine({
    id: 'hvac-cycle',
    context: () => ({ ...newHvacContext(), off_at: 0, reports: 0 }),
    initial: 'idle',
    states: {
      ...asideOf(runner),
      idle: {
        on: {
          'call.on': { target: 'calling', actions: ['note', 'begin', 'decideStart'] },
          'call.off': { actions: 'note' },
        },
      },
      calling: {
        initial: 'running',
        states: {
          running: {
            on: {
              'call.on': { actions: ['note', 'count'] },
              'call.off': { target: 'ending', actions: ['note', 'count', 'off'] },
            },
          },
          ending: {
            on: { 'call.on': { target: 'running', actions: ['note', 'count'] } },
            after: { settle: { target: '#hvac-cycle.idle', actions: ['decideEnd', 'forget'] } },
          },
        },
      },
    },
  })
}

/** What was open under the first version goes on as it is, and is counted from now on. */
export const migrateCycle: Upgrade = {
  migrate: ({ value, context }: ChartState) => ({
    value: value === 'idle' ? 'idle' : { calling: 'running' },
    context: { ...context, off_at: 0, reports: 0 },
    timers: {},
  }),
}

/** Both instances of a thermostat under `version` of the settling rule, with the versions before it that are kept. */
export function settlingThermostat(
  upgrade: Upgrade,
  { runner = 'compiled', version = 2, keeps = true }: Partial<SettlingOptions> = {},
): ChartInstance[] {
  const chart: Chart = { id: 'hvac-cycle', version, machine: settlingMachine(runner), quiescent: ['idle'] }
  return chartsOf('thermostat').map((one) => {
    const earlier = keeps ? { earlier: [{ chart: one.chart, hear: one.hear }] } : {}
    return { name: one.name, slot: one.slot, hear: one.hear, chart, upgrade, ...earlier }
  })
}

type SettlingOptions = { runner: RunnerName; version: number; keeps: boolean }

const DAY_MS = 86_400_000

type Heard = { context: { seen_at: number }; event: { at: number } }

/** A charger whose faults close a session after a minute, and whose silence after a day. */
export function hastyCharger(upgrade: Upgrade, { keeps = true } = {}): ChartInstance[] {
  return chartsOf('evse').map((one) => {
    const machine = one.chart.machine.provide({
      delays: {
        fault_stays: () => 60_000,
        silence: ({ context, event }: Heard) => Math.max(0, context.seen_at + DAY_MS - event.at),
      },
      guards: { heardSince: ({ context, event }: Heard) => event.at < context.seen_at + DAY_MS },
    })
    const chart = { ...one.chart, version: 2, machine }
    return { ...one, chart, upgrade, ...(keeps && { earlier: [one] }) }
  })
}

/** What is open is as it was, and comes due as the newer version would have it. */
export const migrateSession: Upgrade = {
  migrate: ({ value, context, timers }: ChartState) => ({
    value,
    context,
    timers: Object.fromEntries(
      Object.entries(timers).map(([name, due_at]) => [
        name,
        due_at - (name.startsWith('fault_stays') ? 840_000 : 6 * DAY_MS),
      ]),
    ),
  }),
}
