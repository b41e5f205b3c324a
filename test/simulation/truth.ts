/** What the fleet knows of itself against what was found: every session with its energy, and every cycle. */
import type { StoreDump } from '../../adapters/store-tables.ts'
import type { Truth } from '../../firmware-model/fleet-event.ts'

/** A register is sent with four digits. */
const TOLERANCE_KWH = 1.5e-4

/** What goes on at the end of the truth, time may have ended since. */
const BY_TIME = new Set<unknown>(['timeout', 'fault'])

type Found = { device_id: string; started_at: number; ended_at: number | null }

/** The first thing that was not found as it was; null where all was. What is still on at the end is nobody's to say. */
export function falseToTruth(dump: StoreDump, truth: readonly Truth[]): string | null {
  const sessions = found(dump, 'session')
  const cycles = found(dump, 'cycle')
  for (const one of truth) {
    if (one.kind === 'violation') continue
    const same = (one.kind === 'session' ? sessions : cycles).get(nameOf(one))
    if (!same) return `not found: ${JSON.stringify(one)}`
    if (one.kind === 'session' && Math.abs(Number(same.energy_kwh) - one.energy_kwh) > TOLERANCE_KWH)
      return `${same.energy_kwh} kWh of ${JSON.stringify(one)}`
  }
  const ended = [...sessions.values(), ...cycles.values()].filter(({ ended_at }) => ended_at !== null)
  const known = new Set(truth.map(nameOf))
  const invented = ended.find((one) => !known.has(nameOf(one)) && !BY_TIME.has(one.end_reason))
  return invented ? `invented: ${JSON.stringify(invented)}` : null
}

function found({ summaries }: StoreDump, kind: 'session' | 'cycle') {
  const bodies = summaries.filter((one) => one.kind === kind && !one.retracted).map(({ body }) => body)
  return new Map(bodies.map((body) => [nameOf(body as Found), body as Found & Record<string, unknown>]))
}

function nameOf({ device_id, started_at, ended_at }: Found): string {
  return `${device_id} ${started_at} ${ended_at}`
}
