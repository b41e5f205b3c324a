/** The recorded traces of the reference firmware, as text and as steps. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type EvseWiring, evseConfig } from '../../firmware-model/evse-config.ts'
import { type EvseInput, type EvseOutput, newEvseDevice, step } from '../../firmware-model/evse-device.ts'
import type { QuirkChoice } from '../../firmware-model/quirks.ts'
import {
  type GateInput,
  type GateOutput,
  type SafetyGate,
  stepGate,
} from '../../firmware-model/safety-gate.ts'
import type { Chart } from '../../statecharts/chart.ts'
import { evseSession } from '../../statecharts/evse-session.ts'

export type EvseTrace = {
  kind: 'evse'
  id: number
  config: EvseWiring
  steps: { in: EvseInput; out?: Record<string, unknown> }[]
}
export type GateTrace = { kind: 'safety_gate'; id: number; steps: { in: GateInput; out: GateOutput }[] }

export function readTraces(file: string): (EvseTrace | GateTrace)[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

/** A step where model and trace differ. */
export type Difference = { step: number; input: unknown; recorded: unknown; modelled: unknown }

/** Every step of a trace through the model: what comes out otherwise than recorded. */
export function runEvseTrace(
  trace: EvseTrace,
  given: { quirks?: QuirkChoice; chart?: Chart } = {},
): Difference[] {
  let device = newEvseDevice(evseConfig({ ...trace.config, quirks: given.quirks ?? 'reference' }))
  const differences: Difference[] = []
  trace.steps.forEach(({ in: input, out: recorded }, index) => {
    const stepped = step(device, input, given.chart ?? evseSession)
    device = stepped.device
    const modelled = asRecorded(stepped.outputs)
    if (!sameOutput(recorded, modelled)) differences.push({ step: index, input, recorded, modelled })
  })
  return differences
}

export function runGateTrace(trace: GateTrace): Difference[] {
  let gate: SafetyGate | null = null
  const differences: Difference[] = []
  trace.steps.forEach(({ in: input, out: recorded }, index) => {
    const stepped = stepGate(gate, input)
    gate = stepped.gate
    if (!sameOutput(recorded, stepped.output))
      differences.push({ step: index, input, recorded, modelled: stepped.output })
  })
  return differences
}

/** A step's outputs in the recorder's shape. */
function asRecorded(outputs: EvseOutput[]): Record<string, unknown> | undefined {
  const [first, ...others] = outputs
  if (!first) return undefined
  if (first.kind === 'booted') return { boot: true }
  if (first.kind === 'synced') return { synced: true, time_anomaly: first.time_anomaly }
  if (first.kind !== 'sampled') return { unexpected: first }
  const { kind: _, ...sample } = first
  const sent = others.filter((output) => output.kind === 'sent')
  const recorded: Record<string, unknown> = { ...sample }
  if (sent.length > 0) recorded.payload = sent.map(({ payload }) => payload).join('\n')
  return recorded
}

/** The recorder rounded its numbers; everything else, the payload's bytes above all, is to be identical. */
const ROUNDED_TO: Record<string, number> = { energy_kwh: 1e-6, pwm_duty_cycle: 1e-4, current_draw: 1e-4 }

function sameOutput(recorded: object | undefined, modelled: object | undefined): boolean {
  if (!recorded || !modelled) return recorded === modelled
  const [a, b] = [new Map(Object.entries(recorded)), new Map(Object.entries(modelled))]
  return a.size === b.size && [...a].every(([name, value]) => sameValue(name, value, b.get(name)))
}

function sameValue(name: string, recorded: unknown, modelled: unknown): boolean {
  const within = ROUNDED_TO[name]
  if (within === undefined || typeof recorded !== 'number' || typeof modelled !== 'number')
    return recorded === modelled
  return Math.abs(recorded - modelled) <= within
}
