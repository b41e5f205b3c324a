/** Times as files write them: epoch ms or s, ISO 8601 with its offset, or, where the zone is known, without. */
import { FIRST_EPOCH_MS } from '../events/envelope.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { parseIsoTime } from '../events/timestamp.ts'
import { TIME_UNITS } from './import-fields.ts'
import type { LocalClock } from './local-time.ts'

export type TimeRules = {
  /** For local times without offset; null refuses them. */
  zone: { name: string; clock: LocalClock } | null
  /** Nothing that a file tells of has happened after this (epoch ms). */
  latest: number
}

type Read<T> = { value: T } | { rule: string }

/** Epoch ms of a cell, or the rule it breaks. `unit` is of a number: `ms` (also null) or `s`; or the order of a date. */
export function readTime(text: string, unit: string | null, { zone, latest }: TimeRules): Read<number> {
  if (unit === 'mdy' || unit === 'dmy') return readTime(yearFirst(text, unit), null, { zone, latest })
  const outcome = /^\d+(\.\d+)?$/.test(text) ? readNumber(text, unit) : readIso(text, zone)
  if ('rule' in outcome) return outcome
  // A time below is taken for an uptime by the log, and one above by no key.
  if (outcome.value < FIRST_EPOCH_MS) return { rule: `is before ${new Date(FIRST_EPOCH_MS).toISOString()}` }
  if (outcome.value > Math.min(latest, MAX_TIMESTAMP_MS)) return { rule: 'is in the future' }
  return outcome
}

/** A date in figures with its year in front; what is none stays as it is, and is refused as it stands. */
function yearFirst(text: string, order: 'mdy' | 'dmy'): string {
  const parts = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})[ T]+(\d{1,2})(:\d\d.*)$/.exec(text)
  if (!parts) return text
  const [, first = '', second = '', year = '', hour = '', rest = ''] = parts
  const [month, day] = order === 'mdy' ? [first, second] : [second, first]
  const two = (figures: string) => figures.padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${two(hour)}${rest}`
}

function readNumber(text: string, unit: string | null): Read<number> {
  const value = Math.round(Number(text) * (TIME_UNITS[unit ?? 'ms']?.ms ?? 1))
  const seconds = value * 1000
  if (unit === null && value < FIRST_EPOCH_MS && seconds >= FIRST_EPOCH_MS && seconds <= MAX_TIMESTAMP_MS)
    return {
      rule: 'is too small for epoch milliseconds; if these are seconds, put :s behind the column’s name',
    }
  return { value }
}

function readIso(text: string, zone: TimeRules['zone']): Read<number> {
  const iso = text
    .replace(/^(\d{4}-\d\d-\d\d) +(?=\d)/, '$1T')
    .replace(/ +(?=(?:Z|[+-]\d\d:?(?:\d\d)?)$)/i, '')
    .replace(/(:\d\d(?:[.,]\d+)?[+-]\d\d)$/, '$100')
  const value = parseIsoTime(iso)
  if (value !== null) return { value }
  const local = parseIsoTime(`${iso}Z`)
  if (local === null) return { rule: 'is neither epoch milliseconds nor an ISO 8601 date and time' }
  return zone ? readLocal(local, zone) : { rule: 'has no offset from UTC: name its zone with --time-zone' }
}

function readLocal(local: number, zone: NonNullable<TimeRules['zone']>): Read<number> {
  const [moment, other] = zone.clock(local)
  if (moment === undefined)
    return { rule: `is no time in ${zone.name}: clocks were put forward over it; write it with its offset` }
  if (other !== undefined)
    return { rule: `is twice in ${zone.name}: clocks were put back over it; write it with its offset` }
  return { value: moment }
}
