/**
 * One event in a chart, for every shipped chart: from compiled tables, by xstate on a reused scope, and by xstate's exported
 * `transition()`; for the session chart beside a reducer written by hand. `npx node bench/runners.ts`
 */
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate'
import type { Chart, ChartEvent, StateValue } from '../statecharts/chart.ts'
import { compile } from '../statecharts/compile.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { evseSession } from '../statecharts/evse-session.ts'
import { startCompiled, stepCompiled } from '../statecharts/run-compiled.ts'
import { startByXstate, stepByXstate } from '../statecharts/run-machine.ts'
import type { Step } from '../statecharts/step.ts'
import { heardByCharts, walk } from '../test/statecharts/heard-events.ts'
import { type EvsePlace, reduceEvse } from './evse-reducer.ts'
import { race, showRace, type Timed } from './timing.ts'

const ROUNDS = 41
/** A turn of some ten milliseconds for the fastest. */
const REPEATS = 12
const GOAL_TRANSITION = 25
const GOAL_BY_HAND = 2.5
const BY_HAND = 'by hand'
const COMPILED = 'compiled'
const TRANSITION = 'transition()'

/** Few devices, so that their events stay in the cache, as those of a batch do that was just decoded. */
const streams = heardByCharts({ seed: 1, chargers: 10, thermostats: 5, hours: 48, faults: 'normal' })

// Everyone pays for his own garbage: xstate leaves many times as much as the others.
setFlagsFromString('--expose-gc')
const gc: (options: { type: 'minor' }) => void = runInNewContext('gc')
const collect = () => gc({ type: 'minor' })

type Shown = Pick<Step, 'value' | 'context' | 'emitted' | 'timers'>
/** One instance's events, from the first state on. */
type Run = (events: readonly ChartEvent[], see?: (step: Shown) => void) => void

function compiledRun({ machine }: Chart): Run {
  const compiled = compile(machine)
  return (events, see) => {
    let { value, context } = startCompiled(compiled)
    for (const event of events) {
      const step = stepCompiled(compiled, value, context, event) as Step
      value = step.value
      context = step.context
      see?.(step)
    }
  }
}

function reusedScopeRun({ machine }: Chart): Run {
  return (events, see) => {
    let { value, context } = startByXstate(machine)
    for (const event of events) {
      const step = stepByXstate(machine, value, context, event)
      value = step.value
      context = step.context
      see?.(step)
    }
  }
}

/** In its favour: it goes on from its own snapshot, where a state from a store would have to be restored first. */
function transitionRun({ machine }: Chart): Run {
  return (events) => {
    let [snapshot] = initialTransition(machine) as [AnyMachineSnapshot, unknown]
    for (const event of events) [snapshot] = transition(machine, snapshot, event)
  }
}

const VALUES: Record<EvsePlace, StateValue> = {
  unplugged: 'unplugged',
  unavailable: 'unavailable',
  silent: 'silent',
  connected: { session: 'connected' },
  charging: { session: 'charging' },
  ventilating: { session: 'ventilating' },
  faulted: { session: 'faulted' },
}
const firstEvseContext = startByXstate(evseSession.machine).context as EvseContext

const byHand: Run = (events, see) => {
  let at: EvsePlace = 'unplugged'
  let context = firstEvseContext
  for (const event of events) {
    const reduced = reduceEvse(at, context, event)
    at = reduced.at
    context = reduced.context
    see?.({ value: VALUES[at], context, emitted: reduced.emitted, timers: reduced.timers })
  }
}

/** Each instance's events with the timers that come due between them: what every contestant is given. */
function stepsOf(chart: Chart): ChartEvent[][] {
  const { machine } = chart
  return streams
    .filter(({ instance }) => instance.chart === chart)
    .map(({ events }) =>
      walk(startByXstate(machine), events, ({ value, context }, event) =>
        stepByXstate(machine, value, context, event),
      ),
    )
}

/** What a contestant says, in full: all must say the same, or their times mean nothing. */
function said(run: Run, events: readonly ChartEvent[]): Shown[] {
  const all: Shown[] = []
  run(events, ({ value, context, emitted, timers }) => all.push({ value, context, emitted, timers }))
  return all
}

async function compare(chart: Chart): Promise<void> {
  const instances = stepsOf(chart)
  const runs = new Map<string, Run>()
  if (chart === evseSession) runs.set(BY_HAND, byHand)
  runs.set(COMPILED, compiledRun(chart)).set('xstate, one scope a machine', reusedScopeRun(chart))
  for (const events of instances) {
    const expected = said(reusedScopeRun(chart), events)
    for (const [name, run] of runs)
      assert.deepEqual(said(run, events), expected, `${name} says something else`)
  }
  runs.set(TRANSITION, transitionRun(chart))
  const events = instances.reduce((sum, { length }) => sum + length, 0)
  const contestants = [...runs].map(([name, run]) => ({
    name,
    per_round: events * REPEATS,
    run: () => {
      for (let i = 0; i < REPEATS; i++) for (const one of instances) run(one)
    },
  }))
  const timed = await race(contestants, ROUNDS, collect)
  showRace(`${chart.id}: ${events} events of ${instances.length} instances`, timed)
  showGoals(timed)
}

/** The goals are the session chart's: what another chart's own guards and actions cost is not the runner's. */
function showGoals(timed: readonly Timed[]): void {
  const cost = (name: string) => timed.find((one) => one.name === name)?.ns_per_event
  const [hand, compiled, exported] = [cost(BY_HAND), cost(COMPILED) as number, cost(TRANSITION) as number]
  const goal = (of: string) => (hand ? ` (goal: ${of})` : '')
  const faster = (exported / compiled).toFixed(1)
  console.log(`  compiled is ${faster} times as fast as transition()${goal(`at least ${GOAL_TRANSITION}`)}`)
  if (!hand) return
  const longer = (compiled / hand).toFixed(2)
  console.log(`  compiled takes ${longer} times as long as by hand${goal(`at most ${GOAL_BY_HAND}`)}`)
}

for (const chart of new Set(streams.map(({ instance }) => instance.chart))) await compare(chart)
