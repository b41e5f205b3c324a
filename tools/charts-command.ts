/** `npm run charts`, from its flags to its exit code. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { shippedCharts } from '../statecharts/device-charts.ts'
import { type ChartFiles, chartFiles, chartsIndex } from '../visualizer/chart-files.ts'
import { type Finding, lintGraph } from '../visualizer/lint.ts'
import { readChart } from '../visualizer/read-machine.ts'

export type ChartsStreams = { out: (text: string) => void; err: (text: string) => void }

const FOLDER = 'docs/charts'

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
    .description('Writes each chart as SVG, Mermaid, SCXML and JSON for Stately, or checks them.')
    .option('--out <folder>', 'where to write', FOLDER)
    .option('--check', 'look for faults of the charts instead, and end with 1 where there are any')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: (text) => err(text.replace(/^error: /, 'charts: ')) })
}

/** All files of all shipped charts, by name. */
export async function allChartFiles(): Promise<ChartFiles> {
  const charts = shippedCharts()
  const files: ChartFiles = { 'README.md': chartsIndex(charts.map(readChart)) }
  for (const chart of charts) Object.assign(files, await chartFiles(chart))
  return files
}

async function writeAll(folder: string, { out, err }: ChartsStreams): Promise<0 | 2> {
  const files = await allChartFiles()
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) {
      const changed = textAt(join(folder, name)) !== text
      if (changed) writeFileSync(join(folder, name), text)
      out(`${changed ? 'written  ' : 'unchanged'} ${join(folder, name)}\n`)
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
