/** A session often learns its device's name for it from a later message than the one that opened it. */
import type { DeviceState } from './device-state.ts'
import type { EvseContext, OpenSession } from './evse-memory.ts'

/** The session that is open in the device, or may still be continued; null where there is none. */
export function sessionOf({ instances }: Pick<DeviceState, 'instances'>): OpenSession | null {
  return (instances.session?.context as Partial<EvseContext> | undefined)?.session ?? null
}

/** The session of `now`, where it was open in `was` and has learnt its name since; else null. */
export function learntName(was: DeviceState, now: DeviceState): OpenSession | null {
  const [then, open] = [sessionOf(was), sessionOf(now)]
  if (!then || !open || then.opened_by !== open.opened_by) return null
  return then.device_session_id === open.device_session_id ? null : open
}
