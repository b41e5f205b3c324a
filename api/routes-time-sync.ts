/** The downlink that sets a device's clock. */

import { findDevice } from './find-device.ts'
import { Problem } from './problem.ts'
import type { Route } from './route.ts'
import { route } from './route.ts'
import { TimeSyncSchema } from './schemas.ts'

const INTERVAL_MS = 1000

/** At most one a second for each device, so that nobody floods a radio. */
export function createTimeSyncRoute(): Route {
  const sentAt = new Map<string, number>()
  return route({
    method: 'POST',
    path: '/v1/time-sync/{device_id}',
    summary: 'Tells a device what time it is; whether it hears it, its next messages show',
    query: {},
    status: 202,
    response: TimeSyncSchema,
    problems: [404, 429, 503],
    handle: async ({ ports, params }) => {
      const { device_id, device_type } = await findDevice(ports.store, params.device_id as string)
      const epoch_ms = ports.now()
      if (device_type === 'pair') throw new Problem(404, `${device_id} is a pair of devices: it has no clock`)
      takeTurn(sentAt, device_id, epoch_ms)
      try {
        await ports.downlink.send(device_type, device_id, { cmd: 'time_sync', epoch_ms })
      } catch {
        sentAt.delete(device_id)
        throw new Problem(503, 'the network to the devices takes nothing now')
      }
      return { body: { device_id, epoch_ms } }
    },
  })
}

function takeTurn(sentAt: Map<string, number>, device_id: string, now: number): void {
  for (const [id, at] of sentAt) {
    // In order of sending. A clock that was set back must not silence a device for as long as it was wrong.
    if (now >= at && now - at < INTERVAL_MS) break
    sentAt.delete(id)
  }
  const last = sentAt.get(device_id)
  if (last !== undefined && now >= last) {
    const retry_after_s = Math.ceil((last + INTERVAL_MS - now) / 1000)
    const detail = `a time sync went to this device ${now - last} ms ago; one a second is the most`
    throw new Problem(429, detail, {}, { 'retry-after': String(retry_after_s) })
  }
  sentAt.delete(device_id)
  sentAt.set(device_id, now)
}
