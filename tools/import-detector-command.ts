/** The import of a detector model: read, translate, write the chart, walk it, write its tests. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chartCode, chartName } from '../iot-events/chart-code.ts'
import { type DetectorModel, Untranslatable } from '../iot-events/model.ts'
import { kebab } from '../iot-events/names.ts'
import { type Plan, planChart } from '../iot-events/plan.ts'
import { readModel } from '../iot-events/read-model.ts'
import { testCode } from '../iot-events/test-code.ts'
import { rulesOf, walkRules } from '../iot-events/walk.ts'
import type { Chart } from '../statecharts/chart.ts'
import type { Detector } from '../statecharts/detector.ts'
import { lintImported } from './import-detector-lint.ts'
import {
  BadDetectorFlags,
  DetectorHelpAsked,
  type ImportDetectorOptions,
  parseImportDetectorOptions,
} from './import-detector-options.ts'
import { reasonOf } from './import-file.ts'

type Streams = { out: (text: string) => void; err: (text: string) => void }

const ROOT = join(import.meta.dirname, '..')
const BIOME = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')

/** A file that has been loaded stays loaded under its name. */
let tries = 0

/** The command cannot be followed; each message is a line for a person. */
class Refused extends Error {}

/** The exit code. */
export async function runImportDetector(argv: string[], { out, err }: Streams): Promise<number> {
  try {
    const options = parseImportDetectorOptions(argv, ROOT, out)
    await importDetector(options, out)
    return 0
  } catch (error) {
    if (error instanceof DetectorHelpAsked) return 0
    if (error instanceof BadDetectorFlags || error instanceof Refused) {
      err(`${error.message}\n`)
      return 2
    }
    throw error
  }
}

async function importDetector(options: ImportDetectorOptions, out: Streams['out']): Promise<void> {
  const { file, chart_folder, test_folder, force } = options
  const { model, notes, plan } = translate(file)
  const id = kebab(model.name)
  const chart_file = join(chart_folder, `${id}.ts`)
  const test_file = join(test_folder, `${id}.test.ts`)
  const from = {
    statecharts: reached(chart_folder, 'statecharts'),
    xstate: packageFrom(chart_folder, 'xstate', 'xstate/dist/xstate.cjs.mjs'),
  }
  const { chart, detector } = await tried(chart_folder, model.name, chartCode(plan, from))
  const { rules: walks, endless } = walkRules(chart, detector, plan.mentioned)
  const { acknowledged, others } = lintImported(chart, endless)
  write(chart_file, formatted(chartCode(plan, from, acknowledged)), force)
  const places = {
    chart: `${slashed(relative(test_folder, chart_folder)) || '.'}/${id}.ts`.replace(/^(?!\.)/, './'),
    statecharts: reached(test_folder, 'statecharts'),
    vitest: packageFrom(test_folder, 'vitest', 'vitest/dist/index.js'),
    walk: `${reached(test_folder, 'iot-events')}/walk.ts`,
  }
  write(test_file, formatted(testCode(detector, walks, places)), force)
  for (const note of notes) out(`note: ${note}\n`)
  for (const state of endless)
    out(
      `note: ${state}: its timers start again without a message between; docs/import-detector.md says what of it\n`,
    )
  // Cycles of timers have been told by their states.
  for (const { rule, place, reason } of others.filter(({ rule }) => rule !== 'timer-cycle'))
    out(`note: ${rule} at ${place}: ${reason}\n`)
  const rules = rulesOf(detector)
  for (const rule of rules.filter((one) => !walks.has(one)))
    out(`note: ${rule}: no series of messages was found that makes it hold; its test is left to write\n`)
  out(`${model.name}: ${model.states.length} states, ${rules.length} rules, ${walks.size} of them walked\n`)
  out(`  ${slashed(relative('.', chart_file))}\n  ${slashed(relative('.', test_file))}\n`)
}

/** The chart as its code makes it, from a file beside where it will stand, so that it finds what it imports. */
async function tried(
  folder: string,
  name: string,
  code: string,
): Promise<{ chart: Chart; detector: Detector }> {
  const path = join(folder, `${kebab(name)}.${process.pid}-${++tries}.ts`)
  put(path, code)
  try {
    const made = (await import(pathToFileURL(path).href)) as Record<string, unknown>
    return { chart: made[chartName(name)] as Chart, detector: made.detector as Detector }
  } finally {
    rmSync(path)
  }
}

function translate(file: string): { model: DetectorModel; notes: string[]; plan: Plan } {
  const document = readJson(file)
  try {
    const { model, notes } = readModel(document, basename(file).replace(/\.json$/i, ''))
    return { model, notes, plan: planChart(model) }
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    throw new Refused(error.reasons.map((reason) => `${file}: ${reason}`).join('\n'))
  }
}

function readJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refused(`${file}: cannot be read: ${reasonOf(error)}`)
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Refused(`${file}: is not JSON (${(error as Error).message.replace(/\s+/g, ' ')})`)
  }
}

/** As the project's own formatter and linter want it. */
function formatted(code: string): string {
  const args = [BIOME, 'check', '--write', '--stdin-file-path', join('statecharts', 'imported', 'chart.ts')]
  const run = spawnSync(process.execPath, args, { cwd: ROOT, input: code, encoding: 'utf8' })
  if (run.status !== 0 || run.stdout === '')
    throw new Error(`the chart is not in order: ${run.stderr}\n${code}`)
  return run.stdout
}

function write(path: string, code: string, force: boolean): void {
  if (!force && existsSync(path) && readFileSync(path, 'utf8') !== code)
    throw new Refused(`${path}: holds something else; --force writes over it`)
  put(path, code)
}

function put(path: string, code: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  } catch (error) {
    throw new Refused(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** By its name where that is found; from a folder outside of the project, the project's own copy. */
function packageFrom(folder: string, name: string, file: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', name))) return name
    if (at === dirname(at)) return reached(folder, `node_modules/${file}`)
  }
}

function reached(from: string, folder: string): string {
  const path = slashed(relative(from, join(ROOT, folder)))
  return path.startsWith('.') ? path : `./${path}`
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}
