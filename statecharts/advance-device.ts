/** All charts of one device, one event or one stretch of time: what each decided, under the key that follows from its cause. */
import type { DeviceConfig, DeviceEvent } from '../events/event.ts'
import { hashOf } from '../events/hash.ts'
import { compareKeys, decidedKey, type EventKey, eventKey, RANK } from '../events/key.ts'
import { advance, advanceTime } from './advance.ts'
import type { Advanced, ChartState, Decision } from './chart.ts'
import { firstState, goneOn, passTime, versionOf } from './chart-versions.ts'
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
  const { upgrades = [] } = state
  const step = (instance: ChartInstance, from: ChartState, facts: TimerFacts) => {
    const ready =
      from.version === instance.chart.version ? null : passTime(instance, from, upgrades, key, facts)
    const before = ready?.state ?? from
    const { chart, hear } = versionOf(instance, before.version) ?? instance
    const heard = hear(event, config)
    const heardAt = heard
      ? advance(chart, before, heard, facts)
      : advanceTime(chart, before, event.event_time, facts)
    const at = ready ? goneOn(ready, heardAt) : heardAt
    if (state.until <= event.event_time) return at
    return goneOn(at, passTime(instance, at.state, upgrades, state.until, facts))
  }
  const { instances, decided, fired } = eachInstance(state, step, key)
  return { instances, decided, horizon: fired && compareKeys(fired, key) > 0 ? fired : key }
}

/** Time has reached `until`. */
export function advanceDeviceTime(state: DeviceState, until: number): AdvancedDevice {
  const { upgrades = [] } = state
  const step = (instance: ChartInstance, from: ChartState, facts: TimerFacts) =>
    passTime(instance, from, upgrades, until, facts)
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
    const from = state.instances[instance.name] ?? firstState(instance, state.upgrades ?? [], event)
    if (!from) continue
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
