/** `npm run charts`, from its flags to its exit code. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { shippedCharts } from '../statecharts/device-charts.ts'
import { type ChartFiles, chartDrawings, chartFiles, chartsIndex } from '../visualizer/chart-files.ts'
import { type Finding, lintGraph } from '../visualizer/lint.ts'
import { readChart } from '../visualizer/read-machine.ts'
import { chartPageParts } from './chart-page-parts.ts'
import { chartsIn, type ImportedChart, NoCharts } from './imported-charts.ts'

export type ChartsStreams = { out: (text: string) => void; err: (text: string) => void }

const FOLDER = 'docs/charts'
const IMPORTED = 'statecharts/imported'
/** What the API tells of charts: it draws nothing itself. */
export const DRAWINGS = 'api/drawings.json'

/** 0: written, or nothing found. 1: findings. 2: it cannot be done as asked. */
export async function runCharts(argv: string[], streams: ChartsStreams): Promise<0 | 1 | 2> {
  const command = commandOf(streams)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
  const { out, check, also = [] } = command.opts<{ out: string; check?: true; also?: string[] }>()
  try {
    const imported = await allImported(also)
    return check ? checkAll(imported, streams) : await writeAll(out, imported, streams)
  } catch (error) {
    if (!(error instanceof NoCharts)) throw error
    streams.err(`charts: ${error.message}\n`)
    return 2
  }
}

/** Charts made from detector models have a folder of their own; `also` names others. */
async function allImported(also: readonly string[]): Promise<ImportedChart[]> {
  const folders = [...(existsSync(IMPORTED) ? [IMPORTED] : []), ...also]
  const all: ImportedChart[] = []
  for (const folder of folders) all.push(...(await chartsIn(folder)))
  const known = new Set(shippedCharts().map(({ id }) => id))
  // One that a device runs is drawn as that.
  const others = all.filter(({ chart }) => !known.has(chart.id))
  const twice = others.find(({ chart }, n) => others.findIndex((one) => one.chart.id === chart.id) !== n)
  if (twice) throw new NoCharts(`there are two charts ${twice.chart.id}: the second in ${twice.file}`)
  return others
}

const EXIT_CODES = '\nExit codes: 0 done, or nothing found; 1 --check found something; 2 it could not begin.'

function commandOf({ out, err }: ChartsStreams): Command {
  return new Command('npm run charts --')
    .description(
      'Writes each chart as a page to step it on, SVG, Mermaid, SCXML and JSON for Stately, or checks them.',
    )
    .option('--out <folder>', 'where to write', FOLDER)
    .option('--also <folder...>', 'charts of the files in a folder too, beside statecharts/imported')
    .option('--check', 'look for faults of the charts instead, and end with 1 where there are any')
    .helpOption('-h, --help', 'this text')
    .addHelpText('after', EXIT_CODES)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: (text) => err(text.replace(/^error: /, 'charts: ')) })
}

/** The API's drawings, of all charts that some device runs. */
export async function allDrawings(): Promise<string> {
  return chartDrawings(shippedCharts())
}

/** All files of all charts, by name. */
export async function allChartFiles(imported?: readonly ImportedChart[]): Promise<ChartFiles> {
  const shipped = shippedCharts()
  const others = imported ?? (await allImported([]))
  const charts = [...shipped, ...others.map(({ chart }) => chart)]
  const files: ChartFiles = { 'README.md': chartsIndex(charts.map(readChart)) }
  const page = await chartPageParts()
  for (const chart of shipped) Object.assign(files, await chartFiles(chart, page))
  for (const one of others) Object.assign(files, await chartFiles(one.chart, await chartPageParts([one])))
  return files
}

async function writeAll(
  folder: string,
  imported: readonly ImportedChart[],
  { out, err }: ChartsStreams,
): Promise<0 | 2> {
  const named = Object.entries(await allChartFiles(imported)).map(
    ([name, text]) => [join(folder, name), text] as const,
  )
  const files = folder === FOLDER ? [...named, [DRAWINGS, await allDrawings()] as const] : named
  try {
    mkdirSync(folder, { recursive: true })
    for (const [path, text] of files) {
      const changed = textAt(path) !== text
      if (changed) writeFileSync(path, text)
      out(`${changed ? 'written  ' : 'unchanged'} ${path}\n`)
    }
    return 0
  } catch (error) {
    err(`charts: ${folder} cannot be written: ${(error as Error).message}\n`)
    return 2
  }
}

function textAt(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function checkAll(imported: readonly ImportedChart[], { out }: ChartsStreams): 0 | 1 {
  const charts = [...shippedCharts(), ...imported.map(({ chart }) => chart)]
  const found = charts.flatMap((chart) => {
    const findings = lintGraph(readChart(chart), chart.acknowledged ?? [])
    out(`${chart.id}: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}\n`)
    return findings
  })
  for (const finding of found) out(`${line(finding)}\n`)
  return found.length === 0 ? 0 : 1
}

function line({ chart, rule, place, reason }: Finding): string {
  return `  ${rule} at ${chart} ${place}: ${reason}`
}
