/**
 * Finds, for each rule of an imported chart, a short series of messages and waits at whose end it is taken: many walks
 * with values from around the literals that stand in the model, then every step left out that is not needed.
 */
import { advance, advanceTime, newChartState } from '../statecharts/advance.ts'
import { type Chart, type ChartState, type Decision, statePath } from '../statecharts/chart.ts'
import type { Detector, DetectorContext } from '../statecharts/detector.ts'
import type { Mentioned } from './expression-code.ts'
import type { JsonObject } from './model.ts'

/** A message on an input, or so much time without one. Steps are a second apart. */
export type WalkStep = { input: string; message: JsonObject } | { wait_s: number }

/** What the last step of a walk led to. */
export type Walked = {
  steps: WalkStep[]
  state: string
  taken: string[]
  decided: string[]
  variables: Record<string, unknown>
}

const WALKS = 1500
const LONGEST = 14
const BEGIN_MS = 1_700_000_000_000

/** More waits than this without a message, and still a timer runs: it will for ever. */
const WAITS = 50

export type Walks = {
  /** By rule; a rule that no walk took is not there. */
  rules: Map<string, Walked>
  /** States in which timers set each other again without a message between. */
  endless: string[]
}

export function walkRules(chart: Chart, detector: Detector, mentioned: Mentioned): Walks {
  const found = new Map<string, WalkStep[]>()
  const endless = new Set<string>()
  const pool = poolOf(mentioned)
  const chance = chances(1)
  const wanted = rulesOf(detector).length
  for (let walk = 0; walk < WALKS && (found.size < wanted || walk < WALKS / 5); walk++) {
    const end = endsIn(chart, wander(chart, pool, chance, found))
    if (end !== null) endless.add(end)
  }
  const walked = rulesOf(detector).flatMap((rule): [string, Walked][] => {
    const steps = found.get(rule)
    return steps ? [[rule, resultOf(chart, shortened(chart, steps, rule))]] : []
  })
  return { rules: new Map(walked), endless: [...endless].sort() }
}

/** The state in which timers still run after so many of them came due; null where they end. */
function endsIn(chart: Chart, from: ChartState): string | null {
  let state = from
  for (let waits = 0; waits < WAITS; waits++) {
    const [due] = Object.values(state.timers)
    if (due === undefined) return null
    state = advanceTime(chart, state, due).state
  }
  return contextOf(state).state
}

export function rulesOf({ states }: Detector): string[] {
  return Object.values(states).flatMap(({ onEnter, onInput, onExit }) =>
    [...onEnter, ...onInput, ...onExit].map(({ rule }) => rule),
  )
}

type Pool = { inputs: string[]; paths: (string | number)[][]; values: unknown[] }

function poolOf({ inputs, paths, literals }: Mentioned): Pool {
  const numbers = [...literals].filter((one) => typeof one === 'number')
  const around = numbers.flatMap((n) => [n - 1, n, n + 1])
  const texts = [...literals].filter((one) => typeof one === 'string')
  return {
    inputs: [...inputs].sort(),
    paths: [...paths].sort().map((path) => JSON.parse(path) as (string | number)[]),
    values: [...new Set([...around, 10, 100]), ...texts, 'a', true, false],
  }
}

function wander(chart: Chart, pool: Pool, chance: Chance, found: Map<string, WalkStep[]>): ChartState {
  const steps: WalkStep[] = []
  let at = BEGIN_MS
  let state = newChartState(chart)
  while (steps.length < LONGEST) {
    const step: WalkStep = nextStep(state, pool, chance, at)
    steps.push(step)
    at += lengthOf(step)
    state = stepOn(chart, state, step, at).state
    for (const rule of contextOf(state).taken) {
      const before = found.get(rule)
      if (!before || before.length > steps.length) found.set(rule, steps.slice())
    }
  }
  return state
}

function nextStep(state: ChartState, pool: Pool, chance: Chance, at: number): WalkStep {
  const [due] = Object.values(state.timers)
  if (due !== undefined && chance(3) === 0) return { wait_s: Math.ceil((due - at) / 1000) }
  const input = pool.inputs[chance(pool.inputs.length)] as string
  const message: JsonObject = {}
  for (const [of, ...path] of pool.paths)
    if (of === input && chance(8) > 0) put(message, path, pool.values[chance(pool.values.length)])
  return { input, message }
}

function put(message: JsonObject, path: (string | number)[], value: unknown): void {
  let into = message as Record<string | number, unknown>
  path.slice(0, -1).forEach((step, index) => {
    into[step] ??= typeof path[index + 1] === 'number' ? [] : {}
    into = into[step] as Record<string | number, unknown>
  })
  const last = path.at(-1)
  if (last !== undefined && typeof into === 'object') into[last] = value
}

function stepOn(chart: Chart, state: ChartState | null, step: WalkStep, at: number) {
  if ('input' in step) return advance(chart, state, { type: step.input, at, message: step.message })
  return state ? advanceTime(chart, state, at) : advance(chart, null, { type: 'nothing', at })
}

function lengthOf(step: WalkStep): number {
  return ('wait_s' in step ? step.wait_s : 1) * 1000
}

/** Without the steps whose absence changes nothing about the rule being taken at the end. */
function shortened(chart: Chart, steps: WalkStep[], rule: string): WalkStep[] {
  let short = steps
  for (let index = steps.length - 2; index >= 0; index--) {
    const without = short.filter((_, at) => at !== index)
    if (resultOf(chart, without).taken.includes(rule)) short = without
  }
  return short
}

/** What a generated test expects, and finds again with the real `advance`. */
export function resultOf(chart: Chart, steps: WalkStep[]): Walked {
  let at = BEGIN_MS
  let state: ChartState | null = null
  let decided: Decision[] = []
  for (const step of steps) {
    at += lengthOf(step)
    const after: { state: ChartState; decided: Decision[] } = stepOn(chart, state, step, at)
    state = after.state
    decided = after.decided
  }
  const end = state ? contextOf(state) : null
  return {
    steps,
    state: state ? statePath(state.value) : '',
    taken: end?.taken ?? [],
    decided: decided.map(({ type }) => type),
    variables: end?.variables ?? {},
  }
}

function contextOf(state: ChartState): DetectorContext {
  return state.context as DetectorContext
}

type Chance = (below: number) => number

/** Numerical Recipes' generator: the same walks every time. */
function chances(seed: number): Chance {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
