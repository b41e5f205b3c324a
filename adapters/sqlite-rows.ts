/** How each item of the hot store becomes the columns of its row, and comes back the same. */
import type { Value } from './sqlite-open.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'
import { KEY_COLUMNS, type TableName, type Tables } from './store-tables.ts'

/**
 * `plain`: numbers, null, and words of our own; `text`: what may come from outside; `optional_…`: NULL is "not said", which
 * is neither false nor null; `json`: an object.
 */
type Kind = 'plain' | 'text' | 'optional_plain' | 'optional_text' | 'optional_flag' | 'json'

/** Every field of every item has a column, or this does not compile. */
const COLUMNS: { [T in TableName]: { [C in keyof Required<Tables[T]>]: Kind } } = {
  events: {
    device_id: 'text',
    ts: 'plain',
    ord: 'plain',
    device_type: 'plain',
    origin: 'plain',
    event_type: 'plain',
    location: 'text',
    identity: 'plain',
    reported_timestamp: 'plain',
    received_at: 'plain',
    time_quality: 'plain',
    applied: 'plain',
    entered: 'optional_plain',
    revision: 'plain',
    retracted: 'optional_flag',
    supersedes: 'optional_text',
    because: 'optional_text',
    ttl: 'plain',
    body: 'json',
  },
  summaries: {
    kind: 'plain',
    id: 'text',
    device_id: 'text',
    location: 'text',
    started_at: 'plain',
    applied: 'plain',
    retracted: 'optional_flag',
    superseded_by: 'optional_text',
    because: 'optional_text',
    ttl: 'optional_plain',
    body: 'json',
  },
  aliases: {
    kind: 'plain',
    alias: 'text',
    target: 'text',
    device_id: 'text',
    applied: 'plain',
    retracted: 'optional_flag',
  },
  identities: {
    device_id: 'text',
    identity: 'text',
    ts: 'plain',
    ord: 'plain',
    applied: 'plain',
    ttl: 'plain',
  },
  checkpoints: {
    device_id: 'text',
    ts: 'plain',
    ord: 'plain',
    applied: 'plain',
    state: 'text',
    ttl: 'plain',
    retracted: 'optional_flag',
  },
  config: {
    device_id: 'text',
    effective_from: 'plain',
    written_at: 'plain',
    identity: 'text',
    applied: 'plain',
    config: 'json',
  },
  states: {
    device_id: 'text',
    device_type: 'plain',
    location: 'text',
    version: 'plain',
    applied: 'plain',
    next_due: 'plain',
    last_received_at: 'plain',
    state: 'text',
    standing: 'text',
  },
  quarantine: {
    position: 'plain',
    received_at: 'plain',
    topic: 'text',
    device_id: 'text',
    reason: 'text',
    payload_base64: 'plain',
  },
  positions: { consumer: 'text', position: 'plain' },
}

/** A row as SQLite gives it. */
export type Row = Record<string, Value>

const ENTRIES = Object.fromEntries(
  Object.entries(COLUMNS).map(([table, columns]) => [table, Object.entries(columns)]),
) as Record<TableName, [string, Kind][]>

/** The values of an item in the order of its table's columns. */
export function valuesOf<T extends TableName>(table: T, item: Tables[T]): Value[] {
  const fields = item as Record<string, unknown>
  return ENTRIES[table].map(([column, kind]) => toValue(kind, fields[column]))
}

export function itemOf<T extends TableName>(table: T, row: Row): Tables[T] {
  const item: Record<string, unknown> = {}
  for (const [column, kind] of ENTRIES[table]) {
    const value = row[column]
    if (value === null && kind.startsWith('optional')) continue
    item[column] = fromValue(kind, value)
  }
  return item as Tables[T]
}

/** Of a row with some of the columns. */
export function partOf<T extends TableName, C extends keyof Tables[T]>(
  table: T,
  row: Row,
): Pick<Tables[T], C> {
  const columns = ENTRIES[table].filter(([column]) => Object.hasOwn(row, column))
  return Object.fromEntries(
    columns.map(([column, kind]) => [column, fromValue(kind, row[column])]),
  ) as unknown as Pick<Tables[T], C>
}

function toValue(kind: Kind, value: unknown): Value {
  if (kind === 'json') return JSON.stringify(value)
  if (value === undefined) {
    if (kind.startsWith('optional')) return null
    throw new TypeError('a field that every item has is missing')
  }
  if (kind === 'optional_flag') return value ? 1 : 0
  if (kind !== 'plain' && typeof value === 'string') return toColumn(value)
  return value as Value
}

function fromValue(kind: Kind, value: unknown): unknown {
  if (kind === 'json') return JSON.parse(value as string)
  if (kind === 'optional_flag') return value === 1
  if (kind !== 'plain' && typeof value === 'string') return fromColumn(value)
  return value
}

/** Puts an item over what has its key; with `unless_newer`, not where the stored row has a higher `applied`. */
export function upsertSql(table: TableName, rule: 'always' | 'unless_newer'): string {
  const columns = ENTRIES[table].map(([column]) => column)
  const key: readonly string[] = KEY_COLUMNS[table]
  const changes = columns.filter((column) => !key.includes(column))
  const condition = rule === 'always' ? '' : ` WHERE excluded.applied >= ${table}.applied`
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changes.map((column) => `${column} = excluded.${column}`).join(', ')}${condition}`
}
