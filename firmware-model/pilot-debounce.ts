/** OpenEVSE's debounce of the pilot: by time that a state has stood, not by voltage; A is believed ten times sooner. */
import type { PilotState } from '../events/event.ts'

export type PilotDebounce = { state: PilotState | null; pending: PilotState | null; pending_since_ms: number }

export const NO_PILOT_YET: PilotDebounce = { state: null, pending: null, pending_since_ms: 0 }

const STANDS_MS = 250
/** The contactor must open within 100 ms of an unplug. */
const STANDS_IN_A_MS = 25

/** One reading of the pilot. The first state after boot is believed when it has stood, too: until then it is null. */
export function debouncePilot(debounce: PilotDebounce, read: PilotState, now_ms: number): PilotDebounce {
  if (read === debounce.state) return { ...debounce, pending: null }
  if (read !== debounce.pending) return { ...debounce, pending: read, pending_since_ms: now_ms }
  const stands_ms = read === 'A' ? STANDS_IN_A_MS : STANDS_MS
  if (now_ms - debounce.pending_since_ms < stands_ms) return debounce
  return { state: read, pending: null, pending_since_ms: 0 }
}
