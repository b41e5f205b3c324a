/** What makes two messages the same one (DESIGN §3). */
import { canonicalMessage } from './canonical.ts'
import type { DeviceReport } from './event.ts'
import { hashOf } from './hash.ts'

/**
 * 32 hex digits over who, when by its own clock, the device's own event id, and everything it said. `boot` is the number
 * of the boot for an uptime timestamp, which alone would come again after the next boot; leave it out for an epoch one.
 */
export function identityOf(
  report: Pick<DeviceReport, 'device_id' | 'reported_timestamp' | 'device_event_id' | 'said'>,
  boot?: number,
): string {
  const { device_id, reported_timestamp, device_event_id, said } = report
  return hashOf([
    device_id,
    reported_timestamp,
    boot ?? null,
    device_event_id ?? null,
    canonicalMessage(said),
  ])
}
