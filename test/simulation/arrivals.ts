/** What may happen to records between a device and the log: they come again, too early, too late, or never. */
import { positionText } from '../../adapters/log-position.ts'
import type { LogRecord } from '../../events/record.ts'
import type { Random, Record0 } from './device-life.ts'

/** Positions as a log gives them. */
export function laid(records: readonly Record0[]): LogRecord[] {
  return records.map((record, index) => ({ ...record, position: positionText(index + 1) }))
}

/** Some records again, each somewhere after it came first: a broker or a producer that repeats itself. */
export function withDuplicates(records: readonly Record0[], random: Random, chance: number): Record0[] {
  const result: Record0[] = []
  records.forEach((record, index) => {
    result.push(record)
    while (random.chance(chance)) result.push(records[random.below(index + 1)] as Record0)
  })
  return result
}

/**
 * Some messages again as a device publishes them that has not heard an acknowledgement: the front door stamps them anew.
 * Each somewhere after its first copy; one that is stamped by uptime at once, for later it may be a boot that says the same.
 */
export function publishedAgain(records: readonly Record0[], random: Random, chance: number): Record0[] {
  const result: Record0[] = []
  let now = 0
  records.forEach((record, index) => {
    result.push(record)
    now = Math.max(now, record.received_at)
    if (!random.chance(chance)) return
    const again = records[random.below(index + 1)] as Record0
    const received_at = now + random.below(60_000)
    const isCopy = isEpoch(again) || (again === record && received_at - again.received_at < COPY_MS)
    if (again.source === 'mqtt' && isCopy) result.push({ ...again, received_at })
  })
  return result
}

/** Each record up to `reach` places from its own, but for the first of all, which says what the device is. */
export function reordered(records: readonly Record0[], random: Random, reach: number): Record0[] {
  const [first, ...others] = records
  const placed = others.map((record, index) => ({ record, at: index + random.next() * reach }))
  const rest = placed.sort((a, b) => a.at - b.at).map(({ record }) => record)
  return first ? [first, ...rest] : rest
}

const COPY_MS = 5 * 60_000

function isEpoch({ payload }: Record0): boolean {
  return /"timestamp":\d{13}\b/.test(new TextDecoder().decode(payload))
}
