/** The pilot's duty cycle from the timestamps of its edges, as the firmware's interrupt keeps them. */
import { float } from './c-arithmetic.ts'

/** Microseconds. 0: not measured yet. */
export type PwmEdges = { rise_us: number; high_us: number; period_us: number }

export const NO_EDGES: PwmEdges = { rise_us: 0, high_us: 0, period_us: 0 }

/** An edge. Before the first rise nothing is measured; afterwards each edge overwrites its own half of the picture. */
export function onEdge(edges: PwmEdges, level: number, at_us: number): PwmEdges {
  const measured = edges.rise_us > 0
  if (level <= 0) return measured ? { ...edges, high_us: at_us - edges.rise_us } : edges
  return { ...edges, period_us: measured ? at_us - edges.rise_us : edges.period_us, rise_us: at_us }
}

/** Percent in single precision; 0 where high time and period do not make a duty. Stays as it was when the edges stop. */
export function dutyCycle(edges: PwmEdges): number {
  const { high_us, period_us } = edges
  if (period_us <= 0 || high_us <= 0 || high_us > period_us) return 0
  return float(float(float(high_us) * 100) / float(period_us))
}

/** Two periods of the pilot's oscillator (1 kHz) from `start_us` on: as many edges as a duty needs to be measured. */
export function edgesOf(
  duty_percent: number,
  start_us: number,
): { op: 'edge'; level: 0 | 1; at_us: number }[] {
  const high_us = Math.round(duty_percent * 10)
  return [start_us, start_us + 1000].flatMap((rise_us) => [
    { op: 'edge', level: 1, at_us: rise_us },
    { op: 'edge', level: 0, at_us: rise_us + high_us },
  ])
}
