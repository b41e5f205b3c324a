/** What the charts of a fleet from a seed hear, device by device, with the timers that come due in between. */
import type { DeviceConfig, DeviceEvent, DeviceType } from '../../events/event.ts'
import { identityOf } from '../../events/identity.ts'
import { parseReport } from '../../events/parse.ts'
import { lastDeliveries, runFaultyFleet } from '../../firmware-model/faulty-fleet.ts'
import { newFleet } from '../../firmware-model/fleet.ts'
import { type Delivery, FAULT_LEVELS, type FaultLevel, newRadio } from '../../firmware-model/radio.ts'
import { nextTimer } from '../../statecharts/advance.ts'
import type { ChartEvent, Timers } from '../../statecharts/chart.ts'
import { type ChartInstance, chartsOf } from '../../statecharts/device-charts.ts'
import { type Step, timerEvent } from '../../statecharts/step.ts'

export type Stream = { instance: ChartInstance; device_id: string; events: ChartEvent[] }
export type StreamOptions = {
  seed: number
  chargers: number
  thermostats: number
  hours: number
  faults: FaultLevel
}

const START = Date.UTC(2026, 10, 2)
const FIRST_EPOCH_MS = 1e12

/** Of every chart there is: a new one for a device that the firmware model does not have needs a stream of its own here. */
export function heardByCharts(options: StreamOptions): Stream[] {
  const { seed, chargers, thermostats, hours, faults } = options
  const fleet = newFleet({ seed, chargers, thermostats, start_at: START })
  const radio = newRadio(seed, FAULT_LEVELS[faults])
  const { deliveries } = runFaultyFleet(fleet, radio, START, START + hours * 3_600_000)
  const arrived = [...deliveries, ...lastDeliveries(radio)]
  const said = fleet.members.map(({ sim: { device_id, device_type }, config }) => {
    const events = arrived.filter((one) => one.device_id === device_id).map(eventOf)
    return { device_id, device_type, config, events: events.sort(byTime) }
  })
  const [evse, others] = [said.slice(0, chargers), said.slice(chargers)]
  const pairs = evse.flatMap((charger, i) => (others[i] ? [pairOf([charger, others[i]])] : []))
  return [...said, ...pairs].flatMap(heard)
}

type Speaker = { device_id: string; device_type: DeviceType; config: DeviceConfig; events: DeviceEvent[] }

function heard({ device_id, device_type, config, events }: Speaker): Stream[] {
  return chartsOf(device_type).map((instance) => ({
    instance,
    device_id,
    events: events.flatMap((event) => instance.hear(event, config) ?? []),
  }))
}

/** What the pair of a charger and a thermostat on one circuit is told. */
function pairOf(members: Speaker[]): Speaker {
  const config = { interlock_debounce_s: 30, interlock_grace_s: 120, report_interval_s: 600 }
  const events = members.flatMap(({ device_id, device_type, events }) =>
    events.map((event) => {
      const fields = {
        ...event.fields,
        member_id: device_id,
        member_type: device_type,
        circuit: 'c-1',
        config,
      }
      return { ...event, device_type: 'pair', fields } as DeviceEvent
    }),
  )
  const device_id = `pair:${members.map((one) => one.device_id).join(':')}`
  return { device_id, device_type: 'pair' as DeviceType, config, events: events.sort(byTime) }
}

function byTime(a: DeviceEvent, b: DeviceEvent): number {
  return a.event_time - b.event_time
}

function eventOf({ topic, payload, device_id, received_at }: Delivery): DeviceEvent {
  const read = parseReport({ topic, payload: new TextEncoder().encode(payload), wireless: () => device_id })
  if ('rejection' in read) throw new Error(`${JSON.stringify(read.rejection)} in ${payload}`)
  const { report } = read
  const { reported_timestamp } = report
  return {
    ...report,
    origin: 'device',
    event_time: reported_timestamp < FIRST_EPOCH_MS ? received_at : reported_timestamp,
    time_quality: 'device',
    received_at,
    identity: identityOf(report),
  } as DeviceEvent
}

export type Stepper = (step: Step, event: ChartEvent) => Step

/** The events and the timers that come due between them, one step each, from `first` on; every event of every step. */
export function walk(first: Step, events: readonly ChartEvent[], step: Stepper): ChartEvent[] {
  const stepped: ChartEvent[] = []
  let at = first
  let timers: Timers = {}
  const take = (event: ChartEvent) => {
    stepped.push(event)
    at = step(at, event)
    for (const change of at.timers)
      if ('cancel' in change) delete timers[change.cancel]
      else timers[change.set] = event.at + change.delay_ms
  }
  for (const event of events) {
    for (let due = nextTimer(timers); due && due.due_at <= event.at; due = nextTimer(timers)) {
      const { [due.name]: _, ...others } = timers
      timers = others
      take({ type: timerEvent(due.name), at: due.due_at, config: event.config })
    }
    take(event)
  }
  return stepped
}
