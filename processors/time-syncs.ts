/** Tells devices whose clock is not set what time it is, each at most once a minute. */
import type { DeviceType } from '../events/event.ts'
import type { Downlink, Logger, Metrics } from '../events/ports.ts'

export type TimeSyncRequest = { device_type: DeviceType; device_id: string }

export type TimeSyncs = { request(devices: TimeSyncRequest[]): Promise<void> }

const INTERVAL_MS = 60_000

/** `clock` is epoch ms: what is sent is the time at sending. */
export function createTimeSyncs(parts: {
  downlink: Downlink
  clock: () => number
  metrics: Metrics
  logger: Logger
}): TimeSyncs {
  const { downlink, clock, metrics, logger } = parts
  const sent_at = new Map<string, number>()

  function isTooSoon(device_id: string, now: number): boolean {
    const last = sent_at.get(device_id)
    // A clock that was set back must not silence a device for as long as it was wrong.
    return last !== undefined && now >= last && now - last < INTERVAL_MS
  }

  function forgetOld(now: number): void {
    for (const [device_id, last] of sent_at) {
      // In order of sending: the first that is recent ends the search.
      if (now >= last && now - last < INTERVAL_MS) return
      sent_at.delete(device_id)
    }
  }

  return {
    request: async (devices) => {
      forgetOld(clock())
      for (const { device_type, device_id } of devices) {
        const now = clock()
        if (isTooSoon(device_id, now)) continue
        sent_at.delete(device_id)
        sent_at.set(device_id, now)
        try {
          await downlink.send(device_type, device_id, { cmd: 'time_sync', epoch_ms: now })
          metrics.count('time_syncs_sent')
        } catch (error) {
          logger.warn('a time sync was not sent', { device_id, error: (error as Error).message })
        }
      }
    },
  }
}
