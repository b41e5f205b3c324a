/** Which edge of a chart an event takes: asked of the machine itself, guards and all, and nothing is run. */
import type { Chart, ChartEvent, ChartState } from '../statecharts/chart.ts'
import { edgeIds } from './read-machine.ts'

const known = new WeakMap<Chart, Map<unknown, string>>()

/** Ids of the edges that the event takes first from this state; none where nothing hears it. */
export function edgesTaken(
  chart: Chart,
  { value, context }: Pick<ChartState, 'value' | 'context'>,
  event: ChartEvent,
): string[] {
  const { machine } = chart
  const snapshot = machine.resolveState({ value, context })
  return machine.getTransitionData(snapshot, event).flatMap((one: unknown) => idsOf(chart).get(one) ?? [])
}

function idsOf(chart: Chart): Map<unknown, string> {
  const ids = known.get(chart) ?? edgeIds(chart)
  known.set(chart, ids)
  return ids
}
