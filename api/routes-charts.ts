/** The charts that devices run, and the fleet on each of them. */
import type { Chart } from '../statecharts/chart.ts'
import { statePath } from '../statecharts/chart.ts'
import { shippedCharts } from '../statecharts/device-charts.ts'
import { readDeviceState } from '../statecharts/device-standing.ts'
import { devicePath } from './device-path.ts'
import { findDevice } from './find-device.ts'
import { pageBehind } from './fleet-cursor.ts'
import {
  checkInstance,
  type Entry,
  entriesOf,
  findChart,
  instanceNames,
  runsOf,
  statesOf,
} from './fleet-entries.ts'
import { fleetDevices, fleetFigures } from './fleet-figures.ts'
import {
  ChartItemSchema,
  ChartSchema,
  FLEET_PARAMS,
  FleetDeviceSchema,
  FleetSchema,
  PathSchema,
} from './fleet-schemas.ts'
import type { ApiPorts } from './ports.ts'
import { Problem } from './problem.ts'
import { badParameter, pageParams, requiredTextParam, textParam } from './query.ts'
import { type Route, route } from './route.ts'
import { listOf } from './schemas.ts'

/** As `npm run charts` has drawn them. */
type Drawing = { version: number; graph: unknown; svg: string | null }

const instance = textParam(FLEET_PARAMS.instance)

const list = route({
  method: 'GET',
  path: '/v1/charts',
  summary: 'The charts that devices run',
  query: {},
  status: 200,
  response: listOf(ChartItemSchema),
  problems: [],
  handle: async () => {
    const items = shippedCharts().map((chart) => ({
      ...chartView(chart),
      states: statesOf(chart).map(({ state, at_rest }) => ({ state, at_rest })),
    }))
    return { body: { items, next_cursor: null } }
  },
})

const one = route({
  method: 'GET',
  path: '/v1/charts/{id}',
  summary: 'A chart as data and as a drawing',
  query: {},
  status: 200,
  response: ChartSchema,
  problems: [404],
  handle: async ({ params }) => {
    const chart = findChart(params.id as string)
    return { body: { ...chartView(chart), ...(await drawingOf(chart)) } }
  },
})

const fleet = route({
  method: 'GET',
  path: '/v1/charts/{id}/fleet',
  summary: 'Devices in each state now and for how long, how often edges were taken of late, and who is stuck',
  query: { instance },
  status: 200,
  response: FleetSchema,
  problems: [404, 503],
  handle: async ({ ports, params, query }) => {
    const chart = findChart(params.id as string)
    const entries = await entriesNow(ports, chart, query.instance)
    return { body: fleetFigures(chart, entries, ports.now()) }
  },
})

const devices = route({
  method: 'GET',
  path: '/v1/charts/{id}/devices',
  summary: 'The devices in a state of the chart, or all that run it; the longest in it first',
  query: { state: textParam(FLEET_PARAMS.state), instance, ...pageParams },
  status: 200,
  response: listOf(FleetDeviceSchema),
  problems: [404, 503],
  handle: async ({ ports, params, query }) => {
    const chart = findChart(params.id as string)
    const states = statesOf(chart).map((one) => one.state)
    if (query.state !== undefined && !states.includes(query.state))
      throw badParameter('state', query.state, `is none of ${states.join(', ')}`)
    const entries = await entriesNow(ports, chart, query.instance)
    const all = fleetDevices(chart, entries, query.state, ports.now())
    return { body: pageBehind(all, query.limit, query.cursor) }
  },
})

const path = route({
  method: 'GET',
  path: '/v1/charts/{id}/path',
  summary: 'The edges that a device has taken last on the chart, from its rows',
  query: {
    device_id: requiredTextParam('Whose path it is.'),
    instance,
    limit: pageParams.limit,
  },
  status: 200,
  response: PathSchema,
  problems: [404, 503],
  handle: async ({ ports, params, query }) => {
    const chart = findChart(params.id as string)
    checkInstance(chart, query.instance)
    const item = await findDevice(ports.store, query.device_id)
    const { device_id, device_type } = item
    const mine = runsOf(chart).find((one) => one.device_type === device_type)?.instances ?? []
    const name = query.instance ?? mine[0]?.name
    const state = readDeviceState(item)
    const now = name === undefined ? undefined : state.instances[name]
    if (name === undefined || now?.chart !== chart.id)
      throw new Problem(404, `${JSON.stringify(device_id)} is on no chart ${chart.id}`, { device_id })
    const { version, value, since } = now
    const told = { device_id, chart: chart.id, version, instance: name, state: statePath(value), since }
    return { body: { ...told, ...(await devicePath(ports.store, state, name, query.limit)) } }
  },
})

async function entriesNow({ store }: ApiPorts, chart: Chart, name: string | undefined): Promise<Entry[]> {
  checkInstance(chart, name)
  const entries: Entry[] = []
  for await (const entry of entriesOf(store, chart, name)) entries.push(entry)
  return entries
}

function chartView(chart: Chart) {
  const { id, version, title = id } = chart
  const device_types = runsOf(chart).map(({ device_type }) => device_type)
  return { id, version, title, device_types, instances: instanceNames(chart) }
}

/** Of this version, or none: a drawing of another chart than runs would mislead. Read when it is asked for first. */
async function drawingOf({ id, version }: Chart): Promise<Pick<Drawing, 'svg' | 'graph'>> {
  const read = await import('./drawings.json', { with: { type: 'json' } })
  const drawn = (read.default as Record<string, Drawing>)[id]
  return drawn?.version === version ? { graph: drawn.graph, svg: drawn.svg } : { graph: null, svg: null }
}

export const chartRoutes: Route[] = [list, one, fleet, devices, path]
