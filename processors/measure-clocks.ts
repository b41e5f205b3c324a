/** How wrong the devices' clocks are, seen where their states are written. */
import { clockView } from '../events/clock.ts'
import type { BatchWrite, HotStore } from '../events/ports.ts'
import { parseDeviceState } from '../statecharts/device-state.ts'

export type MeasuredClocks = HotStore & {
  /** The greatest offset, ms either way, among the devices written since it was last asked for; null where none is known. */
  worstOffset(): number | null
}

/** The same store. A device without a set clock has no offset: it is told the time, and counted by that. */
export function measureClocks(store: HotStore): MeasuredClocks {
  let worst_ms: number | null = null

  function look({ devices }: BatchWrite): void {
    for (const { state } of devices) {
      const { offset_ms } = clockView(parseDeviceState(state.state).clock)
      if (offset_ms !== null) worst_ms = Math.max(worst_ms ?? 0, Math.abs(offset_ms))
    }
  }

  return {
    ...store,
    write: (batch) => {
      look(batch)
      return store.write(batch)
    },
    worstOffset: () => {
      const asked = worst_ms
      worst_ms = null
      return asked
    },
  }
}
