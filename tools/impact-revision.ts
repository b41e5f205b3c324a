/**
 * The code of a revision, loaded from its own sources. What is asked of it is a contract with every older revision:
 *
 * - `processors/replay-fold.ts`: `foldRecords(options, tell)`, which folds a source's records to `FoldedDevice`s
 * - `statecharts/device-charts.ts`: `CHARTED_TYPES` and `chartsOf(device_type)`
 * - `visualizer/recorded.ts` and `visualizer/stepper.ts`: `readRecorded`, `newStepper`, `moveAll`; without them nothing can
 *   be clicked through, and all else is told
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DeviceType } from '../events/event.ts'
import type { FoldRecords } from '../processors/impact-fold.ts'
import type { Chart } from '../statecharts/chart.ts'
import type { ChartInstance } from '../statecharts/device-charts.ts'
import type { ChartGraph } from '../visualizer/graph.ts'
import { wordFindings } from '../visualizer/lint-words.ts'
import { readChart } from '../visualizer/read-machine.ts'
import type { readRecorded } from '../visualizer/recorded.ts'
import type { moveAll, newStepper } from '../visualizer/stepper.ts'
import { reasonOf } from './error-line.ts'

/** One line for a person: the revision cannot be folded. */
export class RevisionRefused extends Error {}

export type Stepping = {
  readRecorded: typeof readRecorded
  newStepper: typeof newStepper
  moveAll: typeof moveAll
}

export type RevisionCode = {
  types: readonly DeviceType[]
  chartsOf: (device_type: DeviceType) => readonly ChartInstance[]
  /** Each chart once. */
  charts: { chart: Chart; graph: ChartGraph }[]
  /** null: it is older than stepping. */
  stepping: Stepping | null
}

export const FOLD = 'processors/replay-fold.ts'
const CHARTS = 'statecharts/device-charts.ts'
const STEPPER = 'visualizer/stepper.ts'
const RECORDED = 'visualizer/recorded.ts'

/** `name` is what people call the revision. @throws RevisionRefused */
export async function loadRevision(root: string, name: string): Promise<RevisionCode> {
  await loadFold(root, name)
  const registry = await load<Pick<RevisionCode, 'chartsOf'> & { CHARTED_TYPES: readonly DeviceType[] }>(
    { root, path: CHARTS, name },
    ['chartsOf', 'CHARTED_TYPES'],
  )
  const { chartsOf, CHARTED_TYPES: types } = registry
  const known = new Map(types.flatMap((type) => chartsOf(type)).map(({ chart }) => [chart.id, chart]))
  const charts = [...known.values()].map((chart) => ({ chart, graph: graphOf(chart, name) }))
  return { types, chartsOf, charts, stepping: await loadStepping(root) }
}

/** @throws RevisionRefused */
export async function loadFold(root: string, name: string): Promise<FoldRecords> {
  const at = { root, path: FOLD, name }
  return (await load<{ foldRecords: FoldRecords }>(at, ['foldRecords'])).foldRecords
}

async function loadStepping(root: string): Promise<Stepping | null> {
  if (![STEPPER, RECORDED].every((path) => existsSync(join(root, path)))) return null
  const [stepper, recorded] = await Promise.all([STEPPER, RECORDED].map((path) => importFile(root, path)))
  return { ...stepper, ...recorded } as Stepping
}

type At = { root: string; path: string; name: string }

async function load<Exports>({ root, path, name }: At, names: string[]): Promise<Exports> {
  const gone = `${name} cannot be folded: it is older than`
  if (!existsSync(join(root, path))) throw new RevisionRefused(`${gone} ${path}`)
  let found: Record<string, unknown>
  try {
    found = await importFile(root, path)
  } catch (error) {
    throw new RevisionRefused(`the charts of ${name} do not compile: ${reasonOf(error, root)}`, {
      cause: error,
    })
  }
  for (const one of names)
    if (found[one] === undefined) throw new RevisionRefused(`${gone} ${one} of ${path}`)
  return found as Exports
}

async function importFile(root: string, path: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>
}

/** Words that are nowhere: xstate notices only when they are needed. */
const BROKEN = new Set(['missing-action', 'missing-guard', 'unknown-delay'])

function graphOf(chart: Chart, name: string): ChartGraph {
  const refuse = (what: string) =>
    new RevisionRefused(`the charts of ${name} do not compile: ${chart.id}: ${what}`)
  let graph: ChartGraph
  try {
    graph = readChart(chart)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  const broken = wordFindings(graph).find(({ rule }) => BROKEN.has(rule))
  if (broken) throw refuse(`${broken.rule} at ${broken.place}: ${broken.reason}`)
  return graph
}
