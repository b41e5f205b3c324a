/** Which edge of a chart an event takes: asked of the machine itself, guards and all, and nothing is run. */
import type { Chart, ChartEvent, ChartState } from '../statecharts/chart.ts'
import { edgesOf } from '../statecharts/chart-edges.ts'

/** Ids of the edges that the event takes first from this state; none where nothing hears it. */
export function edgesTaken(
  chart: Chart,
  { value, context }: Pick<ChartState, 'value' | 'context'>,
  event: ChartEvent,
): string[] {
  const { machine } = chart
  const snapshot = machine.resolveState({ value, context })
  return machine
    .getTransitionData(snapshot, event)
    .flatMap((one: unknown) => edgesOf(machine).get(one)?.id ?? [])
}
