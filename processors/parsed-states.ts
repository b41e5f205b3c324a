/** States of devices as this process last wrote them, so that the next batch need not parse what the last one wrote. */
import type { DeviceStateItem } from '../events/ports.ts'
import { readDeviceState, type StoredDevice } from '../statecharts/device-standing.ts'
import { type DeviceState, refuseNewer } from '../statecharts/device-state.ts'

/** Characters of text that the kept states come to: some thousands of devices, each some four times its text as objects. */
const KEPT_CHARACTERS = 8_000_000

const kept = new Map<string, { stored: StoredDevice; state: DeviceState }>()
let characters = 0

/**
 * The stored state. What is kept counts only where its text is what is stored: others may have written since. Throws
 * NewerState for one that newer code made.
 */
export function readState(item: DeviceStateItem): DeviceState {
  const known = kept.get(item.device_id)
  if (known?.stored.state !== item.state || known.stored.standing !== item.standing)
    return readDeviceState(item)
  refuseNewer(known.state)
  return known.state
}

/** Never changed again by whoever has it; `stored` is what it is as text. */
export function keepState(device_id: string, stored: StoredDevice, state: DeviceState): void {
  const before = kept.get(device_id)
  if (before) {
    characters -= before.stored.state.length
    kept.delete(device_id)
  }
  kept.set(device_id, { stored, state })
  characters += stored.state.length
  for (const [oldest, { stored: old }] of kept) {
    if (characters <= KEPT_CHARACTERS) break
    kept.delete(oldest)
    characters -= old.state.length
  }
}
