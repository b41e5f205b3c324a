/** What must hold of any store in which everything has been processed, whatever happened on the way. */
import { KEY_COLUMNS, type StoreDump, type TableName } from '../../adapters/store-tables.ts'
import { canonicalMessage } from '../../events/canonical.ts'
import { FIRST_EPOCH_MS } from '../../events/envelope.ts'
import { identityOf } from '../../events/identity.ts'
import { compareKeys } from '../../events/key.ts'
import type { EventRow, Summary } from '../../events/ports.ts'
import { openRecord, readRecord } from '../../processors/decode-record.ts'
import { parseDeviceState } from '../../statecharts/device-state.ts'
import type { Record0 } from './device-life.ts'
import type { Dump } from './law.ts'

/** The first thing in which the two differ, as a text; null where they are the same. */
export function difference(faulty: Dump, clean: Dump): string | null {
  for (const table of Object.keys(clean) as TableName[]) {
    const [is, should] = [byKey(table, faulty[table]), byKey(table, clean[table])]
    for (const key of new Set([...is.keys(), ...should.keys()])) {
      const [one, other] = [is.get(key), should.get(key)]
      if (!one) return `${table}: is missing ${JSON.stringify(other)}`
      if (!other) return `${table}: has, and should not, ${JSON.stringify(one)}`
      const differs = firstDifference(one, other, '')
      if (differs) return `${table} ${key}:${differs}`
    }
  }
  return null
}

function byKey(table: TableName, rows: readonly unknown[] = []): Map<string, unknown> {
  // A message that was refused has no place of its own in the comparison.
  const columns = table === 'quarantine' ? ['topic', 'payload_base64'] : KEY_COLUMNS[table]
  return new Map(
    rows.map((row) => [JSON.stringify(columns.map((name) => (row as Record<string, unknown>)[name])), row]),
  )
}

/** Where in two rows the first difference is, and what stands there. */
function firstDifference(one: unknown, other: unknown, path: string): string | null {
  if (JSON.stringify(one) === JSON.stringify(other)) return null
  const isPlain = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isPlain(one) || !isPlain(other))
    return ` ${path} is ${JSON.stringify(one)} and should be ${JSON.stringify(other)}`
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>]
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const found = firstDifference(a[name], b[name], path ? `${path}.${name}` : name)
    if (found) return found
  }
  return null
}

/** Every record that was accepted is one live row, and one that was refused is in quarantine, with its bytes. */
export function acceptedOnce(dump: StoreDump, said: readonly Record0[]): string | null {
  const rows = live(dump).filter(({ origin, device_type }) => origin === 'device' && device_type !== 'pair')
  const counted = Map.groupBy(rows, ({ identity }) => identity)
  for (const [identity, same] of counted)
    if (same.length > 1) return `${identity} of ${same[0]?.device_id} is ${same.length} rows`
  const refused = new Set(dump.quarantine.map(({ topic, payload_base64 }) => `${topic} ${payload_base64}`))
  for (const record of said.filter(({ source }) => source === 'mqtt')) {
    const told = `${record.topic} ${new TextDecoder().decode(record.payload)}`
    const decoded = readRecord(openRecord({ ...record, position: '' }), () => WIRELESS)
    if ('rejection' in decoded) {
      if (!refused.has(`${record.topic} ${Buffer.from(record.payload).toString('base64')}`))
        return `refused, and not in quarantine: ${told}`
    } else if (decoded.kind === 'report' && decoded.report.reported_timestamp >= FIRST_EPOCH_MS) {
      const { report } = decoded
      const owner = report.device_id === WIRELESS ? null : report
      if (owner && !counted.has(identityOf(owner))) return `accepted, and no row: ${told}`
    }
  }
  return null
}

/** Stands for a device that only the registry can name: its identity is not known here. */
const WIRELESS = 'wireless'

/** Sessions of a device, and its cycles of a mode, come one after the other; at most the last of them is open. */
export function noneOverlap(dump: StoreDump): string | null {
  const things = dump.summaries.filter(({ kind, retracted }) => kind !== 'alarm' && !retracted)
  const lanes = Map.groupBy(things, ({ kind, device_id, body }) => `${kind} ${device_id} ${body.mode ?? ''}`)
  for (const [lane, of] of lanes) {
    const inOrder = of.toSorted((a, b) => a.started_at - b.started_at || endOf(a) - endOf(b))
    for (const [index, one] of inOrder.entries()) {
      const next = inOrder[index + 1]
      if (next && next.started_at < endOf(one)) return `${lane}: ${one.id} and ${next.id} overlap`
    }
  }
  return null
}

