/** An event of a device that is folded quickly, and its key: both are hashed only where somebody asks. */
import type { DeviceEvent, DeviceReport, DeviceType } from '../events/event.ts'
import { identityOf } from '../events/identity.ts'
import { type EventKey, eventKey } from '../events/key.ts'
import { rankOf } from '../events/rank.ts'

/** Of a report whose own time counts. */
export class QuickEvent implements DeviceEvent {
  readonly device_type: DeviceType
  readonly origin = 'device'
  readonly time_quality = 'device'
  readonly received_at: number
  declare readonly payload_location?: string
  readonly #report: DeviceReport
  #identity: string | null = null

  constructor(report: DeviceReport, device_type: DeviceType, received_at: number) {
    this.#report = report
    this.device_type = device_type
    this.received_at = received_at
    const { payload_location } = report
    if (payload_location !== undefined) this.payload_location = payload_location
  }

  get identity(): string {
    this.#identity ??= identityOf(this.#report)
    return this.#identity
  }

  get ord(): string {
    const report = this.#report
    const { event_time, identity } = this
    return eventKey({ event_time, rank: rankOf(report), identity, sequence: report.sequence }).ord
  }

  get event_time(): number {
    return this.#report.reported_timestamp
  }

  get device_id(): string {
    return this.#report.device_id
  }

  get event_type(): DeviceEvent['event_type'] {
    return this.#report.event_type
  }

  get fields(): DeviceEvent['fields'] {
    return this.#report.fields as DeviceEvent['fields']
  }

  get reported_timestamp(): number {
    return this.#report.reported_timestamp
  }

  get extra(): Record<string, unknown> {
    return this.#report.extra
  }

  get flags(): string[] {
    return this.#report.flags
  }
}

/** Written out only where something else has its millisecond, or something is decided because of it. */
export class KeyOf implements EventKey {
  readonly ts: number
  readonly #event: QuickEvent

  constructor(event: QuickEvent) {
    this.ts = event.event_time
    this.#event = event
  }

  get ord(): string {
    return this.#event.ord
  }
}
