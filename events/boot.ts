/**
 * One boot of a device whose clock is not set: how its uptime lies in real time. Pure, over plain data.
 *
 * An uptime stamp is as old as the message's delay, which is never negative: received − uptime is therefore at or above
 * the true offset, and the least of it over the boot is the best that is known. A synced timestamp bounds it from the
 * same side, and a message with both stamps says it outright.
 */

export type Boot = {
  /** 1 for the first boot that was ever seen. */
  number: number
  first_received_at: number
  /** Of the last message in order of (received_at, uptime), and the uptime that the device had reached by then. */
  last_received_at: number
  last_uptime_ms: number
  /** Real time − uptime, as far as it is known. */
  offset_ms: number
  /** The offset was read off a message with both stamps. */
  exact: boolean
  /** The first synced timestamp has bounded the offset. */
  synced: boolean
  /** Latest time given to an uptime stamp of this boot, 0 for none. */
  last_event_time: number
  /** The greatest uptime that was stamped on an event of it; null for none. */
  last_stamp_ms: number | null
  /** The offset by which its events lie in time, to within MOVED_BY_MS. */
  placed_offset_ms: number
}

/**
 * An offset that gets better by less moves nothing: a counter that runs fast betters it with every message, and a boot
 * may be months long.
 */
export const MOVED_BY_MS = 1000

/** A message's own word on the offset, where it carries both stamps. */
type BothStamps = { epoch_ms: number; uptime_ms: number }

export function newBoot(number: number, uptime_ms: number, received_at: number, both?: BothStamps): Boot {
  const offset_ms = both ? both.epoch_ms - both.uptime_ms : received_at - uptime_ms
  return {
    number,
    first_received_at: received_at,
    last_received_at: received_at,
    last_uptime_ms: uptime_ms,
    offset_ms,
    exact: both !== undefined,
    synced: false,
    last_event_time: 0,
    last_stamp_ms: null,
    placed_offset_ms: offset_ms,
  }
}

/** Whether an uptime has not fallen: messages are ordered by (received_at, uptime), so one received earlier never has. */
export function hasNotFallen(boot: Boot, uptime_ms: number, received_at: number): boolean {
  return received_at <= boot.last_received_at || uptime_ms >= boot.last_uptime_ms
}

/** The boot with one more uptime stamp. `future_limit_ms` is how far an exact offset may lead ahead of the front door. */
export function withUptime(
  boot: Boot,
  uptime_ms: number,
  received_at: number,
  future_limit_ms: number,
  both?: BothStamps,
): Boot {
  const latest = received_at >= boot.last_received_at
  const seen = {
    ...boot,
    first_received_at: Math.min(boot.first_received_at, received_at),
    last_received_at: Math.max(boot.last_received_at, received_at),
    last_uptime_ms: latest ? Math.max(boot.last_uptime_ms, uptime_ms) : boot.last_uptime_ms,
  }
  if (both) return { ...seen, offset_ms: both.epoch_ms - both.uptime_ms, exact: true }
  const bound = received_at - uptime_ms
  // A counter that runs fast leaves an exact offset behind; by then the front door knows better.
  if (boot.exact && boot.offset_ms - bound <= future_limit_ms) return seen
  return { ...seen, offset_ms: Math.min(boot.offset_ms, bound), exact: false }
}

/**
 * The boot with a timestamp of the clock that has been set in it. What was stamped by uptime before happened before, so
 * the first one bounds the offset; and each says what uptime the device has reached, below which a later stamp falls.
 */
export function withSynced(boot: Boot, epoch_ms: number, received_at: number): Boot {
  if (received_at < boot.last_received_at) return boot
  const bounded =
    boot.synced || boot.exact ? boot.offset_ms : Math.min(boot.offset_ms, epoch_ms - boot.last_uptime_ms)
  return {
    ...boot,
    last_received_at: received_at,
    last_uptime_ms: Math.max(boot.last_uptime_ms, epoch_ms - bounded),
    offset_ms: bounded,
    synced: true,
  }
}

/**
 * When an uptime of this boot was, and the boot that remembers having said so. While its events stay where they are, a
 * time is never given out below one that was given before.
 */
export function timeInBoot(boot: Boot, uptime_ms: number): { boot: Boot; event_time: number } {
  const event_time = Math.max(boot.offset_ms + uptime_ms, boot.last_event_time)
  const last_stamp_ms = Math.max(boot.last_stamp_ms ?? 0, uptime_ms)
  return { boot: { ...boot, last_event_time: event_time, last_stamp_ms }, event_time }
}

/** Events of a boot that lie elsewhere now: those that were placed from `from` to `to`, at `offset_ms` + their uptime. */
export type MovedBoot = { number: number; offset_ms: number; from: number; to: number }

/** The boot with its events placed by its offset, and which they are; null where they lie well, or there are none. */
export function placedAnew(boot: Boot): { boot: Boot; moved: MovedBoot } | null {
  const { number, offset_ms, placed_offset_ms, last_stamp_ms, last_event_time } = boot
  if (last_stamp_ms === null || Math.abs(offset_ms - placed_offset_ms) < MOVED_BY_MS) return null
  return {
    boot: { ...boot, placed_offset_ms: offset_ms, last_event_time: offset_ms + last_stamp_ms },
    moved: { number, offset_ms, from: placed_offset_ms - MOVED_BY_MS, to: last_event_time },
  }
}
