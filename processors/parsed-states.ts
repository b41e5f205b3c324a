/** States of devices as this process last wrote them, so that the next batch need not parse what the last one wrote. */
import type { DeviceStateItem } from '../events/ports.ts'
import { type DeviceState, parseDeviceState, refuseNewer } from '../statecharts/device-state.ts'

/** Characters of text that the kept states come to: some thousands of devices, each some four times its text as objects. */
const KEPT_CHARACTERS = 8_000_000

const kept = new Map<string, { text: string; state: DeviceState }>()
let characters = 0

/**
 * The stored state. What is kept counts only where its text is what is stored: others may have written since. Throws
 * NewerState for one that newer code made.
 */
export function readState({ device_id, state: text }: DeviceStateItem): DeviceState {
  const known = kept.get(device_id)
  if (known?.text !== text) return parseDeviceState(text)
  refuseNewer(known.state)
  return known.state
}

/** Never changed again by whoever has it; `text` is what it is as JSON. */
export function keepState(device_id: string, text: string, state: DeviceState): void {
  const before = kept.get(device_id)
  if (before) {
    characters -= before.text.length
    kept.delete(device_id)
  }
  kept.set(device_id, { text, state })
  characters += text.length
  for (const [oldest, { text: old }] of kept) {
    if (characters <= KEPT_CHARACTERS) break
    kept.delete(oldest)
    characters -= old.length
  }
}
