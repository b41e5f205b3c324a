/** Every edge of every shipped chart is taken by real events from its first state, in a test named after what it says. */
import { beforeAll, describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { DeviceConfig, DeviceEvent, DeviceType } from '../../events/event.ts'
import { type Chart, statePath } from '../../statecharts/chart.ts'
import { chartsOf, shippedCharts } from '../../statecharts/device-charts.ts'
import { type ChartGraph, type GraphEdge, triggerText } from '../../visualizer/graph.ts'
import { leafAfter } from '../../visualizer/reach.ts'
import { readChart } from '../../visualizer/read-machine.ts'
import { goTo, move, newStepper, standingOf } from '../../visualizer/stepper.ts'
import { describeEdge } from '../../visualizer/svg.ts'
import { type Ways, type Word, waysOver } from './edge-walk.ts'

type Said = { device_type: DeviceType; fields: Record<string, unknown>; config?: DeviceConfig }

/** What devices of each chart say; a chart without an entry has no way over its edges, and fails. */
const SAID: Record<string, Said[]> = {
  'evse-session': evseWords(),
  'hvac-cycle': [true, false].map((heating_call) => ({
    device_type: 'thermostat',
    fields: { heating_call },
  })),
  'ev-interlock': memberWords(),
}

function evseWords(): Said[] {
  const config = { report_interval_s: 60 }
  const readings = [{ session_id: 's-1', energy_delivered_kwh: 1 }, { session_id: 's-2' }]
  const states = ['A', 'B', 'C', 'D', 'E', 'F', undefined].map(
    (pilot_state) => pilot_state && { pilot_state },
  )
  return states.flatMap((state) =>
    readings.map((reading) => ({ device_type: 'evse' as const, fields: { ...state, ...reading }, config })),
  )
}

/** Of members with short limits, and of one on whose circuit calls and overlaps are long. */
function memberWords(): Said[] {
  const short = { report_interval_s: 10, interlock_debounce_s: 5, interlock_grace_s: 10 }
  const long = { report_interval_s: 10, interlock_debounce_s: 3600, interlock_grace_s: 3600 }
  const member = (member_type: string, config: object, said: object) => ({
    device_type: 'pair' as const,
    fields: { member_id: `a ${member_type}`, member_type, circuit: 'main', config, ...said },
  })
  return [short, long].flatMap((config) => [
    ...[16, 0].map((current_draw) => member('evse', config, { current_draw })),
    ...[true, false].map((heating_call) => member('thermostat', config, { heating_call })),
  ])
}

function wordsOf(chart: Chart): Word[] {
  return (SAID[chart.id] ?? []).map(({ device_type, fields, config = {} }, n) => {
    const instance = chartsOf(device_type).find((one) => one.chart.id === chart.id)
    return (at) => {
      const event = {
        device_type,
        fields,
        event_type: 'state_change',
        event_time: at,
        identity: `${n} ${at}`,
      }
      const heard = instance?.hear(event as unknown as DeviceEvent, config)
      if (!heard) throw new Error(`${chart.id} does not hear ${JSON.stringify(fields)}`)
      return heard
    }
  })
}

describe.each(shippedCharts().map((chart) => [chart.id, chart] as const))('%s', (_, chart) => {
  const graph = readChart(chart)
  let ways: Ways = new Map()
  beforeAll(() => {
    ways = waysOver(
      chart,
      wordsOf(chart),
      graph.edges.map(({ id }) => id),
    )
  }, 300_000)

  test.each(graph.edges.map((edge) => [describeEdge(graph, edge.id), edge] as const))('%s', (_, edge) => {
    expect(walked(chart, edge, ways)).toEqual(promised(chart, graph, edge, ways))
  })
})

/** What happens on the way's last step, by the tables that run. */
function walked(chart: Chart, { id }: GraphEdge, ways: Ways) {
  const way = ways.get(id)
  if (!way) return `no way leads over ${id}`
  const { state, steps } = standingOf(move(newStepper(chart, { now: 0 }), ...way))
  const { edges = [], decided = [] } = steps.at(-1) ?? {}
  return { edges, leaf: statePath(state.value), decided: decided.map(({ type }) => type) }
}

/** What the drawing says of it: where it leads from where the way has come to, and what it decides. */
function promised(chart: Chart, graph: ChartGraph, edge: GraphEdge, ways: Ways) {
  const way = ways.get(edge.id) ?? []
  const stepper = move(newStepper(chart, { now: 0 }), ...way)
  const before = statePath(standingOf(goTo(stepper, way.length - 1)).state.value)
  const decided = edge.actions.filter(({ kind }) => kind === 'emit').map(({ event }) => event)
  return { edges: [edge.id], leaf: leafAfter(graph, before, edge), decided }
}

test('a guard that counts is satisfied, and an edge that nothing can take has no way over it', () => {
  const machine = setup({
    types: {} as { context: { n: number } },
    guards: { often: ({ context }) => context.n === 4, never: () => false },
    actions: { count: assign(({ context }) => ({ n: Math.min(9, context.n + 1) })) },
  }).createMachine({
    context: { n: 0 },
    initial: 'a',
    states: {
      a: {
        on: { go: [{ guard: 'never', target: 'b' }, { guard: 'often', target: 'b' }, { actions: 'count' }] },
      },
      b: {},
    },
  })
  const chart: Chart = { id: 'never', version: 1, machine, quiescent: ['a'] }
  const { edges } = readChart(chart)
  expect(edges.map(({ trigger }) => triggerText(trigger))).toEqual(['go', 'go', 'go'])
  const ways = waysOver(
    chart,
    [(at) => ({ type: 'go', at })],
    edges.map(({ id }) => id),
  )
  expect([...ways.keys()].sort()).toEqual(['a / go / 2', 'a / go / 3'])
})
