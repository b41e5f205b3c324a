/** Sessions, cycles and violations that are under way, with their figures so far: they are in the device's state, not yet in any row. */
import { type ChartState, statePath } from '../statecharts/chart.ts'
import type { DeviceState } from '../statecharts/device-state.ts'
import type { EvseContext } from '../statecharts/evse-memory.ts'
import { summarizeSession } from '../statecharts/evse-summary.ts'
import { type HvacContext, summarizeCycle } from '../statecharts/hvac-memory.ts'
import { type InterlockContext, summarizeViolation } from '../statecharts/interlock-memory.ts'
import { alarmId, thingId } from '../statecharts/thing-id.ts'

/** `body` is told as the rows of finished ones are. */
export type OpenThing = { kind: 'session' | 'cycle' | 'alarm'; id: string; body: Record<string, unknown> }

/** What the device has open at `now`. */
export function openThings(state: DeviceState, location: string | null, now: number): OpenThing[] {
  const { device_id, until } = state
  // A device may be ahead of our clock by what the clock rules let pass.
  const at = Math.max(now, until)
  return Object.entries(state.instances).flatMap(([name, instance]) => {
    const thing = openThing(instance, at)
    if (!thing) return []
    const { kind, opened_by, told } = thing
    const opened = thingId(device_id, name, opened_by)
    const id = kind === 'alarm' ? alarmId(opened, told.alarm) : opened
    return [{ kind, id, body: { [`${kind}_id`]: id, device_id, location, ...told } }]
  })
}

function openThing(instance: ChartState, at: number) {
  const path = statePath(instance.value)
  if (instance.chart === 'evse-session' && path.startsWith('session.')) {
    const context = instance.context as EvseContext
    const { opened_by, ...told } = summarizeSession(context, at, null)
    return { kind: 'session' as const, opened_by, told }
  }
  if (instance.chart === 'hvac-cycle' && path.startsWith('calling.')) {
    const context = instance.context as HvacContext
    const { opened_by, ...told } = summarizeCycle(context, at, null)
    return { kind: 'cycle' as const, opened_by, told }
  }
  if (instance.chart === 'ev-interlock' && path.startsWith('violation.')) {
    const context = instance.context as InterlockContext
    const { opened_by, ...told } = summarizeViolation(context, at, null)
    return { kind: 'alarm' as const, opened_by, told }
  }
  return null
}
