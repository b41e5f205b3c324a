/** Places for what is drawn, by the layered algorithm of the Eclipse Layout Kernel: nothing overlaps, few lines cross. */
import ElkModule, { type ELK, type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk.bundled.js'
import { type Arrow, type Box, PADDING_PX, type Picture } from './picture.ts'

export type Point = { x: number; y: number }
export type Frame = Point & { width: number; height: number }
export type PlacedBox = { box: Box; frame: Frame; depth: number }
export type PlacedArrow = { arrow: Arrow; points: Point[]; label: Frame | null }
export type Layout = { width: number; height: number; boxes: PlacedBox[]; arrows: PlacedArrow[] }

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.randomSeed': '1',
  'elk.padding': '[top=24,left=24,bottom=24,right=24]',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '30',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '14',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.thoroughness': '60',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.edgeLabels.sideSelection': 'SMART_UP',
}

/** The package is CommonJS: what Node and what a bundler call its default differ. */
const Elk = ((ElkModule as unknown as { default?: unknown }).default ?? ElkModule) as new () => ELK

/** A page is wider than high, and no wider than a wall. */
const SHAPE = 1.6
const WIDEST_PX = 2400

/** From left to right, or, where that is a long ribbon, from above. The same picture is laid out the same way every time. */
export async function layOut(picture: Picture): Promise<Layout> {
  const across = await layOutTo('RIGHT', picture)
  if (across.width <= WIDEST_PX) return across
  const down = await layOutTo('DOWN', picture)
  return strain(down) < strain(across) ? down : across
}

/** How far a page has to be shrunk to show all of it. */
function strain({ width, height }: Layout): number {
  return Math.max(width, height * SHAPE)
}

async function layOutTo(direction: 'RIGHT' | 'DOWN', picture: Picture): Promise<Layout> {
  const known = new Map(picture.arrows.map((arrow) => [arrow.id, arrow]))
  const root: ElkNode = await new Elk().layout({
    id: '·chart',
    layoutOptions: { ...OPTIONS, 'elk.direction': direction },
    children: picture.boxes.map(nodeOf),
    edges: picture.arrows.map(edgeOf),
  })
  return {
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    boxes: placed(picture.boxes, root.children ?? [], 0),
    arrows: (root.edges ?? []).map((edge) => placedArrow(known.get(edge.id) as Arrow, edge)),
  }
}

function nodeOf(box: Box): ElkNode {
  if (box.inside.length === 0) return { id: box.id, width: box.width_px, height: box.height_px }
  return {
    id: box.id,
    layoutOptions: {
      'elk.padding': `[top=${box.head_px + 14},left=18,bottom=18,right=18]`,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${box.width_px},${box.height_px})`,
    },
    children: box.inside.map(nodeOf),
  }
}

function edgeOf({ id, from, to, block }: Arrow): ElkExtendedEdge {
  const labels =
    block.height_px > 0
      ? [
          {
            id: `${id}·label`,
            text: id,
            width: Math.ceil(block.width_px) + PADDING_PX,
            height: block.height_px + 4,
          },
        ]
      : []
  return { id, sources: [from], targets: [to], labels }
}

function placed(boxes: readonly Box[], nodes: readonly ElkNode[], depth: number): PlacedBox[] {
  return boxes.flatMap((box, index) => {
    const node = nodes[index] as ElkNode
    return [{ box, frame: frameOf(node), depth }, ...placed(box.inside, node.children ?? [], depth + 1)]
  })
}

function placedArrow(arrow: Arrow, edge: ElkExtendedEdge): PlacedArrow {
  const section = edge.sections?.[0]
  const points = section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : []
  const label = edge.labels?.[0]
  return { arrow, points: points.map(rounded), label: label ? frameOf(label) : null }
}

type Placed = { x?: number; y?: number; width?: number; height?: number }

function frameOf({ x = 0, y = 0, width = 0, height = 0 }: Placed): Frame {
  return { ...rounded({ x, y }), width: round(width), height: round(height) }
}

function rounded({ x, y }: Point): Point {
  return { x: round(x), y: round(y) }
}

/** Half pixels: as fine as anyone sees, and no noise in the bytes. */
function round(n: number): number {
  return Math.round(n * 2) / 2
}
