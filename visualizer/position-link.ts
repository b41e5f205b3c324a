/** A stepper's position as the part of a link behind `#`, and back. What it holds stays in the browser. */

import { newChartState } from '../statecharts/advance.ts'
import type { Chart, ChartEvent, ChartState } from '../statecharts/chart.ts'
import type { ConfigInForce } from '../statecharts/config-in-force.ts'
import { goTo, type Move, moveAll, newStepper, type Stepper, standingOf } from './stepper.ts'

type Shared = {
  chart: string
  version: number
  instance: string
  /** Where it begins; absent for a chart that has seen nothing. */
  state?: ChartState
  now: number
  moves: Move[]
  configs: ConfigInForce[]
}
/** Longer than this a link does not survive a mail: it then begins where it stands, without the way there. */
const MOST_CHARACTERS = 6_000

export type Opened = { stepper: Stepper; instance: string }

export function linkOf(stepper: Stepper, instance: string): string {
  const { chart, first, moves, at, configs } = stepper
  const begun = { chart: chart.id, version: chart.version, instance, configs }
  const state = isFirst(stepper) ? {} : { state: first.state }
  const whole = encode({ ...begun, ...state, now: first.now, moves: moves.slice(0, at) })
  if (whole.length <= MOST_CHARACTERS) return whole
  const { state: here, now } = standingOf(stepper)
  return encode({ ...begun, state: here, now, moves: [] })
}

/** @returns what is wrong with it, in one line, where it is no position of this chart */
export function openLink(chart: Chart, hash: string): Opened | { flaw: string } {
  const shared = decode(hash)
  if (!shared) return { flaw: 'the link does not hold a position' }
  if (shared.chart !== chart.id) return { flaw: `the link is of ${shared.chart}, and this is ${chart.id}` }
  if (shared.version !== chart.version)
    return { flaw: `the link is of version ${shared.version}, and this is version ${chart.version}` }
  const { state, now, moves, configs, instance } = shared
  if (state && !isStateOf(chart, state)) return { flaw: `the link holds no state of ${chart.id}` }
  const stepper = moveAll(newStepper(chart, { state, now, configs }), moves)
  return { stepper: goTo(stepper, moves.length), instance }
}

function isListOf(value: unknown, isOne: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne)
}

function isMove(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { event, until } = value as { event?: Partial<ChartEvent> | null; until?: unknown }
  return event ? typeof event.type === 'string' && isTime(event.at) : isTime(until)
}

function isConfig(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isTime((value as ConfigInForce).effective_from)
}

/** Within what a date can be. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime())
}

function isFirst({ chart, first }: Stepper): boolean {
  return JSON.stringify(first.state) === JSON.stringify(newChartState(chart))
}

/** Whoever made the link: a state that the machine does not have would break the page. */
function isStateOf({ machine }: Chart, { value, context, timers }: ChartState): boolean {
  try {
    machine.resolveState({ value, context })
    return Object.values(timers).every(Number.isFinite)
  } catch {
    return false
  }
}

function encode(shared: Shared): string {
  const bytes = new TextEncoder().encode(JSON.stringify(shared))
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(hash: string): Shared | null {
  try {
    const text = atob(hash.replace(/^#/, '').replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0))
    const shared = JSON.parse(new TextDecoder().decode(bytes)) as Shared
    const { moves, configs, now } = shared
    const isWhole = isListOf(moves, isMove) && isListOf(configs, isConfig) && isTime(now)
    return isWhole ? shared : null
  } catch {
    return null
  }
}
