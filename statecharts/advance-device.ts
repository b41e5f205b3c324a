/** All charts of one device, one event or one stretch of time: what each decided, under the key that follows from its cause. */
import type { DeviceConfig, DeviceEvent } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { compareKeys, decidedKey, type EventKey, eventKey, RANK } from '../events/key.ts'
import { advance, advanceTime, newChartState } from './advance.ts'
import type { Advanced, ChartState, Decision } from './chart.ts'
import { configAt } from './config-in-force.ts'
import { type ChartInstance, chartsOf } from './device-charts.ts'
import type { DeviceState } from './device-state.ts'

/** A decision with the key of its row and of what caused it. */
export type Decided = { instance: ChartInstance; decision: Decision; key: EventKey; cause: EventKey }

export type AdvancedDevice = {
  instances: Record<string, ChartState>
  decided: Decided[]
  /** The last thing folded: the event, or the last timer that fired; null where time passed and nothing did. */
  horizon: EventKey | null
}

/**
 * One event beyond the horizon. Charts that do not hear it still see its time; and where time has already passed beyond
 * the event, what the event set going goes on until then.
 */
export function advanceDevice(state: DeviceState, event: DeviceEvent, key: EventKey): AdvancedDevice {
  const config = configAt(state.config, event.event_time)
  const step = (instance: ChartInstance, from: ChartState, facts: TimerFacts) => {
    const heard = instance.hear(event, config)
    const at = heard
      ? advance(instance.chart, from, heard, facts)
      : advanceTime(instance.chart, from, event.event_time, facts)
    return state.until > event.event_time ? movedOn(instance, at, state.until, facts) : at
  }
  const { instances, decided, fired } = eachInstance(state, step, key)
  return { instances, decided, horizon: fired && compareKeys(fired, key) > 0 ? fired : key }
}

function movedOn(instance: ChartInstance, from: Advanced, until: number, facts: TimerFacts): Advanced {
  const on = advanceTime(instance.chart, from.state, until, facts)
  return { ...on, decided: [...from.decided, ...on.decided], fired: on.fired ?? from.fired }
}

/** Time has reached `until`. */
export function advanceDeviceTime(state: DeviceState, until: number): AdvancedDevice {
  const step = (instance: ChartInstance, from: ChartState, facts: TimerFacts) =>
    advanceTime(instance.chart, from, until, facts)
  const { instances, decided, fired } = eachInstance(state, step, null)
  return { instances, decided, horizon: fired }
}

/** The key of a timer that came due: (due_at, timer), whoever noticed it. */
export function timerKey(device_id: string, instance: string, timer: string, due_at: number): EventKey {
  return eventKey({ event_time: due_at, rank: RANK.timer, identity: hashOf([device_id, instance, timer]) })
}

type TimerFacts = (at: number) => { config: DeviceConfig }

function eachInstance(
  state: DeviceState,
  step: (instance: ChartInstance, from: ChartState, facts: TimerFacts) => Advanced,
  event: EventKey | null,
): Omit<AdvancedDevice, 'horizon'> & { fired: EventKey | null } {
  const facts: TimerFacts = (at) => ({ config: configAt(state.config, at) })
  const instances: Record<string, ChartState> = {}
  const decided: Decided[] = []
  let fired: EventKey | null = null
  for (const instance of chartsOf(state.device_type)) {
    const from = state.instances[instance.name] ?? newChartState(instance.chart)
    const advanced = step(instance, from, facts)
    instances[instance.name] = advanced.state
    keyed(state.device_id, instance, advanced.decided, event, decided)
    if (!advanced.fired) continue
    const last = timerKey(state.device_id, instance.name, advanced.fired.name, advanced.fired.due_at)
    if (!fired || compareKeys(last, fired) > 0) fired = last
  }
  return { instances, decided, fired }
}

function keyed(
  device_id: string,
  instance: ChartInstance,
  decisions: Decision[],
  event: EventKey | null,
  into: Decided[],
): void {
  let cause: EventKey | null = null
  let nth = 0
  for (const decision of decisions) {
    const next =
      decision.timer === null
        ? (event as EventKey)
        : timerKey(device_id, instance.name, decision.timer, decision.at)
    nth = cause && compareKeys(cause, next) === 0 ? nth + 1 : 1
    cause = next
    into.push({ instance, decision, cause, key: decidedKey(cause, instance.slot, nth) })
  }
}
