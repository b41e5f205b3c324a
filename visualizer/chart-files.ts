/** Everything that is written of a chart, by file name. The same chart, the same bytes. */
import { chartPage, type PageParts } from './chart-page.ts'
import type { ChartGraph } from './graph.ts'
import { layOut } from './layout.ts'
import { mermaidOf } from './mermaid.ts'
import { pictureOf } from './picture.ts'
import { type ReadableChart, readChart } from './read-machine.ts'
import { scxmlOf } from './scxml.ts'
import { statelyOf } from './stately.ts'
import { svgOf } from './svg.ts'

export type ChartFiles = Record<string, string>

/** What the API tells of charts: by id, and what they are made of without their code. */
export async function chartDrawings(charts: readonly ReadableChart[]): Promise<string> {
  const drawn: Record<string, unknown> = {}
  for (const chart of charts) {
    const graph = readChart(chart)
    const { id, version, states, edges } = graph
    drawn[id] = { version, graph: { states, edges }, svg: svgOf(graph, await layOut(pictureOf(graph))) }
  }
  return `${JSON.stringify(drawn, null, 1)}\n`
}

export async function chartFiles(chart: ReadableChart, page: PageParts): Promise<ChartFiles> {
  const graph = readChart(chart)
  const svg = svgOf(graph, await layOut(pictureOf(graph)))
  return {
    [`${graph.id}.html`]: chartPage(graph, svg, page),
    [`${graph.id}.svg`]: svg,
    [`${graph.id}.mmd`]: mermaidOf(graph),
    [`${graph.id}.scxml`]: scxmlOf(graph),
    [`${graph.id}.stately.json`]: `${JSON.stringify(statelyOf(graph), null, 2)}\n`,
  }
}

/** The page that shows all of them. */
export function chartsIndex(graphs: readonly ChartGraph[]): string {
  const parts = graphs.map(({ id, version, states, edges }) => {
    const leaves = states.filter(({ kind }) => kind === 'atomic' || kind === 'final').length
    return [
      `## ${id}`,
      '',
      `Version ${version}: ${leaves} states, ${edges.length} edges. [Page to step it on](${id}.html), [SVG](${id}.svg), [Mermaid](${id}.mmd), [SCXML](${id}.scxml), [for Stately's editor](${id}.stately.json).`,
      '',
      `![${id}](${id}.svg)`,
      '',
    ].join('\n')
  })
  const head = [
    '# The charts',
    '',
    'Written by `npm run charts`; a test fails where they are not as the code is.',
    'The pages work from the file, without a network.',
    '',
  ]
  return `${[...head, ...parts].join('\n').trimEnd()}\n`
}
