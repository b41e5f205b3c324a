/** Devices as they are now. */
import { deviceItemView, deviceView } from './device-view.ts'
import { findDevice } from './find-device.ts'
import { pageParams } from './query.ts'
import { type Route, route } from './route.ts'
import { DeviceItemSchema, DeviceSchema, listOf } from './schemas.ts'

const list = route({
  method: 'GET',
  path: '/v1/devices',
  summary: 'All devices with the states of their charts, and what is open',
  query: pageParams,
  status: 200,
  response: listOf(DeviceItemSchema),
  problems: [503],
  handle: async ({ ports, query }) => {
    const { items, next_cursor } = await ports.store.devices(query.limit, query.cursor)
    const now = ports.now()
    return { body: { items: items.map((item) => deviceItemView(item, now)), next_cursor } }
  },
})

const one = route({
  method: 'GET',
  path: '/v1/devices/{device_id}',
  summary: 'A device: its charts, its open session or cycles so far, the configuration in force, its clock',
  query: {},
  status: 200,
  response: DeviceSchema,
  problems: [404, 503],
  handle: async ({ ports, params }) => {
    const item = await findDevice(ports.store, params.device_id as string)
    return { body: deviceView(item, ports.now()) }
  },
})

export const deviceRoutes: Route[] = [list, one]
