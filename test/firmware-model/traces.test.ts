import { describe, expect, it } from 'vitest'
import { QUIRK_NAMES, REFERENCE_QUIRKS } from '../../firmware-model/quirks.ts'
import { evseSession } from '../../statecharts/evse-session.ts'
import { realData } from '../real-data.ts'
import { withEdge } from './broken-chart.ts'
import { type EvseTrace, type GateTrace, readTraces, runEvseTrace, runGateTrace } from './traces.ts'

const file = realData('firmware-traces.ndjson.gz')
const traces = file ? readTraces(file) : []
const evseTraces = traces.filter((trace) => trace.kind === 'evse') as EvseTrace[]
const gateTraces = traces.filter((trace) => trace.kind === 'safety_gate') as GateTrace[]

describe.skipIf(file === null)('the reference firmware, step by step', () => {
  it('has traces of chargers and of safety gates to be compared with', () => {
    expect(evseTraces.length).toBeGreaterThan(0)
    expect(gateTraces.length).toBeGreaterThan(0)
  })

  it.each(evseTraces.map((trace) => [trace.id, trace] as const))(
    'charger trace %i: every output is the recorded one, the payload to the byte',
    (_, trace) => {
      expect(runEvseTrace(trace)).toEqual([])
    },
  )

  it.each(gateTraces.map((trace) => [trace.id, trace] as const))(
    'safety gate trace %i: permission, faults and time are the recorded ones',
    (_, trace) => {
      expect(runGateTrace(trace)).toEqual([])
    },
  )
})

describe.skipIf(file === null)('the session state comes from the chart and from nowhere else', () => {
  const bent: [string, string, string, unknown][] = [
    ['a plug-in that opens nothing', 'unplugged', 'pilot.B', { actions: 'note' }],
    ['an unplug that ends nothing', 'session', 'pilot.A', { actions: 'read' }],
    ['a car that asks for energy and is not charging', 'session', 'pilot.C', { target: '.connected' }],
    ['ventilation that is not charging', 'session', 'pilot.D', { target: '.connected' }],
    ['a charging car that pauses and goes on charging', 'session', 'pilot.B', { target: '.charging' }],
    ['a fault that goes on charging', 'session', 'pilot.E', { target: '.charging' }],
  ]

  it.each(bent)('%s fails the traces', (_, state, event, edge) => {
    const chart = withEdge(evseSession, state, event, edge)
    expect(evseTraces.flatMap((trace) => runEvseTrace(trace, { chart }))).not.toEqual([])
  })

  it('an edge put back as it was passes them', () => {
    const config = evseSession.machine.config as { states: { unplugged: { on: Record<string, unknown> } } }
    const same = withEdge(evseSession, 'unplugged', 'pilot.B', config.states.unplugged.on['pilot.B'])
    expect(evseTraces.flatMap((trace) => runEvseTrace(trace, { chart: same }))).toEqual([])
  })
})

describe.skipIf(file === null)('every quirk is a difference that the traces show', () => {
  it.each(QUIRK_NAMES)('without %s the traces fail', (name) => {
    const quirks = { ...REFERENCE_QUIRKS, [name]: false }
    expect(evseTraces.flatMap((trace) => runEvseTrace(trace, { quirks }))).not.toEqual([])
  })
})
