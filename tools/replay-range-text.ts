/** A range of a history in words. */
import type { ReplayRange } from '../processors/replay-source.ts'

/** `from 2026-10-01 to 2026-11-01`; `at all` for everything. */
export function rangeText({ from, to }: Pick<ReplayRange, 'from' | 'to'>): string {
  const since = from > 0 ? `from ${dayText(from)}` : ''
  const until = isBounded(to) ? `to ${dayText(to)}` : ''
  return [since, until].filter((part) => part !== '').join(' ') || 'at all'
}

/** What of a range that ends is not read, and how it would be; '' for one that has no end. */
export function marginText({ to, margin_ms }: Pick<ReplayRange, 'to' | 'margin_ms'>): string {
  if (!isBounded(to)) return ''
  return `what was received from ${dayText(to + margin_ms)} on is not read, unless --margin is longer`
}

function isBounded(to: number): boolean {
  return to < Number.MAX_SAFE_INTEGER
}

function dayText(ms: number): string {
  return new Date(ms).toISOString().replace(/T00:00:00\.000Z$/, '')
}
