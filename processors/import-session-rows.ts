/** Rows of sessions: each right in itself, and, beside the others of its device, possible. */

import { parseReport } from '../events/parse.ts'
import { isRejected, type Rejected, reject } from '../events/rejection.ts'
import type { Fields } from './import-cells.ts'
import type { SESSION_FIELDS } from './import-fields.ts'
import type { BadRow } from './import-report.ts'
import { sessionMessages } from './import-session-events.ts'

/** A finished session as a file tells it. Times in epoch ms; what the file does not say is absent. */
export type SessionRow = Fields<typeof SESSION_FIELDS> & { line: number }

/** What happens within a session needs room between its first and its last millisecond; no file tells of less. */
const SHORTEST_MS = 1_000

/** What is wrong with a row by itself, or null. The events it would become pass the parser that devices' messages pass. */
export function sessionFlaw(row: SessionRow): Rejected | null {
  return timesFlaw(row) ?? energyFlaw(row) ?? messageFlaw(row)
}

function timesFlaw(row: SessionRow): Rejected | null {
  const { started_at, ended_at, charging_started_at: from, charging_ended_at: to } = row
  if (ended_at <= started_at) return rejectTime('ended_at', ended_at, 'is not after started_at')
  if (ended_at - started_at < SHORTEST_MS)
    return rejectTime('ended_at', ended_at, 'is less than a second after started_at')
  if (from !== undefined && (from < started_at || from >= ended_at))
    return rejectTime('charging_started_at', from, 'is not within the session')
  if (to !== undefined && (to <= started_at || to > ended_at))
    return rejectTime('charging_ended_at', to, 'is not within the session')
  if ((to ?? ended_at) - (from ?? started_at) < SHORTEST_MS)
    return to !== undefined
      ? rejectTime('charging_ended_at', to, 'is not a second after charging began')
      : rejectTime('charging_started_at', from as number, 'is not a second before ended_at')
  return null
}

function energyFlaw({ energy_kwh }: SessionRow): Rejected | null {
  return energy_kwh !== undefined && energy_kwh < 0 ? reject('energy_kwh', energy_kwh, 'is negative') : null
}

function messageFlaw(row: SessionRow): Rejected | null {
  const last = sessionMessages(row).at(-1)
  const outcome = last && parseReport(last)
  if (!outcome || !isRejected(outcome)) return null
  const { field, value, rule } = outcome.rejection
  return { rejection: { field: field === 'energy_delivered_kwh' ? 'energy_kwh' : field, value, rule } }
}

function rejectTime(field: string, at: number, rule: string): Rejected {
  return reject(field, new Date(at).toISOString(), rule)
}

export type Sorted = { sessions: SessionRow[]; repeated: number; bad: BadRow[] }

/**
 * The sessions in order of time, so that none of a device's events comes behind a later one. A row that says what another
 * says is left out; of two that overlap on one device the first to begin stays, and the other is bad.
 */
export function sortSessions(rows: readonly SessionRow[]): Sorted {
  const byDevice = [...rows].sort(
    (a, b) =>
      compareText(a.device_id, b.device_id) ||
      a.started_at - b.started_at ||
      a.ended_at - b.ended_at ||
      a.line - b.line,
  )
  const sorted: Sorted = { sessions: [], repeated: 0, bad: [] }
  let before: SessionRow | null = null
  for (const row of byDevice) {
    if (before?.device_id !== row.device_id || row.started_at >= before.ended_at) {
      sorted.sessions.push(row)
      before = row
    } else if (saysTheSame(before, row)) sorted.repeated++
    else sorted.bad.push({ line: row.line, ...overlap(row, before).rejection })
  }
  sorted.sessions.sort((a, b) => a.started_at - b.started_at || a.line - b.line)
  return sorted
}

function overlap(row: SessionRow, before: SessionRow): Rejected {
  return rejectTime(
    'started_at',
    row.started_at,
    `overlaps the session of line ${before.line} on this device`,
  )
}

function saysTheSame(a: SessionRow, b: SessionRow): boolean {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof SessionRow>
  fields.delete('line')
  return [...fields].every((field) => a[field] === b[field])
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
