/** What lies over what in a chart's picture, by the places that it is drawn at. */
import type { Chart } from '../../statecharts/chart.ts'
import { type Frame, layOut, type Point } from '../../visualizer/layout.ts'
import { pictureOf } from '../../visualizer/picture.ts'
import { readChart } from '../../visualizer/read-machine.ts'

type Named = { name: string; frame: Frame }

/** Boxes without boxes in them, words at edges, and ways: a way touches its ends, and its words at most. */
export async function overlapsIn(
  chart: Chart,
): Promise<{ things: number; over: string[]; crossed: string[] }> {
  const { boxes, arrows } = await layOut(pictureOf(readChart(chart)))
  const leaves = boxes
    .filter(({ box }) => box.inside.length === 0)
    .map(({ box, frame }): Named => ({ name: box.id, frame }))
  const labels = arrows.flatMap(({ arrow, label }): Named[] =>
    label ? [{ name: arrow.id, frame: label }] : [],
  )
  const all = [...leaves, ...labels]
  const over = all.flatMap((one, n) =>
    all
      .slice(n + 1)
      .filter((other) => isOver(one.frame, other.frame))
      .map((other) => `${one.name} | ${other.name}`),
  )
  const crossed = arrows.flatMap(({ arrow, points }) => {
    const ends = new Set([arrow.from, arrow.to, arrow.id])
    return all
      .filter(({ name, frame }) => !ends.has(name) && isThrough(points, frame))
      .map(({ name }) => `${arrow.id} through ${name}`)
  })
  return { things: all.length, over, crossed }
}

function isOver(a: Frame, b: Frame): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/** Ways are made of upright and level pieces. */
function isThrough(points: readonly Point[], frame: Frame): boolean {
  return points.slice(1).some((to, n) => {
    const from = points[n] as Point
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)]
    const width = Math.max(0.01, Math.abs(from.x - to.x))
    const height = Math.max(0.01, Math.abs(from.y - to.y))
    return isOver({ x, y, width, height }, frame)
  })
}
