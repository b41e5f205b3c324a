/** What the API may ask of the embedded home, through a connection that cannot write. */
import { compareKeys, type EventKey } from '../events/key.ts'
import type {
  DeviceStanding,
  EventQuery,
  EventRow,
  Page,
  ReadStore,
  Summary,
  SummaryQuery,
} from '../events/ports.ts'
import {
  decodeConfigCursor,
  decodeEventCursor,
  decodeLocationCursor,
  decodeSummaryCursor,
  decodeTextCursor,
  encodeCursor,
  pageOf,
} from './cursor.ts'
import { assertLimit } from './port-checks.ts'
import { type Database, openDatabase, type Value } from './sqlite-open.ts'
import { itemOf, partOf, type Row } from './sqlite-rows.ts'
import { HOT_MIGRATIONS } from './sqlite-schema.ts'
import { ALIASES, CHECKPOINT_BEFORE } from './sqlite-store.ts'
import { toColumn } from './sqlite-text.ts'
import type { TableName, Tables } from './store-tables.ts'

export type SqliteReads = ReadStore & { close(): void }

const DEVICE = 'SELECT * FROM states WHERE device_id = ?'
const DEVICES_FROM = 'SELECT * FROM states WHERE device_id >= ? ORDER BY device_id LIMIT ?'
const DEVICES_AFTER = 'SELECT * FROM states WHERE device_id > ? ORDER BY device_id LIMIT ?'
const STANDINGS = `SELECT device_id, device_type, standing FROM states
  WHERE device_type = ? AND standing IS NOT NULL AND device_id > ? ORDER BY device_id LIMIT ?`
const STANDINGS_FROM = STANDINGS.replace('device_id > ?', 'device_id >= ?')
const SUMMARY = 'SELECT * FROM summaries WHERE kind = ? AND id = ?'
const CONFIG = `SELECT * FROM config WHERE device_id = ?
  AND (effective_from, written_at, identity) < (?, ?, ?)
  ORDER BY effective_from DESC, written_at DESC, identity DESC LIMIT ?`
const QUARANTINE = 'SELECT * FROM quarantine WHERE position < ? ORDER BY position DESC LIMIT ?'
const COUNT = 'SELECT n FROM counts WHERE name = ?'

/** Above every position, which is a text of digits. */
const PAST_ALL_POSITIONS = ':'

/** Opens the file `path`, which a `sqliteStore` has opened before. @throws DatabaseRefused */
export function sqliteReads(path: string): SqliteReads {
  const database = openDatabase(path, { migrations: HOT_MIGRATIONS, readonly: true })
  const rows = <T extends TableName>(table: T, sql: string, values: Value[]): Tables[T][] =>
    database.all<Row>(sql, values).map((row) => itemOf(table, row))
  const first = <T extends TableName>(table: T, sql: string, values: Value[]): Tables[T] | null =>
    rows(table, sql, values)[0] ?? null
  const count = (name: string): number => database.get<{ n: number }>(COUNT, [name])?.n ?? 0

  return {
    device: async (device_id) => first('states', DEVICE, [toColumn(device_id)]),
    devices: async (limit, cursor) => {
      assertLimit(limit)
      const after = cursor === undefined ? null : decodeTextCursor('devices', cursor)
      const sql = after === null ? DEVICES_FROM : DEVICES_AFTER
      const found = rows('states', sql, [toColumn(after ?? ''), limit + 1])
      return pageOf(found, limit, (last) => encodeCursor('devices', [last.device_id]))
    },
    standings: async (device_type, limit, cursor) => {
      assertLimit(limit)
      const after = cursor === undefined ? null : decodeTextCursor('standings', cursor)
      const sql = after === null ? STANDINGS_FROM : STANDINGS
      const found = database.all<Row>(sql, [device_type, toColumn(after ?? ''), limit + 1])
      const items = found.map(
        (row) => partOf<'states', keyof DeviceStanding>('states', row) as DeviceStanding,
      )
      return pageOf(items, limit, (last) => encodeCursor('standings', [last.device_id]))
    },
    eventsOfDevice: async (device_id, query) => eventsOfDevice(database, device_id, query),
    eventsOfLocation: async (location, query) => eventsOfLocation(database, location, query),
    checkpointBefore: async (device_id, { ts, ord }, applied) =>
      first('checkpoints', CHECKPOINT_BEFORE, [toColumn(device_id), ts, ord, applied]),
    summary: async (kind, id) => first('summaries', SUMMARY, [kind, toColumn(id)]),
    summaries: async (query) => summaries(database, query),
    findAliases: async (kind, alias) => rows('aliases', ALIASES, [kind, toColumn(alias)]),
    configHistory: async (device_id, limit, cursor) => {
      assertLimit(limit)
      const before = cursor === undefined ? null : decodeConfigCursor(cursor)
      const place = before
        ? [before.effective_from, before.written_at, toColumn(before.identity)]
        : [Number.MAX_SAFE_INTEGER, 0, '']
      const found = rows('config', CONFIG, [toColumn(device_id), ...place, limit + 1])
      return pageOf(found, limit, ({ effective_from, written_at, identity }) =>
        encodeCursor('config', [effective_from, written_at, identity]),
      )
    },
    quarantine: async (limit, cursor) => {
      assertLimit(limit)
      const before = cursor === undefined ? PAST_ALL_POSITIONS : decodeTextCursor('quarantine', cursor)
      const found = rows('quarantine', QUARANTINE, [before, limit + 1])
      return pageOf(found, limit, (last) => encodeCursor('quarantine', [last.position]))
    },
    counts: async () => ({ devices: count('devices'), quarantined: count('quarantined') }),
    close: database.close,
  }
}

