/** Charts that no device runs yet: those of the files in a folder, as `npm run import-detector` writes them. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Chart } from '../statecharts/chart.ts'
import { reasonOf } from './error-line.ts'

/** `name` is what the file exports it as. */
export type ImportedChart = { chart: Chart; file: string; name: string }

/** One line for a person: the folder or a file in it is not what it should be. */
export class NoCharts extends Error {}

/** In the order of their files. @throws NoCharts */
export async function chartsIn(folder: string): Promise<ImportedChart[]> {
  const root = resolve(folder)
  if (!existsSync(root)) throw new NoCharts(`there is no folder ${folder}`)
  const files = readdirSync(root).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const all: ImportedChart[] = []
  for (const file of files.sort()) all.push(...(await chartsOfFile(join(root, file), root)))
  return all
}

async function chartsOfFile(file: string, root: string): Promise<ImportedChart[]> {
  try {
    const made = (await import(pathToFileURL(file).href)) as Record<string, unknown>
    return Object.entries(made).flatMap(([name, chart]) => (isChart(chart) ? [{ chart, file, name }] : []))
  } catch (error) {
    throw new NoCharts(`${file} does not compile: ${reasonOf(error, root)}`, { cause: error })
  }
}

function isChart(value: unknown): value is Chart {
  const { id, version, machine, quiescent } = (value ?? {}) as Partial<Chart>
  return typeof id === 'string' && typeof version === 'number' && !!machine && Array.isArray(quiescent)
}
