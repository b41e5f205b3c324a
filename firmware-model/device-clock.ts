/** A device's clock: uptime until a time sync has come, epoch from then on, and never backwards. */

export type DeviceClock = {
  synced: boolean
  epoch_at_boot_ms: number
  /** −1: no timestamp has been given out since boot. */
  last_timestamp_ms: number
  /** Set by a step backwards. Here nothing clears it but a boot. */
  time_anomaly: boolean
}

export const CLOCK_AT_BOOT: DeviceClock = {
  synced: false,
  epoch_at_boot_ms: 0,
  last_timestamp_ms: -1,
  time_anomaly: false,
}

/**
 * A time sync. With `refuses_backward` an epoch before the last timestamp given out is refused: the clock goes on from
 * that timestamp. Without it the clock steps back. Either way it is flagged. The first sync after boot moves the clock
 * from uptime to epoch, some fifty years at once.
 */
export function syncClock(
  clock: DeviceClock,
  epoch_ms: number,
  uptime_ms: number,
  refuses_backward: boolean,
): DeviceClock {
  const backwards = clock.last_timestamp_ms >= 0 && epoch_ms < clock.last_timestamp_ms
  if (!backwards) return { ...clock, synced: true, epoch_at_boot_ms: epoch_ms - uptime_ms }
  return {
    synced: true,
    epoch_at_boot_ms: (refuses_backward ? clock.last_timestamp_ms : epoch_ms) - uptime_ms,
    last_timestamp_ms: refuses_backward ? clock.last_timestamp_ms : -1,
    time_anomaly: true,
  }
}

/** The timestamp for now. One that would go back is held at the last one, and the clock is flagged. */
export function readClock(
  clock: DeviceClock,
  uptime_ms: number,
): { clock: DeviceClock; timestamp_ms: number } {
  const now_ms = clock.synced ? clock.epoch_at_boot_ms + uptime_ms : uptime_ms
  const held_ms = clock.last_timestamp_ms
  if (held_ms < 0 || now_ms >= held_ms)
    return { clock: { ...clock, last_timestamp_ms: now_ms }, timestamp_ms: now_ms }
  const epoch_at_boot_ms = clock.synced ? held_ms - uptime_ms : clock.epoch_at_boot_ms
  return { clock: { ...clock, epoch_at_boot_ms, time_anomaly: true }, timestamp_ms: held_ms }
}