/** A bound of a range over the columns of an index: `operator` compares them with `values`. */
type Bound = { operator: '>=' | '>' | '<'; values: Value[] }

function eventsOfDevice(database: Database, device_id: string, query: EventQuery): Page<EventRow> {
  const place = query.cursor === undefined ? null : decodeEventCursor(query.cursor)
  const found = eventRows(database, {
    equal: { column: 'device_id', value: toColumn(device_id) },
    columns: ['ts', 'ord'],
    bounds: eventBounds(query, place, (key) => [key.ts, key.ord]),
    query,
  })
  return pageOf(found, query.limit, (last) => encodeCursor('events', [last]))
}

function eventsOfLocation(database: Database, location: string, query: EventQuery): Page<EventRow> {
  const place = query.cursor === undefined ? null : decodeLocationCursor(query.cursor)
  const found = eventRows(database, {
    equal: { column: 'location', value: toColumn(location) },
    columns: ['ts', 'ord', 'device_id'],
    // '' is before every device, so that a range stays half-open.
    bounds: eventBounds(query, place, (key) => [key.ts, key.ord, toColumn(key.device_id ?? '')]),
    query,
  })
  return pageOf(found, query.limit, (last) => encodeCursor('location_events', [last, last.device_id]))
}

type Place = EventKey & { device_id?: string }

/** The range of the query from where its cursor left off: one bound each side, since an index can use only one. */
function eventBounds(query: EventQuery, place: Place | null, valuesOf: (place: Place) => Value[]): Bound[] {
  const from: Bound = { operator: '>=', values: valuesOf(query.from) }
  const to: Bound = { operator: '<', values: valuesOf(query.to) }
  if (!place) return [from, to]
  if (query.newest_first)
    return compareKeys(place, query.to) < 0 ? [from, { operator: '<', values: valuesOf(place) }] : [from, to]
  return compareKeys(place, query.from) < 0 ? [from, to] : [{ operator: '>', values: valuesOf(place) }, to]
}

type EventSelection = {
  equal: { column: 'device_id' | 'location'; value: string }
  columns: string[]
  bounds: Bound[]
  query: EventQuery
}

/** Indexes over what devices did not say: configurations and decisions. */
const DECIDED_INDEX = { device_id: 'events_decided', location: 'events_decided_by_location' } as const

function eventRows(database: Database, { equal, columns, bounds, query }: EventSelection): EventRow[] {
  assertLimit(query.limit)
  const conditions = [`${equal.column} = ?`]
  const values: Value[] = [equal.value]
  for (const bound of bounds) {
    conditions.push(`(${columns.join(', ')}) ${bound.operator} (${columns.map(() => '?').join(', ')})`)
    values.push(...bound.values)
  }
  let source = 'events'
  if (query.origin !== undefined) {
    conditions.push('origin = ?')
    values.push(query.origin)
  }
  if (query.origin !== undefined && query.origin !== 'device') {
    // Said twice, for SQLite to see that the index holds all of them; by itself it would rather walk past the readings.
    conditions.push(`origin <> 'device'`)
    source += ` INDEXED BY ${DECIDED_INDEX[equal.column]}`
  }
  if (query.event_type !== undefined) {
    conditions.push('event_type = ?')
    values.push(query.event_type)
  }
  if (!query.include_retracted) conditions.push('retracted IS NOT 1')
  const order = columns.map((column) => `${column} ${query.newest_first ? 'DESC' : 'ASC'}`)
  const sql = `SELECT * FROM ${source} WHERE ${conditions.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT ?`
  return database.all<Row>(sql, [...values, query.limit + 1]).map((row) => itemOf('events', row))
}

function summaries(database: Database, query: SummaryQuery): Page<Summary> {
  assertLimit(query.limit)
  const place = query.cursor === undefined ? null : decodeSummaryCursor(query.cursor)
  const conditions = ['kind = ?']
  const values: Value[] = [query.kind]
  if (query.by !== 'all') {
    const [column, value] =
      'device_id' in query.by ? ['device_id', query.by.device_id] : ['location', query.by.location]
    conditions.push(`${column} = ?`)
    values.push(toColumn(value))
  }
  conditions.push(`(started_at, id) >= (?, '')`, '(started_at, id) < (?, ?)')
  const before =
    place && place.started_at < query.to ? [place.started_at, toColumn(place.id)] : [query.to, '']
  values.push(query.from, ...before)
  if (!query.include_retracted) conditions.push('retracted IS NOT 1')
  const sql = `SELECT * FROM summaries WHERE ${conditions.join(' AND ')} ORDER BY started_at DESC, id DESC LIMIT ?`
  const found = database.all<Row>(sql, [...values, query.limit + 1]).map((row) => itemOf('summaries', row))
  return pageOf(found, query.limit, (last) => encodeCursor('summaries', [last.started_at, last.id]))
}
