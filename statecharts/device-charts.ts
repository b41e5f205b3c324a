/** Which charts a device runs, and what each hears of its events: the registry. A new device type is a line here. */
import type { DeviceConfig, DeviceEvent, DeviceType } from '../events/event.ts'
import type { Chart, ChartEvent } from './chart.ts'
import { evInterlock } from './ev-interlock.ts'
import { evseEvent } from './evse-event.ts'
import { evseSession } from './evse-session.ts'
import { hvacCycle } from './hvac-cycle.ts'
import { hvacEvent } from './hvac-event.ts'
import { interlockEvent } from './interlock-event.ts'

/** One chart at work for one device. `slot` numbers its decisions and never changes. */
export type ChartInstance = {
  name: string
  slot: number
  chart: Chart
  hear(event: DeviceEvent, config: DeviceConfig): ChartEvent | null
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
