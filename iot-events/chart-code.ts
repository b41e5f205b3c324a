/** A plan → the source of a chart: every event of the model an edge with a named guard, every action named. */
import type { Chart } from '../statecharts/chart.ts'
import { left } from '../statecharts/detector-run.ts'
import { keyCode, reading } from './action-code.ts'
import { quote } from './expression-code.ts'
import { brief, camel, delayName, free, kebab, waitingState } from './names.ts'
import type { Plan, PlannedRule, PlannedState } from './plan.ts'

/** How from where the chart will stand its imports are reached: the folder of that name, and the package. */
export type Reached = { statecharts: string; xstate: string }

/** `acknowledged`: what the lint of charts finds in it, as it has to. */
export function chartCode(
  plan: Plan,
  reached: Reached,
  acknowledged: NonNullable<Chart['acknowledged']> = [],
): string {
  const { model } = plan
  const id = kebab(model.name)
  const parts = [detectorCode(plan), machineCode(plan, id)].join('\n\n')
  const fresh = newState(plan)
  const start = plan.states.find(({ name }) => name === model.initial) as PlannedState
  const quiescent = [fresh, start.timers.length > 0 ? `${start.name}.resting` : start.name]
  return `${header(plan, parts)}${importsCode(plan, parts, reached)}
${parts}

export const ${chartName(model.name)}: Chart = { id: ${quote(id)}, version: 1, machine, quiescent: ${list(quiescent)}${acknowledgedCode(acknowledged)} }
`
}

function acknowledgedCode(acknowledged: NonNullable<Chart['acknowledged']>): string {
  if (acknowledged.length === 0) return ''
  const lines = acknowledged.map(
    ({ rule, place, because }) =>
      `{ rule: ${quote(rule)}, place: ${quote(place)}, because: ${quote(because)} }`,
  )
  return `,\n  acknowledged: [${lines.join(', ')}]`
}

export function chartName(model: string): string {
  return `${camel(kebab(model))}Chart`
}

/** The state before the first message. */
export function newState({ model }: Plan): string {
  const taken = new Set(model.states.map(({ name }) => name))
  return ['new', 'not_started', 'before_the_first_message'].find((name) => !taken.has(name)) ?? '__new'
}

function header({ model }: Plan, parts: string): string {
  const name = brief(model.name.replaceAll('*/', '* /'))
  return `${allowTemplates(parts)}/**
 * The detector model ${name} as a chart. Made by \`npm run import-detector\`; from here on it is yours to change.
 * Its events are edges that become due one after the other (detector-run.ts); what it asks of other services is decided.
 */
`
}

