/** `npm run import-detector` in this process, into a folder of the test's own, and the chart that came out of it. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach } from 'vitest'
import { chartName } from '../../iot-events/chart-code.ts'
import { kebab } from '../../iot-events/names.ts'
import { advance, advanceTime } from '../../statecharts/advance.ts'
import { type Chart, type ChartState, type Decision, statePath } from '../../statecharts/chart.ts'
import type { DetectorContext } from '../../statecharts/detector.ts'
import { runImportDetector } from '../../tools/import-detector-command.ts'

const ROOT = join(import.meta.dirname, '..', '..')

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotline-detector-'))
  // Packages are found from where a file stands.
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

export function importFolder(): string {
  return folder
}

export function put(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

export async function runImport(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  const streams = { out: (text: string) => out.push(text), err: (text: string) => err.push(text) }
  const code = await runImportDetector(argv, streams)
  return { code, out: out.join(''), err: err.join('') }
}

/** Imports a model and loads its chart; throws what the command said where it refuses. */
export async function imported(file: string, name: string): Promise<Chart> {
  const out = join(folder, 'out')
  const { code, err } = await runImport(file, '--out', out)
  if (code !== 0) throw new Error(err)
  const module = (await import(pathToFileURL(join(out, `${kebab(name)}.ts`)).href)) as Record<string, Chart>
  return module[chartName(name)] as Chart
}

/** A model of the test's own, of these states. */
export async function chartOf(
  states: unknown[],
  more: Record<string, unknown> = {},
  initialStateName = 'a',
): Promise<Chart> {
  const model = {
    detectorModelName: 'own',
    ...more,
    detectorModelDefinition: { states, initialStateName },
  }
  return imported(put('own.json', JSON.stringify(model)), 'own')
}

export function event(
  eventName: string,
  condition: string | null,
  actions: unknown[] = [],
  nextState?: string,
): Record<string, unknown> {
  return {
    eventName,
    ...(condition === null ? {} : { condition }),
    actions,
    ...(nextState === undefined ? {} : { nextState }),
  }
}

export function set(variableName: string, value: string): unknown {
  return { setVariable: { variableName, value } }
}

/** A chart on its way: seconds since the beginning, messages, and what was decided by each. */
export function detectorOf(chart: Chart) {
  let state: ChartState | null = null
  let decided: Decision[] = []
  const context = () => state?.context as DetectorContext
  return {
    says(at_s: number, input: string, message: unknown): void {
      ;({ state, decided } = advance(chart, state, { type: input, at: at_s * 1000, message }))
    },
    time(at_s: number): void {
      ;({ state, decided } = advanceTime(chart, state as ChartState, at_s * 1000))
    },
    /** The model's own state; null before the first message. */
    state: () => context().state,
    path: () => statePath((state as ChartState).value),
    variables: () => context().variables,
    taken: () => context().taken,
    /** What was decided by the last call: `sns heatOff`, with the time where a timer led to it. */
    decided: () =>
      decided.map(({ type, at, timer, data }) => {
        const target = String(data.targetArn ?? data.mqttTopic ?? data.functionArn ?? '')
        return `${type} ${target.split(/[:](?=[^:]*$)/).at(-1)}${timer === null ? '' : ` at ${at / 1000}`}`
      }),
    decisions: () => decided,
    /** Due times in seconds, of the chart's own timers. */
    timers: () => Object.values((state as ChartState).timers).map((due_at) => due_at / 1000),
  }
}
