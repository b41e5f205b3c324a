import type { DeviceStateItem, ReadStore } from '../events/ports.ts'
import { Problem } from './problem.ts'

/** The device, or a 404. */
export async function findDevice(store: ReadStore, device_id: string): Promise<DeviceStateItem> {
  const item = await store.device(device_id)
  if (item) return item
  throw new Problem(404, `no device ${JSON.stringify(device_id)} has been heard of`, { device_id })
}
