/** `npm run charts`, from its flags to its exit code. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { shippedCharts } from '../statecharts/device-charts.ts'
import { type ChartFiles, chartDrawings, chartFiles, chartsIndex } from '../visualizer/chart-files.ts'
import { type Finding, lintGraph } from '../visualizer/lint.ts'
import { readChart } from '../visualizer/read-machine.ts'
import { chartPageParts } from './chart-page-parts.ts'

export type ChartsStreams = { out: (text: string) => void; err: (text: string) => void }

const FOLDER = 'docs/charts'
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
  const { out, check } = command.opts<{ out: string; check?: true }>()
  return check ? checkAll(streams) : writeAll(out, streams)
}

function commandOf({ out, err }: ChartsStreams): Command {
  return new Command('npm run charts --')
    .description(
      'Writes each chart as a page to step it on, SVG, Mermaid, SCXML and JSON for Stately, or checks them.',
    )
    .option('--out <folder>', 'where to write', FOLDER)
    .option('--check', 'look for faults of the charts instead, and end with 1 where there are any')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: (text) => err(text.replace(/^error: /, 'charts: ')) })
}

/** The API's drawings. */
export async function allDrawings(): Promise<string> {
  return chartDrawings(shippedCharts())
}

/** All files of all shipped charts, by name. */
export async function allChartFiles(): Promise<ChartFiles> {
  const charts = shippedCharts()
  const files: ChartFiles = { 'README.md': chartsIndex(charts.map(readChart)) }
  const page = await chartPageParts()
  for (const chart of charts) Object.assign(files, await chartFiles(chart, page))
  return files
}

async function writeAll(folder: string, { out, err }: ChartsStreams): Promise<0 | 2> {
  const named = Object.entries(await allChartFiles()).map(
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

function checkAll({ out }: ChartsStreams): 0 | 1 {
  const found = shippedCharts().flatMap((chart) => {
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
