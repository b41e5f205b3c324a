/** Topic names, written once. Ids are percent-encoded wherever they enter a topic. */
import { DESCRIBED_TYPES } from './described-types.ts'
import type { DeviceType } from './event.ts'

/** Types that have a topic of their own. */
const TELLING: readonly DeviceType[] = ['evse', 'thermostat', ...DESCRIBED_TYPES]

export const TOPIC_FILTERS: readonly string[] = [
  'sidewalk/#',
  ...TELLING.map((type) => `ev/${type}/+/telemetry`),
]

/** Where a device of this type publishes. */
export function telemetryTopic(type: DeviceType, device_id: string): string {
  return `ev/${type}/${encodeTopicId(device_id)}/telemetry`
}

/** Where a device of this type listens for commands such as the time sync. */
export function downlinkTopic(type: DeviceType, device_id: string): string {
  return `ev/${type}/${encodeTopicId(device_id)}/downlink`
}

/** Topics under this prefix are the system's own; a device's message there is quarantined. */
export const INTERNAL_PREFIX = 'pilotline/'

export function configTopic(device_id: string): string {
  return `${INTERNAL_PREFIX}config/${encodeTopicId(device_id)}`
}

const CONFIG_PREFIX = configTopic('')

/** Whether it tells a configuration, whosever. */
export function isConfigTopic(topic: string): boolean {
  return topic.startsWith(CONFIG_PREFIX)
}

export function untilTopic(device_id: string): string {
  return `${INTERNAL_PREFIX}until/${encodeTopicId(device_id)}`
}

export function pairTopic(device_id: string): string {
  return `${INTERNAL_PREFIX}pair/${encodeTopicId(device_id)}`
}

export type TopicRoute =
  | { kind: 'telemetry'; device_type: DeviceType; device_id: string }
  | { kind: 'sidewalk' }
  | { kind: InternalKind; device_id: string }
  | { kind: 'unknown' }

/** What the system itself says on a device's stream. */
export type InternalKind = 'config' | 'until' | 'pair'

const TELEMETRY = new RegExp(`^ev/(${TELLING.join('|')})/([^/]+)/telemetry$`)
const INTERNAL = /^pilotline\/(config|until|pair)\/([^/]+)$/

/** Routes of topics that were seen, of which a fleet has as many as devices. A stranger's topics must not fill memory. */
const routes = new Map<string, TopicRoute>()
const MOST_ROUTES = 20_000

/** What a topic says about its record. An id whose percent-encoding is broken is taken as it stands. */
export function routeTopic(topic: string): TopicRoute {
  const known = routes.get(topic)
  if (known) return known
  const route = readTopic(topic)
  if (routes.size >= MOST_ROUTES) routes.clear()
  routes.set(topic, route)
  return route
}

function readTopic(topic: string): TopicRoute {
  const telemetry = TELEMETRY.exec(topic)
  if (telemetry) {
    const device_type = telemetry[1] as DeviceType
    return { kind: 'telemetry', device_type, device_id: decodeTopicId(telemetry[2] as string) }
  }
  if (topic.startsWith('sidewalk/')) return { kind: 'sidewalk' }
  const internal = INTERNAL.exec(topic)
  if (internal) return { kind: internal[1] as InternalKind, device_id: decodeTopicId(internal[2] as string) }
  return { kind: 'unknown' }
}

function encodeTopicId(device_id: string): string {
  // encodeURIComponent leaves * and ' alone, and MQTT's wildcards are + and #, both of which it encodes.
  return encodeURIComponent(device_id)
}

function decodeTopicId(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The id that a `sidewalk/{device_id}[/…]` topic names, for messages that cannot say who sent them; null without one. */
export function sidewalkTopicId(topic: string): string | null {
  const segment = topic.startsWith('sidewalk/') ? topic.split('/', 2)[1] : undefined
  return segment ? decodeTopicId(segment) : null
}
