/** Which charts a device runs, and what each hears of its events: the registry. A new device type is a line here. */
import type { DeviceConfig, DeviceEvent, DeviceType } from '../events/event.ts'
import type { Chart, ChartEvent, ChartState } from './chart.ts'
import { evInterlock } from './ev-interlock.ts'
import { evseEvent } from './evse-event.ts'
import { evseSession } from './evse-session.ts'
import { hvacCycle } from './hvac-cycle.ts'
import { hvacEvent } from './hvac-event.ts'
import { interlockEvent } from './interlock-event.ts'

/**
 * How a version takes over from the one before, on devices that have something open (docs/charts-versions.md):
 * `refold`, what is open is folded again from its beginning; `pin`, it is finished by the version that began it;
 * `migrate`, a function makes the new version's state of the old one's, timers with their due times included.
 */
export type Upgrade =
  | 'refold'
  | 'pin'
  | { migrate(state: ChartState): Pick<ChartState, 'value' | 'context' | 'timers'> }

/** A version of a chart, with what it hears of its device's events. */
export type ChartVersion = {
  chart: Chart
  hear(event: DeviceEvent, config: DeviceConfig): ChartEvent | null
  /** `refold` unless said. */
  upgrade?: Upgrade
}

/** One chart at work for one device. `slot` numbers its decisions; it and the name never change. */
export type ChartInstance = ChartVersion & {
  name: string
  slot: number
  /** Versions before this one, for as long as something that they folded is in the hot store. */
  earlier?: readonly ChartVersion[]
}

const evse: ChartInstance[] = [{ name: 'session', slot: 0, chart: evseSession, hear: evseEvent }]

const thermostat: ChartInstance[] = [
  {
    name: 'heating',
    slot: 0,
    chart: hvacCycle,
    hear: (event, config) => hvacEvent(event, config, 'heating'),
  },
  {
    name: 'cooling',
    slot: 1,
    chart: hvacCycle,
    hear: (event, config) => hvacEvent(event, config, 'cooling'),
  },
]

const pair: ChartInstance[] = [{ name: 'interlock', slot: 0, chart: evInterlock, hear: interlockEvent }]

const INSTANCES = new Map<DeviceType, ChartInstance[]>([
  ['evse', evse],
  ['thermostat', thermostat],
  ['pair', pair],
])

/** The chart instances of a device type; none for a type that no chart is for yet. */
export function chartsOf(device_type: DeviceType): readonly ChartInstance[] {
  return INSTANCES.get(device_type) ?? []
}

/** Device types that some chart is for. */
export const CHARTED_TYPES: readonly DeviceType[] = [...INSTANCES.keys()]

/** Every chart that some device runs, each once, in the order of the registry. */
export function shippedCharts(): Chart[] {
  const all = [...INSTANCES.values()].flat().map(({ chart }) => chart)
  return [...new Map(all.map((chart) => [chart.id, chart])).values()]
}
