/** A graph → what is to be drawn: boxes in boxes and arrows between them, each with its words and its size. No places yet. */
import { type ChartGraph, childrenOf, type GraphEdge, type GraphState, isInside, stateAt } from './graph.ts'
import { textWidth } from './text-width.ts'
import { type Block, blockOf, ownRow, type Row, rowsOf } from './words.ts'

/** `any` is where the edges begin that lead from a state to one inside it, from wherever in it the chart is. */
export type Box = {
  id: string
  kind: 'state' | 'any' | 'initial'
  /** The state that it is, or that it belongs to. */
  state: GraphState
  title: string
  title_px: number
  block: Block
  /** Of a box without boxes in it; others grow around theirs, below a head of `head_px`. */
  width_px: number
  height_px: number
  head_px: number
  inside: Box[]
}

export type Arrow = { id: string; from: string; to: string; block: Block }
export type Picture = { graph: ChartGraph; boxes: Box[]; arrows: Arrow[] }

export const TITLE_PX = 14
export const HEAD_PX = 30
export const PADDING_PX = 12
const BOX_TEXT_PX = 250
const LABEL_TEXT_PX = 215
const LEAST_WIDTH_PX = 110
const ANY_PX = { width: 78, height: 24 }
const INITIAL_PX = 12
export const AT_REST = 'at rest'
export const SMALL_PX = 11
const AT_REST_PX = textWidth(AT_REST, SMALL_PX, 'regular') + 12

/** Edges that stay where they are, written in the box of their state. */
export function staysInside({ source, target }: GraphEdge): boolean {
  return target === null || target === source
}

export function pictureOf(graph: ChartGraph): Picture {
  const top = childrenOf(graph, '')
  const root = stateAt(graph, '')
  const own = rowsOfState(graph, root)
  const boxes = [...initialBox(root), ...anyBox(graph, root), ...top.map((state) => boxOf(graph, state))]
  if (own.length > 0 || top.length === 0)
    return { graph, boxes: [frame(graph, root, boxes)], arrows: arrowsOf(graph) }
  return { graph, boxes, arrows: arrowsOf(graph) }
}

/** Around a chart that does things by itself, whatever state it is in. */
function frame(graph: ChartGraph, root: GraphState, inside: Box[]): Box {
  return { ...boxOf(graph, root), inside }
}

function boxOf(graph: ChartGraph, state: GraphState): Box {
  const block = blockOf(rowsOfState(graph, state), BOX_TEXT_PX)
  const title = state.path === '' ? graph.id : state.key
  const title_px = textWidth(title, TITLE_PX, 'bold')
  const rest_px = state.quiescent ? AT_REST_PX : 0
  const below_px = block.height_px > 0 ? block.height_px + 14 : 0
  const children = childrenOf(graph, state.path)
  const inside = [
    ...initialBox(state),
    ...anyBox(graph, state),
    ...children.map((child) => boxOf(graph, child)),
  ]
  return {
    id: state.path,
    kind: 'state',
    state,
    title,
    title_px,
    block,
    width_px: Math.ceil(
      Math.max(LEAST_WIDTH_PX, title_px + rest_px + 2 * PADDING_PX, block.width_px + 2 * PADDING_PX),
    ),
    height_px: HEAD_PX + below_px,
    head_px: HEAD_PX + below_px,
    inside,
  }
}

function rowsOfState(graph: ChartGraph, state: GraphState): Row[] {
  const { entry, exit, invokes, path } = state
  return [
    ...(entry.length > 0 ? [ownRow('entry', entry)] : []),
    ...(exit.length > 0 ? [ownRow('exit', exit)] : []),
    ...invokes.map((name): Row => ({ edges: [], words: [{ text: `invoke ${name}`, tone: 'action' }] })),
    ...rowsOf(graph.edges.filter((edge) => edge.source === path && staysInside(edge))),
  ]
}

function initialBox(state: GraphState): Box[] {
  return state.initial === null
    ? []
    : [point(`${state.path}·initial`, 'initial', state, '', INITIAL_PX, INITIAL_PX)]
}

function anyBox(graph: ChartGraph, state: GraphState): Box[] {
  const needed = graph.edges.some((edge) => edge.source === state.path && goesInside(edge))
  return needed ? [point(anyId(state.path), 'any', state, 'any state', ANY_PX.width, ANY_PX.height)] : []
}

function point(
  id: string,
  kind: Box['kind'],
  state: GraphState,
  title: string,
  width: number,
  height: number,
): Box {
  const block = blockOf([], 0)
  return {
    id,
    kind,
    state,
    title,
    title_px: width,
    block,
    width_px: width,
    height_px: height,
    head_px: 0,
    inside: [],
  }
}

function goesInside({ source, target }: GraphEdge): boolean {
  return target !== null && isInside(target, source)
}

function anyId(path: string): string {
  return `${path}·any`
}

/** One arrow for all edges from one state to another. */
function arrowsOf(graph: ChartGraph): Arrow[] {
  const leaving = graph.edges.filter((edge) => !staysInside(edge))
  const byEnds = Map.groupBy(leaving, ({ source, target }) => `${source} → ${target}`)
  const between = [...byEnds].map(([id, edges]): Arrow => {
    const edge = edges[0] as GraphEdge
    const from = goesInside(edge) ? anyId(edge.source) : edge.source
    return { id, from, to: edge.target as string, block: blockOf(rowsOf(edges), LABEL_TEXT_PX) }
  })
  const first = graph.states.flatMap(({ path, initial, initial_actions }): Arrow[] => {
    if (initial === null) return []
    const rows: Row[] = initial_actions.length > 0 ? [ownRow('', initial_actions)] : []
    return [
      { id: `${path}·first`, from: `${path}·initial`, to: initial, block: blockOf(rows, LABEL_TEXT_PX) },
    ]
  })
  return [...first, ...between]
}