function importsCode({ actions }: Plan, parts: string, { statecharts: from, xstate }: Reached): string {
  const emits = [...actions.values()].some(({ code }) => code.startsWith('emit('))
  const parameter = [...actions.values()].some(({ code }) => code.includes('parameter('))
  const operators = /(?:^|[\s(,>])v\.[a-zA-Z]+\(/.test(parts)
  const types = '{ type Detector, type DetectorContext, type DetectorEvent, newDetectorContext }'
  return [
    importLine(`{ assign, ${emits ? 'emit, ' : ''}setup }`, xstate),
    importLine('type { Chart }', `${from}/chart.ts`),
    importLine(types, `${from}/detector.ts`),
    emits ? importLine(`{ action${parameter ? ', parameter' : ''} }`, `${from}/detector-actions.ts`) : '',
    importLine('* as run', `${from}/detector-run.ts`),
    operators ? importLine('* as v', `${from}/detector-values.ts`) : '',
  ].join('')
}

/** Texts of a model that look like templates of TypeScript are what they are. */
export function allowTemplates(code: string): string {
  const reason = "the model's own templates"
  return code.includes('${') ? `// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${reason}\n` : ''
}

export function importLine(what: string, from: string): string {
  return `${['import', what, 'from', quote(from)].join(' ')}\n`
}

function detectorCode({ model, states }: Plan): string {
  const key = model.key === null ? 'null' : list(keyPath(model.key))
  const rules = states.map(
    (state) =>
      `${keyCode(state.name)}: { ${(['onEnter', 'onInput', 'onExit'] as const)
        .map((group) => `${group}: [${state[group].map(ruleCode).join(',\n')}]`)
        .join(',\n')} }`,
  )
  return `export const detector: Detector = {
  model: ${quote(model.name)},
  key: ${key},
  evaluation: ${quote(model.evaluation)},
  initial: ${quote(model.initial)},
  about: ${dataCode(model.about)},
  states: { ${rules.join(',\n')} },
}`
}

function ruleCode({ rule, event, condition, next }: PlannedRule): string {
  const holds = reading(condition.code, condition.reads)
  const leads = next === null ? '' : `, next: ${quote(next)}`
  return `{ rule: ${quote(rule)}, event: ${quote(event)}, holds: ${holds}${leads} }`
}

function machineCode(plan: Plan, id: string): string {
  const { model, states, mentioned } = plan
  const fresh = newState(plan)
  const onInput = (action: string, target: string | null) =>
    [...mentioned.inputs]
      .sort()
      .map(
        (input) => `${keyCode(input)}: { ${target ? `target: ${quote(target)}, ` : ''}actions: '${action}' }`,
      )
      .join(', ')
  return `const machine = setup({
  types: {} as { context: DetectorContext; events: DetectorEvent },
  guards: { ${guardsCode(states)} },
  actions: { ${actionsCode(plan)} },
  ${delaysCode(states)}
}).createMachine({
  id: ${quote(id)},
  context: () => newDetectorContext(),
  initial: ${quote(fresh)},
  on: { ${onInput('hear', null)} },
  states: {
    ${keyCode(fresh)}: { on: { ${onInput('create', model.initial)} } },
    ${states.map((state) => stateCode(state)).join(',\n')},
  },
})`
}

function guardsCode(states: PlannedState[]): string {
  const due = states.flatMap((state) =>
    state.onEnter.concat(state.onInput, state.onExit).flatMap((rule) => duesOf(state, rule)),
  )
  const timers = timersOf(states)
  const waits = timers.map(
    (timer) => `${quote(guardOfTimer(timer))}: ({ context }) => run.mustWaitFor(context, ${quote(timer)})`,
  )
  const rests = timers.length > 0 ? ['rest: ({ context }) => run.mustRest(context)'] : []
  return [
    ...due.map((name) => `${quote(name)}: ({ context }) => context.due === ${quote(name)}`),
    ...waits,
    ...rests,
  ].join(',\n')
}

function actionsCode({ states, actions }: Plan): string {
  const timed = timersOf(states).length > 0
  const moves = states.some(({ onInput }) => onInput.some(({ next }) => next !== null))
  const leaves = states.some(
    ({ onInput, onExit }) => onExit.length > 0 && onInput.some(({ next }) => next !== null),
  )
  const own = [
    'create: assign(({ context, event }) => run.create(detector, context, event))',
    'hear: assign(({ context, event }) => run.hear(detector, context, event))',
    'next: assign(({ context }) => run.next(detector, context))',
    ...(moves
      ? [
          'enter: assign(({ context }, params: { state: string }) => run.enter(detector, context, params.state))',
        ]
      : []),
    ...(leaves ? ['leave: assign(({ context }) => run.leave(detector, context))'] : []),
    ...(timed
      ? [
          'timeUp: assign(({ context, event }, params: { timer: string }) => run.timeUp(detector, context, event.at, params.timer))',
          'arm: assign(({ context }) => run.arm(context))',
        ]
      : []),
  ]
  return [...own, ...[...actions].map(([name, { code }]) => `${quote(name)}: ${code}`)].join(',\n')
}

function delaysCode(states: PlannedState[]): string {
  const timers = timersOf(states)
  if (timers.length === 0) return ''
  const delays = timers.map(
    (timer) =>
      `${keyCode(delayName(timer))}: ({ context }) => run.waitFor(context, ${quote(timer)}, context.at)`,
  )
  return `delays: { ${delays.join(',\n')} },`
}

function stateCode(state: PlannedState): string {
  const { name, onEnter, onInput, onExit, timers } = state
  const edges = [...onEnter, ...onInput, ...onExit].flatMap((rule) => edgesCode(state, rule))
  if (timers.length === 0)
    return `${keyCode(name)}: { ${edges.length > 0 ? `always: [${edges.join(',\n')}]` : ''} }`
  const keys = new Set(['resting'])
  const waiting = timers.map((timer) => ({ timer, key: free(keys, waitingState(timer)) }))
  const arming = [
    ...waiting.map(
      ({ timer, key }) =>
        `{ guard: ${quote(guardOfTimer(timer))}, target: ${quote(`.${key}`)}, actions: 'arm' }`,
    ),
    `{ guard: 'rest', target: '.resting', actions: 'arm' }`,
  ]
  const inside = waiting.map(
    ({ timer, key }) =>
      `${keyCode(key)}: { after: { ${keyCode(delayName(timer))}: { actions: { type: 'timeUp', params: { timer: ${quote(timer)} } } } } }`,
  )
  return `${keyCode(name)}: {
    initial: 'resting',
    always: [${[...edges, ...arming].join(',\n')}],
    states: { resting: {}, ${inside.join(',\n')} },
  }`
}

function edgesCode(state: PlannedState, rule: PlannedRule): string[] {
  const actions = rule.actions.map((name) => quote(name))
  const [due, gone] = duesOf(state, rule).map((name) => quote(name))
  if (rule.next === null) return [`{ guard: ${due}, actions: [${[...actions, "'next'"].join(', ')}] }`]
  const enter = `{ type: 'enter', params: { state: ${quote(rule.next)} } }`
  const target = `target: ${quote(rule.next)}${rule.next === state.name ? ', reenter: true' : ''}`
  if (!gone) return [`{ guard: ${due}, ${target}, actions: [${[...actions, enter].join(', ')}] }`]
  return [
    `{ guard: ${due}, actions: [${[...actions, "'leave'"].join(', ')}] }`,
    `{ guard: ${gone}, ${target}, actions: [${enter}] }`,
  ]
}

/** Under which names a rule is due: a transition out of a state with onExit is due twice. */
function duesOf({ onExit }: PlannedState, { rule, next }: PlannedRule): string[] {
  return next !== null && onExit.length > 0 ? [rule, left(rule)] : [rule]
}

function timersOf(states: PlannedState[]): string[] {
  return [...new Set(states.flatMap(({ timers }) => timers))].sort()
}

function guardOfTimer(timer: string): string {
  return `wait for ${timer}`
}

/** `sensor.id` and `` sensor.`motor id` `` as steps. */
function keyPath(key: string): string[] {
  return (key.match(/`[^`]+`|[^.`]+/g) ?? [key]).map((step) => step.replaceAll('`', ''))
}

function list(texts: readonly string[]): string {
  return `[${texts.map((text) => quote(text)).join(', ')}]`
}

function dataCode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(dataCode).join(', ')}]`
  if (typeof value !== 'object' || value === null) return quote(value)
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${keyCode(key)}: ${dataCode(inner)}`)
    .join(', ')} }`
}
