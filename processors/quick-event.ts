/** An event of a device that is folded quickly, and its key: both are hashed only where somebody asks. */
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
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

/** The key of a report; null for a stamp by uptime, and for a claim of the future: when they were depends on their receipt. */
export function setClockKey(report: DeviceReport, received_at: number): EventKey | null {
  const { reported_timestamp } = report
  const isSet = reported_timestamp >= FIRST_EPOCH_MS && reported_timestamp - received_at <= FUTURE_LIMIT_MS
  return isSet ? new KeyOf(report) : null
}

/** Written out only where something else has its millisecond, or something is decided because of it. */
class KeyOf implements EventKey {
  readonly ts: number
  readonly #report: DeviceReport
  #ord: string | null = null

  constructor(report: DeviceReport) {
    this.ts = report.reported_timestamp
    this.#report = report
  }

  get ord(): string {
    this.#ord ??= ordinalOf(this.#report)
    return this.#ord
  }
}

function ordinalOf(report: DeviceReport): string {
  const { reported_timestamp, sequence } = report
  const identity = identityOf(report)
  return eventKey({ event_time: reported_timestamp, rank: rankOf(report), identity, sequence }).ord
}

/**
 * Whether a message that was sent while the clock was not set lies before `at`: where it does not, nobody knows its boot, and
 * with it its time, who has not read all that was said before. It never lies behind its receipt.
 */
export function isUnsetBefore(report: DeviceReport, received_at: number, at: EventKey | null): boolean {
  return at !== null && report.reported_timestamp < FIRST_EPOCH_MS && received_at < at.ts
}
