/** The shipped charts on what a fleet from a seed reports: every step run both ways, out of a store each time. */
import assert from 'node:assert/strict'
import { compile } from '../../statecharts/compile.ts'
import type { Compiled } from '../../statecharts/compiled.ts'
import type { Step } from '../../statecharts/step.ts'
import { agree, startBoth, stepBoth } from './agreement.ts'
import { heardByCharts, type StreamOptions, walk } from './heard-events.ts'

/** Steps by chart, of them those that changed something. Throws where the runners differ. */
export function fleetAgrees(options: StreamOptions): Record<string, { steps: number; changed: number }> {
  const figures: Record<string, { steps: number; changed: number }> = {}
  const tables = new Map<string, Compiled>()
  for (const { instance, device_id, events } of heardByCharts(options)) {
    const { id, machine } = instance.chart
    const compiled = tables.get(id) ?? compile(machine)
    tables.set(id, compiled)
    figures[id] ??= { steps: 0, changed: 0 }
    const count = figures[id]
    const first = startBoth(machine, compiled)
    assert(agree(first) && 'step' in first.xstate, `${id} starts otherwise`)
    walk(first.xstate.step, events, ({ value, context }: Step, event) => {
      const stored = JSON.parse(JSON.stringify({ value, context }))
      const both = stepBoth(machine, compiled, stored.value, stored.context, event)
      assert(both.compiled !== null && agree(both), disagreed(options.seed, device_id, event, both))
      assert('step' in both.xstate, disagreed(options.seed, device_id, event, both))
      count.steps++
      if (both.xstate.step.changed) count.changed++
      return both.xstate.step
    })
  }
  return figures
}

function disagreed(seed: number, device_id: string, event: object, both: object): string {
  return `fleet ${seed}, ${device_id}: ${JSON.stringify(event)}\n${JSON.stringify(both, null, 1)}`
}
