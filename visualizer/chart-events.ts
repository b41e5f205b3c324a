/** Events to try on a chart: every one that it hears, with facts as the hear function of its devices would give them. */
import type { ChartEvent } from '../statecharts/chart.ts'
import type { ChartGraph } from './graph.ts'

type Facts = Record<string, unknown>
/** `reading.at` is the time of its event, which only the event knows. */
type Sample = { names: string[]; facts: Facts }

const EVSE: Facts = {
  announced: null,
  device_session_id: 's-1',
  reading: { register_kwh: 1, current_a: 16, voltage_v: 230 },
  config: { report_interval_s: 60, fault_close_s: 900 },
}
const MEMBER: Facts = {
  circuit: 'main',
  calls: {},
  good_ms: 600_000,
  debounce_ms: 30_000,
  grace_ms: 10_000,
}
const PILOTS = ['A', 'B', 'C', 'D', 'E', 'F'].map((state) => `pilot.${state}`)

const SAMPLES: Record<string, Sample[]> = {
  'evse-session': [{ names: [...PILOTS, 'telemetry'], facts: EVSE }],
  'hvac-cycle': [
    {
      names: ['call.on', 'call.off'],
      facts: {
        mode: 'heating',
        stage: 1,
        device_cycle_id: null,
        config: { rated_power_heating_kw: 3, stuck_call_s: 21_600, short_cycle_s: 180 },
      },
    },
  ],
  'ev-interlock': [
    {
      names: ['member.charger'],
      facts: { ...MEMBER, member_id: 'charger', flow: { draws: true, current_a: 16, power_kw: 3.68 } },
    },
    {
      names: ['member.thermostat'],
      facts: { ...MEMBER, member_id: 'thermostat', calls: { heating: true } },
    },
    { names: ['member.left'], facts: { ...MEMBER, member_id: 'charger' } },
  ],
}

/** A chart's events by name, each with its first facts; `unknown` for those that nothing is known of. */
export function eventsToTry(graph: ChartGraph, unknown: Facts = {}): { name: string; facts: Facts }[] {
  const known = (SAMPLES[graph.id] ?? []).flatMap(({ names, facts }) =>
    names.map((name) => ({ name, facts })),
  )
  const heard = new Set(
    graph.edges.flatMap(({ trigger }) => (trigger.kind === 'event' ? [trigger.event] : [])),
  )
  const others = [...heard].filter((name) => !name.endsWith('*') && !known.some((one) => one.name === name))
  return [...known, ...others.map((name) => ({ name, facts: unknown }))]
}

/** The event of these facts at a time (epoch ms), under an identity that follows from where it is done. */
export function eventAt(name: string, at: number, facts: Facts, identity: string): ChartEvent {
  const { reading } = facts
  const timed = typeof reading === 'object' && reading !== null ? { reading: { ...reading, at } } : {}
  return { identity, ...facts, ...timed, type: name, at }
}
