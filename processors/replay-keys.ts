/** Where a replay knows a message to lie without its device's clock: what a set clock says, and what was said before. */
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import type { DeviceReport } from '../events/event.ts'
import { identityOf } from '../events/identity.ts'
import { type EventKey, eventKey, type Rank } from '../events/key.ts'
import { rankOf } from '../events/rank.ts'

/**
 * Whether a message that was sent while the clock was not set lies before `at`: where it does not, nobody knows its boot, and
 * with it its time, who has not read all that was said before. It never lies behind its receipt.
 */
export function isUnsetBefore(report: DeviceReport, received_at: number, at: EventKey | null): boolean {
  return at !== null && report.reported_timestamp < FIRST_EPOCH_MS && received_at < at.ts
}

/** Null for a stamp by uptime, and for a claim of the future: their times depend on when they were received. */
export function setClockKey(report: DeviceReport, received_at: number): KeyOf | null {
  const { reported_timestamp } = report
  const isSet = reported_timestamp >= FIRST_EPOCH_MS && reported_timestamp - received_at <= FUTURE_LIMIT_MS
  return isSet ? new KeyOf(report, identityOf(report)) : null
}

/** A key that is written out only where something else has its millisecond, or something is decided because of it. */
class KeyOf implements EventKey {
  readonly ts: number
  private readonly rank: Rank
  private readonly sequence: number
  readonly identity: string

  constructor(report: DeviceReport, identity: string) {
    this.ts = report.reported_timestamp
    this.rank = rankOf(report)
    this.sequence = report.sequence ?? 0
    this.identity = identity
  }

  get ord(): string {
    const { ts: event_time, rank, identity, sequence } = this
    return eventKey({ event_time, rank, identity, sequence }).ord
  }
}
