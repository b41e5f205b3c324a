/** Two charts drawn side by side: what was added, removed and changed in colour, and what is the same at the same place. */
import type { ChartDiff, Difference } from './chart-diff.ts'
import type { ChartGraph, GraphEdge, GraphState } from './graph.ts'
import { type Layout, layOut } from './layout.ts'
import { type Box, type Picture, pictureOf } from './picture.ts'
import { type Mark, svgOf } from './svg.ts'

export type Marks = Map<string, Mark>

/** Two SVGs of the same size, unless the charts have no place in common. */
export async function diffSvgs(
  before: ChartGraph,
  after: ChartGraph,
  diff: ChartDiff,
): Promise<{ before: string; after: string }> {
  const marks = { before: marksOf(diff, 'before'), after: marksOf(diff, 'after') }
  const old = withMarks(before, marks.before)
  const now = withMarks(after, marks.after)
  const shared = haveOnePlace(before, after) ? await layOut(pictureOf(both(old, now))) : null
  const draw = async (graph: ChartGraph, side: keyof typeof marks) => {
    const picture = pictureOf(graph)
    const options = { marks: marks[side], ids: `${graph.id}-${side}-` }
    return svgOf(graph, shared ? onlyIn(shared, picture) : await layOut(picture), options)
  }
  return { before: await draw(old, 'before'), after: await draw(now, 'after') }
}

/** By state path and edge id as they are called on that side. */
export function marksOf({ states, edges }: ChartDiff, side: 'before' | 'after'): Marks {
  const named = (one: Difference) => {
    const name = one[side]
    return name === null ? [] : [[name, one.mark] as const]
  }
  return new Map([...states, ...edges].flatMap(named))
}

function withMarks(graph: ChartGraph, marks: Marks): ChartGraph {
  const edges = graph.edges.map((edge): GraphEdge => {
    const mark = marks.get(edge.id)
    return mark ? { ...edge, mark } : edge
  })
  return { ...graph, edges }
}

/** States that both have are entered at the same state and are of one kind: one layout can hold both. */
function haveOnePlace(before: ChartGraph, after: ChartGraph): boolean {
  return before.states.every(({ path, kind, initial }) => {
    const other = after.states.find((state) => state.path === path)
    return !other || (other.kind === kind && other.initial === initial)
  })
}

/** One chart with the room that either needs. It is laid out, and never drawn. */
function both(before: ChartGraph, after: ChartGraph): ChartGraph {
  const gone = before.states.filter(({ path }) => !after.states.some((state) => state.path === path))
  const states = after.states.map((state) => {
    const was = before.states.find(({ path }) => path === state.path)
    return was ? withRoomFor(state, was) : state
  })
  const said = new Set(after.edges.map((edge) => JSON.stringify(edge)))
  const others = before.edges.filter((edge) => !said.has(JSON.stringify(edge)))
  const apart = others.map((edge) => ({ ...edge, id: `${edge.id} / before` }))
  return { ...after, states: [...states, ...gone], edges: [...after.edges, ...apart] }
}

function withRoomFor(state: GraphState, was: GraphState): GraphState {
  const longer = <T>(a: T[], b: T[]) => (JSON.stringify(b).length > JSON.stringify(a).length ? b : a)
  return {
    ...state,
    entry: longer(state.entry, was.entry),
    exit: longer(state.exit, was.exit),
    invokes: longer(state.invokes, was.invokes),
    initial_actions: longer(state.initial_actions, was.initial_actions),
    quiescent: state.quiescent || was.quiescent,
  }
}

/** The places of a layout, with what this picture says there, and nothing that it does not have. */
function onlyIn(layout: Layout, picture: Picture): Layout {
  const boxes = new Map(picture.boxes.flatMap(within).map((box) => [box.id, box]))
  const arrows = new Map(picture.arrows.map((arrow) => [arrow.id, arrow]))
  return {
    ...layout,
    boxes: layout.boxes.flatMap((placed) => {
      const box = boxes.get(placed.box.id)
      return box ? [{ ...placed, box }] : []
    }),
    arrows: layout.arrows.flatMap((placed) => {
      const arrow = arrows.get(placed.arrow.id)
      return arrow ? [{ ...placed, arrow }] : []
    }),
  }
}

function within(box: Box): Box[] {
  return [box, ...box.inside.flatMap(within)]
}
