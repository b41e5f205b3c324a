/** The charts that run, and the devices on each: read off what every device's charts have left of where they stand. */
import type { DeviceType } from '../events/event.ts'
import type { DeviceStanding, Page, ReadStore } from '../events/ports.ts'
import { type Chart, statePath } from '../statecharts/chart.ts'
import { nodesOf, pathOf } from '../statecharts/chart-edges.ts'
import { CHARTED_TYPES, type ChartInstance, chartsOf, shippedCharts } from '../statecharts/device-charts.ts'
import { readStandings, type Standing } from '../statecharts/device-standing.ts'
import { Problem } from './problem.ts'
import { badParameter } from './query.ts'

/** One chart instance of one device. */
export type Entry = { device_id: string; device_type: DeviceType; instance: string; standing: Standing }

const PAGE = 1000

/** The chart, or a 404 that says which there are. */
export function findChart(id: string): Chart {
  const charts = shippedCharts()
  const found = charts.find((chart) => chart.id === id)
  if (found) return found
  const known = charts.map((chart) => chart.id).join(', ')
  throw new Problem(404, `no chart ${JSON.stringify(id)} runs here; those that do are ${known}`, {
    chart: id,
  })
}

/** What runs the chart: device types, with the names that these have for it. */
export function runsOf(chart: Chart): { device_type: DeviceType; instances: ChartInstance[] }[] {
  return CHARTED_TYPES.map((device_type) => ({
    device_type,
    instances: chartsOf(device_type).filter((one) => one.chart.id === chart.id),
  })).filter(({ instances }) => instances.length > 0)
}

export function instanceNames(chart: Chart): string[] {
  return [...new Set(runsOf(chart).flatMap(({ instances }) => instances.map(({ name }) => name)))]
}

/** Throws a 400 for an instance that the chart has not. */
export function checkInstance(chart: Chart, instance: string | undefined): void {
  const names = instanceNames(chart)
  if (instance !== undefined && !names.includes(instance))
    throw badParameter('instance', instance, `is none of ${names.join(', ')}`)
}

/** Every state by its path, the outer ones first; of versions that devices may still run too. */
export function statesOf(chart: Chart): { state: string; at_rest: boolean; has_inner: boolean }[] {
  const earlier = runsOf(chart).flatMap(({ instances }) => instances.flatMap((one) => one.earlier ?? []))
  const all = [chart, ...earlier.map((one) => one.chart)].flatMap(({ machine, quiescent }) =>
    nodesOf(machine.root)
      .filter((node) => node.parent !== undefined)
      .map((node) => {
        const state = pathOf(node)
        return { state, at_rest: quiescent.includes(state), has_inner: Object.keys(node.states).length > 0 }
      }),
  )
  return [...new Map(all.toReversed().map((one) => [one.state, one])).values()].toReversed()
}

/** All of the chart, by device; `instance` narrows to one of what a device runs. */
export async function* entriesOf(store: ReadStore, chart: Chart, instance?: string): AsyncIterable<Entry> {
  for (const { device_type } of runsOf(chart)) {
    let cursor: string | undefined
    do {
      const page: Page<DeviceStanding> = await store.standings(device_type, PAGE, cursor)
      for (const { device_id, standing: text } of page.items)
        for (const [name, standing] of Object.entries(readStandings(text)))
          if (standing.chart === chart.id && (instance === undefined || instance === name))
            yield { device_id, device_type, instance: name, standing }
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
  }
}

/** Nothing is open in what the device is in, all of it. */
export function isAtRest({ quiescent }: Chart, { value }: Standing): boolean {
  return quiescent.includes(statePath(value))
}
