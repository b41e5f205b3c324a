/** What the lint of charts finds in an imported one and has to, because of how a model becomes a chart, or as the model is. */
import type { Chart } from '../statecharts/chart.ts'
import { type Finding, lintGraph } from '../visualizer/lint.ts'
import { readChart } from '../visualizer/read-machine.ts'

type Acknowledged = NonNullable<Chart['acknowledged']>[number]

const REASONS: Record<string, string> = {
  'timer-cycle':
    'each rule that an event makes hold is taken once; the way round goes over rules that are due',
  'no-way-to-rest':
    'the model leads back to no state in which nothing is open: checkpoints are cut by number',
}

/**
 * Findings of the chart: those that it is to acknowledge, and the others. `endless` are states of the model whose timers
 * were seen to start again without a message; there a cycle is what it looks like.
 */
export function lintImported(
  chart: Chart,
  endless: readonly string[],
): { acknowledged: Acknowledged[]; others: Finding[] } {
  const found = lintGraph(readChart(chart))
  const isMeant = ({ rule, place }: Finding) =>
    Object.hasOwn(REASONS, rule) && !(rule === 'timer-cycle' && endless.includes(place.split('.')[0] ?? ''))
  return {
    acknowledged: found
      .filter(isMeant)
      .map(({ rule, place }) => ({ rule, place, because: REASONS[rule] ?? '' })),
    others: found.filter((one) => !isMeant(one)),
  }
}
