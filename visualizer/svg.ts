/** A laid-out chart → one SVG that stands by itself: light and dark, on screen and on paper, the same bytes every time. */
import { type ChartGraph, stateName, triggerText } from './graph.ts'
import type { Frame, Layout, PlacedArrow, PlacedBox, Point } from './layout.ts'
import { AT_REST, HEAD_PX, PADDING_PX, SMALL_PX, TITLE_PX } from './picture.ts'
import { blockTag, escapeXml, pathOf, STYLE, tag, textTag } from './svg-text.ts'
import { textWidth } from './text-width.ts'

export type Mark = 'added' | 'removed' | 'changed'
export type SvgOptions = {
  /** Beside the chart's name. */
  subtitle?: string
  /** By state path or edge id. */
  marks?: ReadonlyMap<string, Mark>
  /** What this picture leaves out of the layout: state paths and edge ids. */
  absent?: ReadonlySet<string>
  /** Before every id in it: a page may hold several. */
  ids?: string
}
type Drawing = {
  graph: ChartGraph
  marks: ReadonlyMap<string, Mark>
  absent: ReadonlySet<string>
  ids: string
}

const HEADING_PX = 20
const TOP_PX = 52
const BOTTOM_PX = 46
const LEGEND =
  'event  1. asked first  [guard]  / actions  ▸decided event.  Lines in a state: what does not leave it.  any state: from wherever inside.'
const LEAST_WIDTH_PX = Math.ceil(textWidth(LEGEND, SMALL_PX, 'regular')) + 48

/** How large the whole picture is. */
export function sizeOf({ width, height }: Layout): { width: number; height: number } {
  return { width: Math.max(width, LEAST_WIDTH_PX), height: height + TOP_PX + BOTTOM_PX }
}

export function svgOf(graph: ChartGraph, layout: Layout, options: SvgOptions = {}): string {
  const { width, height } = sizeOf(layout)
  const { ids = '' } = options
  const name = `${graph.id}, version ${graph.version}`
  const head = [
    tag('title', { id: `${ids}chart-title` }, escapeXml(name)),
    tag('desc', { id: `${ids}chart-text` }, escapeXml(describeGraph(graph))),
    tag('style', {}, STYLE),
    tipOf(ids),
    tag('rect', { class: 'paper', width: '100%', height: '100%' }),
  ]
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'chart',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': `${ids}chart-title ${ids}chart-text`,
  }
  return `${tag('svg', attributes, `\n${[...head, ...bodyOf(graph, layout, options)].join('\n')}\n`)}\n`
}

/** What a picture shows, without the frame of its own: for one that stands beside others. */
export function bodyOf(graph: ChartGraph, layout: Layout, options: SvgOptions = {}): string[] {
  const { marks = new Map(), absent = new Set(), ids = '' } = options
  const drawing: Drawing = { graph, marks, absent, ids }
  const { height } = sizeOf(layout)
  const title_px = textWidth(graph.id, HEADING_PX, 'bold')
  const subtitle = options.subtitle ?? `version ${graph.version}`
  const parts = [
    ...layout.boxes.map((box) => boxTag(drawing, box)),
    ...layout.arrows.map((arrow) => wayTag(drawing, arrow)),
    ...layout.arrows.map((arrow) => labelTag(drawing, arrow)),
  ].filter((part) => part !== '')
  return [
    textTag(graph.id, { x: 24, y: 34 }, HEADING_PX, 'bold', 'heading'),
    textTag(subtitle, { x: 24 + title_px + 12, y: 34 }, SMALL_PX, 'regular', 'small'),
    tag('g', { transform: `translate(0 ${TOP_PX - 12})` }, `\n${parts.join('\n')}\n`),
    textTag(LEGEND, { x: 24, y: height - 18 }, SMALL_PX, 'regular', 'small'),
  ]
}

export function tipOf(ids = ''): string {
  const tip = tag('path', { class: 'tip', d: 'M0 0L9 4L0 8Z' })
  const attributes = {
    viewBox: '0 0 9 8',
    refX: 8.5,
    refY: 4,
    markerWidth: 9,
    markerHeight: 8,
    orient: 'auto',
    markerUnits: 'userSpaceOnUse',
  }
  const marks = ['', 'added', 'removed', 'changed'].map((mark) =>
    tag('marker', { id: `${ids}tip${mark && `-${mark}`}`, class: mark || null, ...attributes }, tip),
  )
  return tag('defs', {}, marks.join(''))
}

