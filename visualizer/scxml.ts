/** A graph as SCXML (W3C): states, transitions, timers as delayed events. Guards and actions are named, not spelt out. */
import {
  type ChartGraph,
  childrenOf,
  type GraphAction,
  type GraphEdge,
  type GraphState,
  stateAt,
  triggerText,
} from './graph.ts'
import { escapeXml } from './svg-text.ts'

const SCXML = 'http://www.w3.org/2005/07/scxml'
/** Of the elements that name an action; what it does is in the chart's code. */
const OURS = 'urn:pilotline:chart'

export function scxmlOf(graph: ChartGraph): string {
  const root = stateAt(graph, '')
  const initial = root.initial === null ? '' : ` initial="${escapeXml(root.initial)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="${SCXML}" xmlns:chart="${OURS}" version="1.0" name="${escapeXml(graph.id)}"${initial}>`,
    ...insideOf(graph, root, '  '),
    '</scxml>',
    '',
  ].join('\n')
}

function insideOf(graph: ChartGraph, state: GraphState, indent: string): string[] {
  const timers = state.timers.map((delay) => ({ delay, event: timerEvent(state, delay) }))
  return [
    ...block(
      'onentry',
      [
        ...state.entry.flatMap(actionLines),
        ...timers.map(
          ({ delay, event }) =>
            `<send id="${event}" event="${event}" delayexpr="${escapeXml(String(delay))}"/>`,
        ),
      ],
      indent,
    ),
    ...block(
      'onexit',
      [...state.exit.flatMap(actionLines), ...timers.map(({ event }) => `<cancel sendid="${event}"/>`)],
      indent,
    ),
    ...graph.edges
      .filter(({ source }) => source === state.path)
      .flatMap((edge) => transition(state, edge, indent)),
    ...childrenOf(graph, state.path).flatMap((child) => stateLines(graph, child, indent)),
  ]
}

function stateLines(graph: ChartGraph, state: GraphState, indent: string): string[] {
  const name = state.kind === 'final' || state.kind === 'parallel' ? state.kind : 'state'
  const initial = state.initial === null ? '' : ` initial="${escapeXml(state.initial)}"`
  const inside = insideOf(graph, state, `${indent}  `)
  const head = `${indent}<${name} id="${escapeXml(state.path)}"${initial}`
  return inside.length === 0 ? [`${head}/>`] : [`${head}>`, ...inside, `${indent}</${name}>`]
}

function transition(state: GraphState, edge: GraphEdge, indent: string): string[] {
  const { trigger, guard, target, reenter, actions } = edge
  const event =
    trigger.kind === 'after'
      ? timerEvent(state, trigger.delay)
      : trigger.kind === 'done'
        ? `done.state.${state.path}`
        : triggerText(trigger)
  const attributes = [
    ...(trigger.kind === 'always' ? [] : [`event="${escapeXml(event)}"`]),
    ...(guard ? [`cond="${escapeXml(guard.text)}"`] : []),
    ...(target === null ? [] : [`target="${escapeXml(target)}"`]),
    // SCXML leaves and enters a state that is its own target unless it is told not to.
    ...(target !== null && !reenter ? ['type="internal"'] : []),
  ]
  const head = `${indent}<transition ${attributes.join(' ')}`
  if (actions.length === 0) return [`${head}/>`]
  return [
    `${head}>`,
    ...actions.flatMap(actionLines).map((line) => `${indent}  ${line}`),
    `${indent}</transition>`,
  ]
}

function actionLines({ name, params, kind, event }: GraphAction): string[] {
  if (kind === 'raise' && event !== null) return [`<raise event="${escapeXml(event)}"/>`]
  const given = params ? ` params="${escapeXml(JSON.stringify(params))}"` : ''
  const decides = kind === 'emit' && event !== null ? ` decides="${escapeXml(event)}"` : ''
  return [`<chart:action name="${escapeXml(name)}"${given}${decides}/>`]
}

function block(name: string, lines: string[], indent: string): string[] {
  if (lines.length === 0) return []
  return [`${indent}<${name}>`, ...lines.map((line) => `${indent}  ${line}`), `${indent}</${name}>`]
}

function timerEvent({ path }: GraphState, delay: string | number): string {
  return escapeXml(`after.${delay}.${path || 'chart'}`)
}
