/** `npm run impact`, from its flags to its exit code. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CheckedOut, checkOut, NoRevision } from '../adapters/git-revision.ts'
import type { DeviceImpact } from '../processors/impact-compare.ts'
import { hasImpact, type ImpactReport, impactLines, impactReport } from '../processors/impact-report.ts'
import { count } from '../processors/replay-report.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { isSame } from '../visualizer/chart-diff.ts'
import { impactPageParts } from './chart-page-parts.ts'
import { type ChartPair, chartImpact, drawPair, pairCharts } from './impact-charts.ts'
import { chooseExamples, makeExamples } from './impact-examples.ts'
import { foldImpact, type Side } from './impact-fold.ts'
import { type ImpactOptions, parseImpactOptions } from './impact-options.ts'
import { type DrawnPair, impactPage } from './impact-page.ts'
import { FOLD, loadRevision, type RevisionCode, RevisionRefused } from './impact-revision.ts'
import { BadFlags, HelpAsked } from './import-options.ts'
import { createBars, type ReplayStreams } from './replay-output.ts'
import { placeText } from './replay-places.ts'
import { marginText, rangeText } from './replay-range-text.ts'
import { changedSources, sourcesFrom } from './source-files.ts'

const ROOT = join(import.meta.dirname, '..')
const WORKING_TREE = 'the working tree'

/** 0: nothing differs. 1: something does. 2: it failed, or could not begin. Rejects for a bug only. */
export async function runImpact(argv: string[], streams: ReplayStreams): Promise<0 | 1 | 2> {
  try {
    const options = parseImpactOptions(argv, (text) => void streams.out.write(text))
    const base = await checkOut(ROOT, options.base)
    try {
      return await compareRevisions(options, base, streams)
    } finally {
      base.remove()
    }
  } catch (error) {
    if (error instanceof HelpAsked) return 0
    const known = [BadFlags, NoRevision, RevisionRefused, SourceRefused].some((kind) => error instanceof kind)
    if (!known && typeof (error as NodeJS.ErrnoException | null)?.syscall !== 'string') throw error
    const help = error instanceof BadFlags ? ' (--help says which flags there are)' : ''
    streams.err(`impact: ${(error as Error).message}${help}\n`)
    return 2
  }
}

async function compareRevisions(
  options: ImpactOptions,
  base: CheckedOut,
  streams: ReplayStreams,
): Promise<0 | 1 | 2> {
  const before: Side = { root: base.folder, name: options.base }
  const after: Side = { root: ROOT, name: WORKING_TREE }
  const was = await loadRevision(before.root, before.name)
  const is = await loadRevision(after.root, after.name)
  const changed_files = changedSources(sourcesFrom(before.root, FOLD), sourcesFrom(after.root, FOLD))
  const pairs = pairCharts(was.charts, is.charts)
  const folded = await fold(options, changed_files.length > 0 ? before : null, after, streams)
  const report = impactReport(folded.impacts, options.range, {
    base: { revision: options.base, commit: base.commit },
    changed_files,
    charts: pairs.map(chartImpact),
    records: folded.records,
    refused: folded.refused,
  })
  if (options.out !== null) {
    await writePage({ options, report, pairs, before: was, after: is }, streams)
    if (streams.tty) streams.err(`the page is ${options.out}\n`)
  }
  await tell(options, report, streams)
  return hasImpact(report) ? 1 : 0
}

type Compared = {
  options: ImpactOptions
  report: ImpactReport
  pairs: readonly ChartPair[]
  before: RevisionCode
  after: RevisionCode
}

/** Drawn are the charts that differ, and those that something can be clicked through on. */
async function writePage(
  { options, report, pairs, before, after }: Compared,
  { tty }: ReplayStreams,
): Promise<void> {
  const chosen = chooseExamples(report, options.examples)
  const bars = createBars(tty, () => performance.now())
  const examples = await makeExamples(chosen, options, before, after, (read, total, records) =>
    bars.set('examples', read, total, records),
  ).finally(bars.end)
  const shown = pairs.filter(
    ({ id, diff }) => diff === null || !isSame(diff) || examples.some(({ chart }) => chart === id),
  )
  const drawn: DrawnPair[] = []
  for (const pair of shown) drawn.push(await drawPair(pair))
  await writeFile(options.out ?? '', impactPage(report, drawn, examples, await impactPageParts()))
}

async function fold(options: ImpactOptions, before: Side | null, after: Side, streams: ReplayStreams) {
  const { source, range, threads } = options
  const impacts: DeviceImpact[] = []
  const poison = new Set<string>()
  const bars = createBars(streams.tty, () => performance.now())
  try {
    const figures = await foldImpact(
      { source, until: null, range, before, after },
      threads,
      {
        onPoison: ({ position }) => void poison.add(position),
        onRead: (share, read, total, records) => bars.set(`thread ${share + 1}`, read, total, records),
      },
      (impact) => void impacts.push(impact),
    )
    if (!figures.in_range) throw new SourceRefused(nothingOf(options))
    return { impacts, ...figures }
  } finally {
    bars.end()
    if (poison.size > 0)
      streams.err(`impact: ${count(poison.size)} records could not be read, and are left out\n`)
  }
}

function nothingOf(options: ImpactOptions): string {
  const late = marginText(options.range)
  return `${placeOf(options)} holds nothing ${rangeText(options.range)}${late === '' ? '' : `: ${late}`}`
}

function placeOf({ source }: ImpactOptions): string {
  if (source.kind === 'file') return `the file ${source.path}`
  return source.kind === 'archive' ? `the archive in ${placeText(source.where)}` : `the ${source.kind} given`
}

async function tell({ json }: ImpactOptions, report: ImpactReport, streams: ReplayStreams): Promise<void> {
  const text = `${JSON.stringify(report, null, 1)}\n`
  if (json !== null && json !== '-') await writeFile(json, text)
  streams.out.write(json === '-' ? text : `${impactLines(report).join('\n')}\n`)
}