function boxTag(drawing: Drawing, { box, frame, depth }: PlacedBox): string {
  const { marks, absent } = drawing
  if (absent.has(box.state.path)) return ''
  const { x, y, width, height } = frame
  if (box.kind === 'initial')
    return tag('circle', { class: 'point', cx: x + width / 2, cy: y + height / 2, r: width / 2 - 0.5 })
  if (box.kind === 'any') return anyTag(box.title, frame)
  const parts = [
    tag('rect', { class: box.inside.length > 0 ? 'box outer' : 'box', x, y, width, height, rx: 9 }),
    ...(box.state.kind === 'final'
      ? [tag('rect', { class: 'box', x: x + 4, y: y + 4, width: width - 8, height: height - 8, rx: 6 })]
      : []),
    textTag(box.title, { x: x + PADDING_PX, y: y + 20 }, TITLE_PX, 'bold', 'name'),
    ...(box.state.quiescent ? [atRest(frame)] : []),
    ...(box.block.rows.length > 0 ? rowsTag(drawing, { box, frame, depth }) : []),
  ]
  const mark = marks.get(box.state.path) ?? null
  return tag('g', { class: mark ? `state ${mark}` : 'state', 'data-state': box.state.path }, parts.join('\n'))
}

function atRest({ x, y, width }: Frame): string {
  const left = x + width - PADDING_PX - Math.ceil(textWidth(AT_REST, SMALL_PX, 'regular'))
  return textTag(AT_REST, { x: left, y: y + 19.5 }, SMALL_PX, 'regular', 'small')
}

function rowsTag(drawing: Drawing, { box, frame: { x, y, width } }: PlacedBox): string[] {
  const line = tag('path', { class: 'rule', d: `M${x} ${y + HEAD_PX}h${width}` })
  return [line, blockTag(box.block, { x: x + PADDING_PX, y: y + HEAD_PX + 5 }, rowAround(drawing))]
}

function anyTag(title: string, { x, y, width, height }: Frame): string {
  const text_px = textWidth(title, SMALL_PX, 'regular')
  const at: Point = { x: x + (width - text_px) / 2, y: y + height / 2 + 4 }
  return [
    tag('rect', { class: 'any', x, y, width, height, rx: height / 2 }),
    textTag(title, at, SMALL_PX, 'regular', 'small'),
  ].join('')
}

/** An arrow is as its edges are, where all of them are the same. */
function wayTag({ marks, absent, ids }: Drawing, { arrow, points }: PlacedArrow): string {
  const edges = arrow.block.rows.flatMap((row) => row.edges).filter((id) => !absent.has(id))
  const ends = [arrow.from, arrow.to].some((id) => absent.has(id.split('·')[0] ?? ''))
  if (ends || (edges.length === 0 && arrow.block.rows.some((row) => row.edges.length > 0))) return ''
  const found = new Set(edges.map((id) => marks.get(id)))
  const mark = found.size === 1 ? ([...found][0] ?? null) : null
  const way = tag('path', {
    class: 'way',
    d: pathOf(points),
    'marker-end': `url(#${ids}tip${mark ? `-${mark}` : ''})`,
  })
  return tag('g', { class: mark ? `arrow ${mark}` : 'arrow', 'data-edges': edges.join('\t') || null }, way)
}

function labelTag(drawing: Drawing, { arrow, label }: PlacedArrow): string {
  if (!label) return ''
  return blockTag(arrow.block, { x: label.x + 6, y: label.y + 1 }, rowAround(drawing))
}

function rowAround({ graph, marks, absent }: Drawing): (edges: string[], inside: string) => string {
  return (edges, inside) => {
    const here = edges.filter((id) => !absent.has(id))
    if (edges.length > 0 && here.length === 0) return ''
    const mark = marks.get(here[0] ?? '') ?? null
    const title =
      here.length > 0 ? tag('title', {}, escapeXml(here.map((id) => describeEdge(graph, id)).join('\n'))) : ''
    return tag(
      'g',
      { class: mark ? `row ${mark}` : 'row', 'data-edges': here.join('\t') || null },
      title + inside,
    )
  }
}

/** One edge in a sentence's order, with every name that it has. */
export function describeEdge(graph: ChartGraph, id: string): string {
  const edge = graph.edges.find((one) => one.id === id)
  if (!edge) return id
  const { source, target, trigger, guard, actions, reenter } = edge
  const does = actions.map(({ name, params, event, kind }) => {
    const given = params ? ` ${JSON.stringify(params)}` : ''
    return kind === 'emit' && event ? `${name}${given} (decides ${event})` : name + given
  })
  const to = target === null ? 'stays' : target === source ? 're-enters' : `to ${stateName(graph, target)}`
  return [
    `${stateName(graph, source)}: ${triggerText(trigger)}`,
    ...(guard ? [`if ${guard.text}`] : []),
    to + (reenter && target !== source ? ' (leaving and entering again)' : ''),
    ...(does.length > 0 ? [`does ${does.join(', ')}`] : []),
  ].join(', ')
}

function describeGraph(graph: ChartGraph): string {
  return graph.edges.map(({ id }) => `${describeEdge(graph, id)}.`).join(' ')
}
