/** What one event leads to in a machine, before times are put to it: what both runners agree on. */
import type { StateValue } from 'xstate'

export type Step = {
  value: StateValue
  context: Record<string, unknown>
  /** False: nothing handled the event, and nothing is different. */
  changed: boolean
  /** Done: the machine is in a final state of its root, and says its output. */
  status: 'active' | 'done'
  output: unknown
  emitted: { type: string }[]
  /** Timers set (with their delay) and cancelled, in the order in which it happened. */
  timers: ({ set: string; delay_ms: number } | { cancel: string })[]
  /** Ids of the edges that were taken and lead somewhere (chart-edges.ts), in order; null where none was. */
  edges: readonly string[] | null
}

const AFTER = 'xstate.after.'

/** The event that a timer of this name fires. */
export function timerEvent(timer: string): string {
  return AFTER + timer
}

/** The timer of an `after`, by xstate's id of it; null for an id of another kind. */
export function timerName(id: string): string | null {
  return id.startsWith(AFTER) ? id.slice(AFTER.length) : null
}
