/** Debounce of a digital input, as the firmware does it for its GPIO events and its safety gate. */

/** −1: not known yet. A level counts once it has been seen twice, at least `debounce_ms` apart, without another between. */
export type WireDebounce = {
  level: number
  pending: number
  pending_since_ms: number
  debounce_ms: number
  initialized: boolean
}

export type WireEdge = 'rising' | 'falling' | 'unknown'

export function newWireDebounce(debounce_ms: number): WireDebounce {
  return { level: -1, pending: -1, pending_since_ms: 0, debounce_ms, initialized: false }
}

/** One reading. The very first is believed at once and is no edge; a change is one when it has stayed. */
export function readWire(
  wire: WireDebounce,
  level: number,
  now_ms: number,
): { wire: WireDebounce; edge: WireEdge | null } {
  if (level < 0) return { wire, edge: null }
  if (!wire.initialized)
    return {
      wire: { ...wire, initialized: true, level, pending: level, pending_since_ms: now_ms },
      edge: null,
    }
  if (level !== wire.pending)
    return { wire: { ...wire, pending: level, pending_since_ms: now_ms }, edge: null }
  if (now_ms - wire.pending_since_ms < wire.debounce_ms || wire.pending === wire.level)
    return { wire, edge: null }
  return { wire: { ...wire, level }, edge: edgeBetween(wire.level, level) }
}

function edgeBetween(before: number, after: number): WireEdge {
  if (before === 0 && after === 1) return 'rising'
  if (before === 1 && after === 0) return 'falling'
  return 'unknown'
}
