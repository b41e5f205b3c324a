/** Events of a device or a location as they were stored, and the way in for events over HTTP. */
import { DECIDED_EVENT_TYPES, DEVICE_EVENT_TYPES, type EventType, type Origin } from '../events/event.ts'
import { lowestKey } from '../events/key.ts'
import type { EventQuery, EventRow, Page } from '../events/ports.ts'
import { INTERNAL_PREFIX } from '../events/topics.ts'
import { MAX_MESSAGE_BYTES } from './body.ts'
import { admitOrRefuse } from './door.ts'
import { eventView } from './event-view.ts'
import { findDevice } from './find-device.ts'
import {
  badParameter,
  enumParam,
  includeParam,
  pageParams,
  type QueryOf,
  rangeParams,
  requiredTextParam,
} from './query.ts'
import { type Route, route } from './route.ts'
import { AdmittedSchema, EventSchema, listOf, MessageSchema } from './schemas.ts'

const EVENT_TYPES = [...new Set<EventType>([...DEVICE_EVENT_TYPES, ...DECIDED_EVENT_TYPES, 'config'])]
const ORIGINS: Origin[] = ['device', 'config', 'chart']

const eventParams = {
  ...rangeParams,
  type: enumParam('Only events of this type.', EVENT_TYPES),
  origin: enumParam('Only what the device said, what was configured, or what a chart decided.', ORIGINS),
  order: enumParam('`oldest` first unless told.', ['oldest', 'newest']),
  include: includeParam('Decisions that a later event has undone too.'),
  ...pageParams,
}

const ofDevice = route({
  method: 'GET',
  path: '/v1/devices/{device_id}/events',
  summary: 'Events of a device, by event time',
  query: eventParams,
  status: 200,
  response: listOf(EventSchema),
  problems: [404],
  handle: async ({ ports, params, query }) => {
    const device_id = params.device_id as string
    const page = await ports.store.eventsOfDevice(device_id, eventQuery(query))
    if (page.items.length === 0) await findDevice(ports.store, device_id)
    return eventsAnswer(page)
  },
})

const ofLocation = route({
  method: 'GET',
  path: '/v1/locations/{location}/events',
  summary: 'Events of all devices of a location, by event time',
  query: eventParams,
  status: 200,
  response: listOf(EventSchema),
  problems: [],
  handle: async ({ ports, params, query }) =>
    eventsAnswer(await ports.store.eventsOfLocation(params.location as string, eventQuery(query))),
})

const HTTP_SOURCES = ['http', 'import'] as const

const post = route({
  method: 'POST',
  path: '/v1/events',
  summary: 'A device’s message, as it would be published over MQTT; answered when it is durable',
  query: {
    topic: requiredTextParam('The MQTT topic, such as `ev/evse/dev-1/telemetry`.'),
    source: enumParam(
      '`import` for history: when it comes in says nothing about the device’s clock.',
      HTTP_SOURCES,
    ),
  },
  request: { types: ['application/json', 'application/octet-stream'], schema: MessageSchema },
  status: 202,
  response: AdmittedSchema,
  problems: [413, 415, 503],
  handle: async ({ ports, query, bytes }) => {
    const { topic } = query
    const flaw = topicFlaw(topic)
    if (flaw) throw badParameter('topic', topic, flaw)
    const payload = await bytes(MAX_MESSAGE_BYTES)
    const { received_at } = await admitOrRefuse(ports.door, {
      source: query.source ?? 'http',
      topic,
      payload,
    })
    return { body: { received_at } }
  },
})

export const eventRoutes: Route[] = [ofDevice, ofLocation, post]

/** What MQTT itself lets nobody publish to, and what is the system's own. Any other topic is the processor's to judge. */
function topicFlaw(topic: string): string | null {
  if (/[+#\0]/.test(topic)) return 'holds a wildcard or a NUL'
  if (Buffer.byteLength(topic) > 65_535) return 'is longer than 65535 bytes'
  if (topic.startsWith(INTERNAL_PREFIX)) return 'is the system’s own'
  return null
}

function eventQuery(query: QueryOf<typeof eventParams>): EventQuery {
  const { from, to, type, origin, order, include, limit, cursor } = query
  return {
    from: lowestKey(from),
    to: lowestKey(to),
    limit,
    ...(type && { event_type: type }),
    ...(origin && { origin }),
    ...(cursor && { cursor }),
    ...(order === 'newest' && { newest_first: true }),
    ...(include === 'retracted' && { include_retracted: true }),
  }
}

function eventsAnswer({ items, next_cursor }: Page<EventRow>) {
  return { body: { items: items.map(eventView), next_cursor } }
}
