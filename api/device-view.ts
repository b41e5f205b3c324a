/** A device as it is shown: from its one stored item, with nothing looked up beside it. */
import { clockView } from '../events/clock.ts'
import type { DeviceStateItem } from '../events/ports.ts'
import { nextTimer } from '../statecharts/advance.ts'
import { type ChartState, statePath } from '../statecharts/chart.ts'
import { configAt } from '../statecharts/config-in-force.ts'
import { type ChartInstance, chartsOf } from '../statecharts/device-charts.ts'
import { parseDeviceState } from '../statecharts/device-state.ts'
import { openThings } from './open-things.ts'

/** All of a device. Throws NewerState. */
export function deviceView(item: DeviceStateItem, now: number) {
  const { state, common, open_session } = viewParts(item, now)
  return { ...common, open_session, config: configAt(state.config, now), counters: state.counters }
}

/** A device in a list: without what grows. */
export function deviceItemView(item: DeviceStateItem, now: number) {
  const { common, open_session } = viewParts(item, now)
  const { legs: _legs, legs_merged: _merged, ...short } = open_session ?? {}
  return { ...common, open_session: open_session && short }
}

function viewParts(item: DeviceStateItem, now: number) {
  const { device_id, device_type, location, last_received_at } = item
  const state = parseDeviceState(item.state)
  const open = openThings(state, location, now)
  const common = {
    device_id,
    device_type,
    location,
    last_received_at,
    charts: chartsOf(device_type).map((chart) => chartView(chart, state.instances[chart.name])),
    open_cycles: open.filter(({ kind }) => kind === 'cycle').map(({ body }) => body),
    clock: clockView(state.clock),
    last_event: state.last,
  }
  return { state, common, open_session: open.find(({ kind }) => kind === 'session')?.body ?? null }
}

function chartView({ name, chart }: ChartInstance, instance: ChartState | undefined) {
  return {
    name,
    chart: chart.id,
    version: instance?.version ?? chart.version,
    state: instance ? statePath(instance.value) : null,
    since: instance?.since ?? null,
    next_timer: instance ? nextTimer(instance.timers) : null,
  }
}