function endOf({ body }: Summary): number {
  return (body.ended_at as number | null) ?? Number.POSITIVE_INFINITY
}

const STUCK_MS = 6 * 3_600_000
const FAULT_CLOSE_MS = 900_000
const CALL_SILENCE_MS = 7 * 86_400_000

/** Nothing that time decides is due and undecided, and each such decision stands at the time that it was due. */
export function decidedInTime(dump: StoreDump): string | null {
  for (const { state } of dump.states) {
    const { device_id, until, instances, repairing } = parseDeviceState(state)
    if (repairing) return `${device_id} is still marked as under repair`
    for (const { timers } of Object.values(instances))
      for (const [name, due_at] of Object.entries(timers))
        if (due_at <= until) return `${device_id}: ${name} was due at ${due_at} and time is at ${until}`
  }
  const told = Map.groupBy(live(dump), ({ device_id }) => device_id)
  for (const rows of told.values())
    for (const row of rows) {
      const due_at = row.origin === 'chart' ? dueAt(row, rows) : null
      if (due_at !== null && due_at !== row.ts)
        return `${row.device_id}: ${row.event_type} at ${row.ts} was due at ${due_at}: ${JSON.stringify(row.body)}`
    }
  return null
}

/** When a decision of a timer was due, from what the device said; null for one that an event decided. */
function dueAt(row: EventRow, rows: readonly EventRow[]): number | null {
  const { event_type, body } = row
  const { end_reason, alarm, started_at } = body as {
    end_reason?: string
    alarm?: string
    started_at: number
  }
  if (alarm === 'stuck_call') return started_at + STUCK_MS
  const before = rows.filter((one) => one.origin === 'device' && compareKeys(one, row) < 0)
  if (event_type === 'cycle_end' && end_reason === 'timeout')
    return (before.findLast((one) => `${body.mode}_call` in one.body)?.ts ?? 0) + CALL_SILENCE_MS
  if (end_reason === 'fault') {
    const states = before.filter((one) => one.body.pilot_state)
    const well = states.findLastIndex((one) => !isFault(one.body.pilot_state))
    return (states[well + 1]?.ts ?? 0) + FAULT_CLOSE_MS
  }
  const heard = before.at(-1)
  if (!heard || event_type !== 'session_end' || end_reason !== 'timeout') return null
  const silence_ms = silenceOf(heard, started_at, rows)
  return silence_ms === null ? null : heard.ts + silence_ms
}

function isFault(pilot_state: unknown): boolean {
  return pilot_state === 'E' || pilot_state === 'F'
}

/**
 * Ten report intervals by the configuration in force when it was last heard, five minutes at least; else a week. Null where
 * that changed since the session began: a limit that gets shorter counts from when the longer one has passed.
 */
function silenceOf(heard: EventRow, from: number, rows: readonly EventRow[]): number | null {
  const written = ({ body }: EventRow) => body.written_at as number
  const said = ({ body }: EventRow) => canonicalMessage(body.config as Record<string, unknown>)
  const versions = rows
    .filter(({ origin, ts }) => origin === 'config' && ts <= heard.ts)
    .sort((a, b) => a.ts - b.ts || written(a) - written(b) || (said(a) < said(b) ? -1 : 1))
  const inForce = versions.findLastIndex(({ ts }) => ts <= from)
  const limits = versions.slice(Math.max(0, inForce)).map(limitOf)
  if (inForce < 0) limits.unshift(CALL_SILENCE_MS)
  return new Set(limits).size > 1 ? null : (limits[0] as number)
}

function limitOf({ body }: EventRow): number {
  const { report_interval_s } = body.config as { report_interval_s?: number }
  return report_interval_s ? Math.max(300_000, report_interval_s * 10_000) : CALL_SILENCE_MS
}

function live({ events }: StoreDump): EventRow[] {
  return events.filter(({ retracted }) => !retracted)
}
