/** Configuration: read from its own table, put on the log like everything else that moves a chart (DESIGN §4). */
import { configArriving } from '../events/config-record.ts'
import { deviceIdFlaw } from '../events/device-id.ts'
import { type DeviceConfig, describeRejection } from '../events/event.ts'
import type { ConfigVersion, ReadStore } from '../events/ports.ts'
import type { ConfigMessage } from '../events/record.ts'
import { isRejected, type Rejected, reject } from '../events/rejection.ts'
import { MAX_CONFIG_BYTES } from './body.ts'
import { readConfigBody } from './config-body.ts'
import { admitOrRefuse } from './door.ts'
import { findDevice } from './find-device.ts'
import { Problem } from './problem.ts'
import { pageParams } from './query.ts'
import { type Route, route } from './route.ts'
import { ConfigPutSchema, ConfigSchema, ConfigVersionSchema, listOf } from './schemas.ts'

const current = route({
  method: 'GET',
  path: '/v1/config/{device_id}',
  summary: 'The version of a device’s configuration that is in force now',
  query: {},
  status: 200,
  response: ConfigSchema,
  problems: [404],
  handle: async ({ ports, params }) => {
    const device_id = params.device_id as string
    const version = await versionInForce(ports.store, device_id, ports.now())
    if (!version) await findDevice(ports.store, device_id)
    const { config = {}, effective_from = null, written_at = null } = version ?? {}
    const versions = `/v1/config/${encodeURIComponent(device_id)}/history`
    return { body: { device_id, config, effective_from, written_at, history: versions } }
  },
})

const history = route({
  method: 'GET',
  path: '/v1/config/{device_id}/history',
  summary: 'All versions, those of the future too, newest `effective_from` first',
  query: pageParams,
  status: 200,
  response: listOf(ConfigVersionSchema),
  problems: [404],
  handle: async ({ ports, params, query }) => {
    const device_id = params.device_id as string
    const page = await ports.store.configHistory(device_id, query.limit, query.cursor)
    if (page.items.length === 0) await findDevice(ports.store, device_id)
    return { body: { items: page.items.map(versionView), next_cursor: page.next_cursor } }
  },
})

const put = route({
  method: 'PUT',
  path: '/v1/config/{device_id}',
  summary: 'A new version, which replaces the one before it whole; answered when it is on the log',
  query: {},
  request: { types: ['application/json'], schema: ConfigPutSchema },
  status: 202,
  response: ConfigVersionSchema,
  problems: [409, 413, 415, 503],
  handle: async ({ ports, params, bytes }) => {
    const device_id = params.device_id as string
    refuseIf(deviceIdFlaw(device_id))
    const written_at = ports.now()
    const read = readConfigBody(await bytes(MAX_CONFIG_BYTES), written_at)
    if (isRejected(read)) throw badField(read)
    const { config, effective_from } = read
    await checkDeviceType(ports.store, device_id, config)
    const message: ConfigMessage = { device_id, effective_from, written_at, config }
    await admitOrRefuse(ports.door, configArriving(message))
    return { body: message }
  },
})

export const configRoutes: Route[] = [current, put, history]

/** Versions come newest `effective_from` first, of two at once the one written later: the first that has begun is it. */
async function versionInForce(store: ReadStore, device_id: string, now: number) {
  let cursor: string | undefined
  do {
    const page = await store.configHistory(device_id, 100, cursor)
    const begun = page.items.find(({ effective_from }) => effective_from <= now)
    if (begun) return begun
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  return null
}

/** A device becomes what its first record says it is, and stays it. */
async function checkDeviceType(store: ReadStore, device_id: string, config: DeviceConfig): Promise<void> {
  const device = await store.device(device_id)
  const { device_type } = config
  if (!device)
    return refuseIf(
      device_type ? null : reject('device_type', undefined, 'but required for a device not heard of yet'),
    )
  if (device_type === undefined || device_type === device.device_type) return
  throw badField(
    reject('device_type', device_type, `differs from ${device.device_type}, which the device is`),
    409,
  )
}

function refuseIf(rejected: Rejected | null): void {
  if (rejected) throw badField(rejected)
}

function badField({ rejection }: Rejected, status: 400 | 409 = 400): Problem {
  return new Problem(status, describeRejection(rejection), { ...rejection })
}

function versionView({ device_id, effective_from, written_at, config }: ConfigVersion) {
  return { device_id, effective_from, written_at, config }
}
