/** Everything that is written of a chart, by file name. The same chart, the same bytes. */
import type { ChartGraph } from './graph.ts'
import { layOut } from './layout.ts'
import { mermaidOf } from './mermaid.ts'
import { pictureOf } from './picture.ts'
import { type ReadableChart, readChart } from './read-machine.ts'
import { scxmlOf } from './scxml.ts'
import { statelyOf } from './stately.ts'
import { svgOf } from './svg.ts'

export type ChartFiles = Record<string, string>

export async function chartFiles(chart: ReadableChart): Promise<ChartFiles> {
  const graph = readChart(chart)
  const svg = svgOf(graph, await layOut(pictureOf(graph)))
  return {
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
      `Version ${version}: ${leaves} states, ${edges.length} edges. [SVG](${id}.svg), [Mermaid](${id}.mmd), [SCXML](${id}.scxml), [for Stately's editor](${id}.stately.json).`,
      '',
      `![${id}](${id}.svg)`,
      '',
    ].join('\n')
  })
  const head = [
    '# The charts',
    '',
    'Written by `npm run charts`; a test fails where they are not as the code is.',
    '',
  ]
  return `${[...head, ...parts].join('\n').trimEnd()}\n`
}
