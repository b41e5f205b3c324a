/** Ways from a chart's first state over each of its edges: a search over real events and times. */
import { nextTimer } from '../../statecharts/advance.ts'
import { type Chart, type ChartEvent, statePath } from '../../statecharts/chart.ts'
import { timerEvent } from '../../statecharts/step.ts'
import { type Move, move, newStepper, type Standing, standingOf } from '../../visualizer/stepper.ts'
import { edgesTaken } from '../../visualizer/taken-edge.ts'

/** Something that a device may say, at any time. */
export type Word = (at: number) => ChartEvent
export type Ways = Map<string, Move[]>

const T0 = Date.UTC(2026, 10, 2, 12)
const SECOND = 1000
/** More than one, for a chart may count up to something. */
const ALIKE = 6

type Node = { standing: Standing; way: Move[] }

/**
 * A way for each edge that one is found for, the edge being the last thing taken on it. States in which the same words
 * and timers take the same edges are alike, and a few of them are enough, so the search ends; `most` nodes are looked at.
 */
export function waysOver(chart: Chart, words: readonly Word[], edges: readonly string[], most = 4_000): Ways {
  const ways: Ways = new Map()
  const first: Node = { standing: standingOf(newStepper(chart, { now: T0 })), way: [] }
  const seen = new Map<string, number>()
  const nodes = [first]
  for (let n = 0; n < nodes.length && n < most && ways.size < edges.length; n++) {
    const node = nodes[n] as Node
    for (const next of movesFrom(node.standing, words)) {
      const standing = stepped(chart, node.standing, next)
      if (standing.refused !== null) continue
      const way = [...node.way, next]
      for (const id of standing.steps.at(-1)?.edges ?? []) if (!ways.has(id)) ways.set(id, way)
      const sense = senseOf(chart, standing, words)
      const alike = seen.get(sense) ?? 0
      if (alike >= ALIKE) continue
      seen.set(sense, alike + 1)
      nodes.push({ standing, way })
    }
  }
  return ways
}

function stepped(chart: Chart, { state, now }: Standing, next: Move): Standing {
  return standingOf(move(newStepper(chart, { state, now }), next))
}

/** Each word at once, half-way to the next timer and just before it; and the timer itself. */
function movesFrom({ state, now }: Standing, words: readonly Word[]): Move[] {
  const due_at = nextTimer(state.timers)?.due_at
  const times = due_at === undefined ? [now + SECOND] : timesBefore(now, due_at)
  const said = times.flatMap((at) => words.map((word) => ({ event: word(at) })))
  return due_at === undefined ? said : [{ until: due_at }, ...said]
}

function timesBefore(now: number, due_at: number): number[] {
  const times = [now + SECOND, Math.floor((now + due_at) / 2), due_at - SECOND]
  return [...new Set(times)].filter((at) => at >= now && at < due_at)
}

function senseOf(chart: Chart, { state, now }: Standing, words: readonly Word[]): string {
  const timers = Object.entries(state.timers).sort((a, b) => a[1] - b[1])
  const due = timers.map(([name, at]) => {
    const near = at - now <= 2 * SECOND
    return `${name} ${near} ${edgesTaken(chart, state, { type: timerEvent(name), at, config: {} })}`
  })
  const heard = words.map((word) => edgesTaken(chart, state, word(now + SECOND)).join())
  return JSON.stringify([statePath(state.value), due, heard])
}
