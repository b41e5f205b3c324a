/** What a chart will be made of: its rules with their code, its actions by name, and where which timer may run. */
import { left } from '../statecharts/detector-run.ts'
import { type ActionCode, actionCode } from './action-code.ts'
import { BadExpression } from './expression.ts'
import { expressionCode, type Mentioned, nothingMentioned } from './expression-code.ts'
import { type DetectorModel, type ModelEvent, type ModelState, Untranslatable } from './model.ts'
import { free } from './names.ts'

export type PlannedRule = {
  rule: string
  event: string
  condition: { code: string; reads: boolean }
  next: string | null
  actions: string[]
}
export type PlannedState = Record<'onEnter' | 'onInput' | 'onExit', PlannedRule[]> & {
  name: string
  /** Timers that may run while it is in this state. */
  timers: string[]
}
export type Plan = {
  model: DetectorModel
  states: PlannedState[]
  /** Actions by name, in the order of their first use. */
  actions: Map<string, ActionCode>
  mentioned: Mentioned
}

const GROUPS = ['onEnter', 'onInput', 'onExit'] as const

type Work = {
  plan: Plan
  flaws: string[]
  byCode: Map<string, string>
  names: Set<string>
  rules: Set<string>
}

/** Throws Untranslatable with everything that has no counterpart. */
export function planChart(model: DetectorModel): Plan {
  const mentioned = nothingMentioned()
  const plan: Plan = { model, states: [], actions: new Map(), mentioned }
  const work: Work = { plan, flaws: [], byCode: new Map(), names: new Set(), rules: new Set() }
  for (const state of model.states) plan.states.push(planState(work, state))
  spreadTimers(plan)
  if (work.flaws.length === 0 && mentioned.inputs.size === 0)
    work.flaws.push('no expression reads an input, so nothing would ever be heard')
  if (work.flaws.length > 0) throw new Untranslatable(work.flaws)
  return plan
}

function planState(work: Work, state: ModelState): PlannedState {
  const [onEnter = [], onInput = [], onExit = []] = GROUPS.map((group) =>
    state[group].map((event) => planRule(work, `${state.name}.${group}.${event.name}`, event)),
  )
  return { name: state.name, onEnter, onInput, onExit, timers: [] }
}

function planRule(work: Work, named: string, event: ModelEvent): PlannedRule {
  const rule = free(work.rules, named)
  work.rules.add(left(rule))
  const condition = tried(work, named, 'condition', { code: 'true', reads: false }, () =>
    expressionCode(event.condition ?? 'true', work.plan.mentioned),
  )
  const actions = event.actions.map((action) =>
    tried(work, named, action.type, '', () => registered(work, actionCode(action, work.plan.mentioned))),
  )
  return { rule, event: event.name, condition, next: event.next, actions }
}

/** The same action is one action of the chart, wherever it stands. */
function registered(work: Work, action: ActionCode): string {
  const known = work.byCode.get(action.code)
  if (known !== undefined) return known
  const name = free(work.names, action.name)
  work.byCode.set(action.code, name)
  work.plan.actions.set(name, action)
  return name
}

function tried<T>(work: Work, place: string, part: string, otherwise: T, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof BadExpression)) throw error
    work.flaws.push(`${place}: ${part}: ${error.message}`)
    return otherwise
  }
}

/** A timer runs on where a transition leads, so it may run in every state that can follow the one that sets it. */
function spreadTimers({ states, actions }: Plan): void {
  const running = new Map(states.map((state) => [state.name, timersSetIn(state, actions)]))
  for (let grew = true; grew; ) {
    grew = false
    for (const { name, onInput } of states)
      for (const { next } of onInput)
        for (const timer of running.get(name) ?? []) {
          const there = running.get(next ?? name)
          if (!there || there.has(timer)) continue
          there.add(timer)
          grew = true
        }
  }
  for (const state of states) state.timers = [...(running.get(state.name) ?? [])].sort()
}

function timersSetIn(state: PlannedState, actions: Plan['actions']): Set<string> {
  const rules = [...state.onEnter, ...state.onInput, ...state.onExit]
  const sets = rules.flatMap((rule) => rule.actions.map((name) => actions.get(name)?.sets ?? null))
  return new Set(sets.filter((timer) => timer !== null))
}
