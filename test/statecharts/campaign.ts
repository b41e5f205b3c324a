/** Random machines on random events, restored in between, run both ways until the two disagree. */
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate'
import { chance, pick, type Random, randomOf, wholeBetween } from '../../firmware-model/random.ts'
import { compile } from '../../statecharts/compile.ts'
import { RULES, type Rules } from '../../statecharts/compile-rules.ts'
import type { Step } from '../../statecharts/step.ts'
import { agree, type Both, startBoth, stepBoth } from './agreement.ts'
import { machineOf, type Source, textOf } from './machine-source.ts'
import { EVENTS, randomMachine, valuesOf } from './random-machine.ts'

/** An event, and where it is heard: where the last one led, the same out of a store, or put elsewhere. */
export type Move = { event: { type: string; k?: number }; from?: 'store' | { put: StateValue } }
export type Case = { seed: number; source: Source; moves: Move[] }

/** What was tried; a campaign in which nothing happens finds nothing. */
export type Figures = {
  machines: number
  steps: number
  left_to_xstate: number
  errors: number
  changed: number
  done: number
}

const MOVES = 24

/** Machines by their seeds from `first` on, until the runners disagree or it is not to go on. */
export function campaign(
  first: number,
  goOn: (figures: Figures) => boolean,
  rules: Rules = RULES,
): { figures: Figures; found: Case | null } {
  const figures = newFigures()
  for (let seed = first; goOn(figures); seed++) {
    const source = randomMachine(randomOf(seed, 'machine'))
    const machine = machineOf(source)
    const moves = movesFor(machine, source, randomOf(seed, 'moves'))
    if (disagreement(machine, moves, rules, figures)) return { figures, found: { seed, source, moves } }
  }
  return { figures, found: null }
}

/** Where the two first differ, or null. */
export function disagreement(
  machine: AnyStateMachine,
  moves: readonly Move[],
  rules: Rules = RULES,
  figures: Figures = newFigures(),
): Both | null {
  const compiled = compile(machine, rules)
  figures.machines++
  const first = startBoth(machine, compiled)
  if (!agree(first)) return first
  let at: Pick<Step, 'value' | 'context'> =
    'step' in first.xstate ? first.xstate.step : { value: {}, context: { n: 0, trace: [] } }
  for (const { event, from } of moves) {
    if (from) at = JSON.parse(JSON.stringify(at))
    if (typeof from === 'object') at = { ...at, value: from.put }
    const both = stepBoth(machine, compiled, at.value, at.context, event)
    if (!agree(both)) return both
    count(figures, both)
    at = 'step' in both.xstate ? both.xstate.step : nudged(at)
  }
  return null
}

/** As a test that can be pasted. */
export function pasteable({ seed, source, moves }: Case): string {
  const list = moves.map((move) => `    ${JSON.stringify(move)},\n`).join('')
  return [
    `test('both runners agree (seed ${seed})', () => {`,
    `  const machine = machineFrom(${textOf(source, '  ')})`,
    `  const moves: Move[] = [\n${list}  ]`,
    '  expect(disagreement(machine, moves)).toBeNull()',
    '})',
  ].join('\n')
}

function newFigures(): Figures {
  return { machines: 0, steps: 0, left_to_xstate: 0, errors: 0, changed: 0, done: 0 }
}

/** The same again would throw the same again. */
function nudged<T extends Pick<Step, 'context'>>(at: T): T {
  return { ...at, context: { ...at.context, n: Number(at.context.n) + 1 } }
}

function count(figures: Figures, { xstate, compiled }: Both): void {
  figures.steps++
  if (compiled === null) figures.left_to_xstate++
  if ('error' in xstate) figures.errors++
  else if (xstate.step.status === 'done') figures.done++
  else if (xstate.step.changed) figures.changed++
}

function movesFor(machine: AnyStateMachine, source: Source, random: Random): Move[] {
  const types = typesOf(machine)
  const values = valuesOf(source) as StateValue[]
  return Array.from({ length: MOVES }, () => moveOf(random, types, values))
}

/** What the machine names, its timers and done events too, and something that it does not. */
function typesOf(machine: AnyStateMachine): string[] {
  const named = within(machine.root).flatMap((node) => [...node.transitions.keys()])
  return [...named, ...named, ...EVENTS, ...EVENTS, 'd', 'c.x.y']
}

function within(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(within)]
}

/** What xstate hears in its own way. */
const RESERVED = ['*', 'xstate.init', 'xstate.error.actor.x']

function moveOf(random: Random, types: string[], values: StateValue[]): Move {
  const type = chance(random, 0.01) ? pick(random, RESERVED) : pick(random, types)
  const event = chance(random, 0.6) ? { type, k: wholeBetween(random, 0, 6) } : { type }
  if (chance(random, 0.15)) return { event, from: { put: pick(random, values) } }
  return chance(random, 0.4) ? { event, from: 'store' } : { event }
}
