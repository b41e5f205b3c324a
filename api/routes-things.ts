/** Sessions, cycles and alarms: lists newest first, and each by its id. What is open shows its figures so far. */
import type { SummaryQuery } from '../events/ports.ts'
import { withFiguresSoFar } from './figures-so-far.ts'
import { findByDeviceSession, findSummary } from './find-summary.ts'
import { Problem } from './problem.ts'
import { badParameter, includeParam, pageParams, type QueryOf, rangeParams, textParam } from './query.ts'
import { type Route, route } from './route.ts'
import { AlarmSchema, CycleSchema, listOf, SessionSchema } from './schemas.ts'

const thingParams = {
  device_id: textParam('Only of this device.'),
  location: textParam('Only of this location; not together with device_id.'),
  ...rangeParams,
  ...pageParams,
}

/** Of alarms, what was undone is gone; a session or a cycle may have been seen, linked and billed. */
const spanParams = {
  ...thingParams,
  include: includeParam('What a later event has undone too, each with what took its place.'),
}

const ITSELF = 'With `retracted`, one that was undone is answered itself, and not what took its place.'

const sessions = route({
  method: 'GET',
  path: '/v1/sessions',
  summary: 'Charging sessions that began in the range, newest first',
  query: spanParams,
  status: 200,
  response: listOf(SessionSchema),
  problems: [503],
  handle: async ({ ports, query }) => {
    const page = await ports.store.summaries(summaryQuery('session', query))
    return { body: await withFiguresSoFar(page, ports.store, ports.now()) }
  },
})

const session = route({
  method: 'GET',
  path: '/v1/sessions/{id}',
  summary: 'A session by its id or by the device’s own; of several with that id, a 409 lists the candidates',
  query: {
    device_id: textParam('Where several devices give the same ids: the one that is meant.'),
    include: includeParam(ITSELF),
  },
  status: 200,
  response: SessionSchema,
  problems: [404, 409, 503],
  handle: async ({ ports, params, query }) => {
    const id = params.id as string
    const found =
      (await findSummary(ports.store, 'session', id, query.include === 'retracted')) ??
      (await findByDeviceSession(ports.store, id, query.device_id))
    const mine = found && (query.device_id === undefined || found.device_id === query.device_id)
    if (!mine) throw new Problem(404, `there is no session ${JSON.stringify(id)}`)
    const page = await withFiguresSoFar({ items: [found], next_cursor: null }, ports.store, ports.now())
    return { body: page.items[0] }
  },
})

const cycles = route({
  method: 'GET',
  path: '/v1/cycles',
  summary: 'Heating and cooling cycles that began in the range, newest first',
  query: spanParams,
  status: 200,
  response: listOf(CycleSchema),
  problems: [503],
  handle: async ({ ports, query }) => {
    const page = await ports.store.summaries(summaryQuery('cycle', query))
    return { body: await withFiguresSoFar(page, ports.store, ports.now()) }
  },
})

const cycle = route({
  method: 'GET',
  path: '/v1/cycles/{id}',
  summary: 'A cycle by its id',
  query: { include: includeParam(ITSELF) },
  status: 200,
  response: CycleSchema,
  problems: [404, 503],
  handle: async ({ ports, params, query }) => {
    const found = await findSummary(ports.store, 'cycle', params.id as string, query.include === 'retracted')
    if (!found) throw new Problem(404, `there is no cycle ${JSON.stringify(params.id)}`)
    const page = await withFiguresSoFar({ items: [found], next_cursor: null }, ports.store, ports.now())
    return { body: page.items[0] }
  },
})

const alarms = route({
  method: 'GET',
  path: '/v1/alarms',
  summary: 'Alarms about what began in the range, newest first',
  query: thingParams,
  status: 200,
  response: listOf(AlarmSchema),
  problems: [503],
  handle: async ({ ports, query }) => {
    const page = await ports.store.summaries(summaryQuery('alarm', query))
    return { body: await withFiguresSoFar(page, ports.store, ports.now()) }
  },
})

export const thingRoutes: Route[] = [sessions, session, cycles, cycle, alarms]

function summaryQuery(
  kind: SummaryQuery['kind'],
  query: QueryOf<typeof thingParams> & { include?: string | undefined },
): SummaryQuery {
  const { device_id, location, from, to, limit, cursor, include } = query
  if (device_id !== undefined && location !== undefined)
    throw badParameter('location', location, 'is given together with device_id')
  const by =
    device_id !== undefined ? { device_id } : location !== undefined ? { location } : ('all' as const)
  const retracted = include === 'retracted' && { include_retracted: true }
  return { kind, by, from, to, limit, ...(cursor && { cursor }), ...retracted }
}
