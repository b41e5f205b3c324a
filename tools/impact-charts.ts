/** The charts of two revisions beside each other: which differ, in words and drawn. */
import type { ChartImpact } from '../processors/impact-report.ts'
import { type ChartDiff, type Difference, diffCharts, isSame } from '../visualizer/chart-diff.ts'
import { diffSvgs } from '../visualizer/diff-picture.ts'
import type { ChartGraph } from '../visualizer/graph.ts'
import { layOut } from '../visualizer/layout.ts'
import { pictureOf } from '../visualizer/picture.ts'
import { svgOf } from '../visualizer/svg.ts'
import type { DrawnPair } from './impact-page.ts'

/** A chart by its id; null on the side that has none. */
export type ChartPair = {
  id: string
  before: ChartGraph | null
  after: ChartGraph | null
  diff: ChartDiff | null
}

type Drawn = { graph: ChartGraph }

/** In the order of what is, and then what was. */
export function pairCharts(before: readonly Drawn[], after: readonly Drawn[]): ChartPair[] {
  const ids = new Set([...after, ...before].map(({ graph }) => graph.id))
  const byId = (all: readonly Drawn[], id: string) => all.find(({ graph }) => graph.id === id)?.graph ?? null
  return [...ids].map((id) => {
    const [was, is] = [byId(before, id), byId(after, id)]
    return { id, before: was, after: is, diff: was && is && diffCharts(was, is) }
  })
}

export function chartImpact({ id, before, after, diff }: ChartPair): ChartImpact {
  return {
    id,
    before: before?.version ?? null,
    after: after?.version ?? null,
    differs: diff === null || !isSame(diff),
    lines: diff === null ? [] : linesOf(diff),
  }
}

export async function drawPair({ id, before, after, diff }: ChartPair): Promise<DrawnPair> {
  if (before && after && diff) return { id, ...(await diffSvgs(before, after, diff)) }
  const draw = async (graph: ChartGraph | null) => {
    if (graph === null) return null
    const mark = before === null ? 'added' : 'removed'
    const marks = new Map(
      [...graph.states.map(({ path }) => path), ...graph.edges.map(({ id }) => id)].map(
        (name) => [name, mark] as const,
      ),
    )
    return svgOf(graph, await layOut(pictureOf(graph)), { marks, ids: `${id}-` })
  }
  return { id, before: await draw(before), after: await draw(after) }
}

const SIGN = { added: '+', removed: '-', changed: '~' } as const
/** Code is long, and only that it differs can be said in a line. */
const MOST_CHARACTERS = 60

function linesOf(diff: ChartDiff): string[] {
  const { states, edges, guards, actions, delays, context } = diff
  const kinds = [
    ['state', states],
    ['edge', edges],
    ['guard', guards],
    ['action', actions],
    ['delay', delays],
    ['context', context],
  ] as const
  return kinds.flatMap(([kind, all]) => all.map((one) => lineOf(kind, one)))
}

function lineOf(kind: string, { mark, before, after, fields }: Difference): string {
  const name =
    before !== null && after !== null && before !== after ? `${before} → ${after}` : (after ?? before)
  const details = tellingOf(fields).map(fieldText)
  return `${SIGN[mark]} ${kind} ${name}${details.length > 0 ? `: ${details.join('; ')}` : ''}`
}

type Field = Difference['fields'][number]

/** A number says more than its code, and the code more than what kind of thing it is. */
function tellingOf(fields: readonly Field[]): readonly Field[] {
  const number = fields.find(
    ({ field, before, after }) => field === 'value_ms' && !`${before}${after}`.includes('null'),
  )
  if (number) return [number]
  const code = fields.find(({ field }) => field === 'code')
  return code ? [code] : fields
}

function fieldText({ field, before, after }: Field): string {
  const own = field.replace(/_code$/, '')
  if (own !== field) return `what its ${own} stands for differs`
  if (field === 'value_ms') return `${before} ms → ${after} ms`
  if (Math.max(before.length, after.length) > MOST_CHARACTERS) return `${field} differs`
  return `${field} ${before || 'none'} → ${after || 'none'}`
}
