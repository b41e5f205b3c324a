/** A graph in Mermaid's words, for pages that draw it themselves. */
import {
  type ChartGraph,
  childrenOf,
  type GraphAction,
  type GraphEdge,
  paramsText,
  triggerText,
} from './graph.ts'

/** A `stateDiagram-v2`. Mermaid's ids may hold letters, digits and underscores alone, so states are declared with their names. */
export function mermaidOf(graph: ChartGraph): string {
  const lines = ['stateDiagram-v2', '  direction LR', ...inside(graph, '', '  ')]
  for (const edge of graph.edges) lines.push(`  ${arrowOf(graph, edge)}`)
  return `${lines.join('\n')}\n`
}

function inside(graph: ChartGraph, path: string, indent: string): string[] {
  const initial = graph.states.find((state) => state.path === path)?.initial
  const first = initial ? [`${indent}[*] --> ${idOf(initial)}`] : []
  return [
    ...first,
    ...childrenOf(graph, path).flatMap((state) => stateLines(graph, state.path, state.key, indent)),
  ]
}

function stateLines(graph: ChartGraph, path: string, key: string, indent: string): string[] {
  const children = childrenOf(graph, path)
  if (children.length === 0) return [`${indent}state "${key}" as ${idOf(path)}`]
  return [`${indent}state "${key}" as ${idOf(path)} {`, ...inside(graph, path, `${indent}  `), `${indent}}`]
}

function arrowOf({ id: chart }: ChartGraph, { source, target, trigger, guard, actions }: GraphEdge): string {
  const words = [
    triggerText(trigger),
    ...(guard ? [`[${guard.text}]`] : []),
    ...(actions.length > 0 ? [`/ ${actions.map(actionText).join(', ')}`] : []),
  ]
  const from = source === '' ? idOf(chart) : idOf(source)
  // A colon ends the label's beginning, and a semicolon the line.
  const label = words.join(' ').replace(/[:;#]/g, (sign) => `#${sign.codePointAt(0)};`)
  return `${from} --> ${target === null ? from : idOf(target)} : ${label}`
}

function actionText({ name, params, kind, event }: GraphAction): string {
  const given = params ? `(${paramsText(params)})` : ''
  return kind === 'emit' ? `▸${event ?? name}${given}` : name + given
}

function idOf(path: string): string {
  return path.replace(/\W/g, '_')
}
