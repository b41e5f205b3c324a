/** Events of a device or a location, by ranges of their keys. */
import { compareKeys, type EventKey } from '../events/key.ts'
import type { EventQuery, EventRow, Page } from '../events/ports.ts'
import { TABLES } from './aws-names.ts'
import { decodeEventCursor, decodeLocationCursor, encodeCursor } from './cursor.ts'
import type { DynamoCalls, Item } from './dynamodb-calls.ts'
import { fromItem } from './dynamodb-items.ts'
import { keyNumber, neighbour, parseKeyNumber } from './dynamodb-numbers.ts'
import { type PartitionQuery, queryPage } from './dynamodb-pages.ts'
import { assertLimit } from './port-checks.ts'
import { toColumn } from './sqlite-text.ts'
import { compareBy } from './store-tables.ts'

const [LOCATION_INDEX, DECIDED_INDEX, DECIDED_LOCATION_INDEX] = TABLES.events.indexes

/** Types that no device sends: asked for, they are found without walking past readings. */
const NEVER_SENT = new Set<string>(['config', 'alarm', 'session_continued'])

/** A narrowed list looks at up to so many events for one page; where it finds few by then, the page is short and has a cursor. */
const MOST_QUERIES = 10
const NARROWED_LOOK = 500

type Place = EventKey & { device_id: string }

type Source = {
  /** Attributes of the partition in the table or index of all events, and in that of decided ones. */
  all: Pick<PartitionQuery, 'index' | 'partition'>
  decided: Pick<PartitionQuery, 'index' | 'partition'>
  /** The cursor behind a row. */
  cursorBehind: (row: Place) => string
  /** The cursor in front of every row that has this key. */
  cursorAt: (key: EventKey, newest_first: boolean) => string
}

export function eventsOfDevice(
  calls: DynamoCalls,
  device_id: string,
  query: EventQuery,
): Promise<Page<EventRow>> {
  const value = toColumn(device_id)
  const source: Source = {
    all: { partition: { name: 'device_id', value } },
    decided: { index: DECIDED_INDEX.name, partition: { name: 'decided_device', value } },
    cursorBehind: (row) => encodeCursor('events', [row]),
    cursorAt: (key, newest_first) => encodeCursor('events', [neighbour(key, newest_first ? 1 : -1) ?? key]),
  }
  // Of one device no two events share a key, so that its id orders nothing.
  return eventPage(calls, source, query, (cursor) => ({ ...decodeEventCursor(cursor), device_id }))
}

export function eventsOfLocation(
  calls: DynamoCalls,
  location: string,
  query: EventQuery,
): Promise<Page<EventRow>> {
  const value = toColumn(location)
  const source: Source = {
    all: { index: LOCATION_INDEX.name, partition: { name: 'location', value } },
    decided: { index: DECIDED_LOCATION_INDEX.name, partition: { name: 'decided_location', value } },
    cursorBehind: (row) => encodeCursor('location_events', [row, row.device_id]),
    // '' is before every device: in a descending list that is behind them, so the key above has to stand there.
    cursorAt: (key, newest_first) =>
      encodeCursor('location_events', [newest_first ? (neighbour(key, 1) ?? key) : key, '']),
  }
  return eventPage(calls, source, query, decodeLocationCursor)
}

const IN_ORDER = compareBy<Place>(['ts', 'ord', 'device_id'])

/**
 * Devices of one location may share a key, and DynamoDB says nothing about their order in an index. Events of one key
 * are therefore sorted here, and a page ends only where the next key has been seen.
 */
async function eventPage(
  calls: DynamoCalls,
  source: Source,
  query: EventQuery,
  placeOf: (cursor: string) => Place,
): Promise<Page<EventRow>> {
  const { limit, newest_first = false } = query
  assertLimit(limit)
  const place = query.cursor === undefined ? null : placeOf(query.cursor)
  const range = rangeFrom(query, place)
  if (!range) return { items: [], next_cursor: null }
  const sign = newest_first ? -1 : 1
  const order = (a: Place, b: Place) => sign * IN_ORDER(a, b)
  const narrowed = query.event_type !== undefined || query.origin !== undefined
  const request = requestOf(source, query, range, narrowed ? NARROWED_LOOK : limit + 2)
  const rows: EventRow[] = []
  let start: Item | null = null
  for (let queries = 1; ; queries++) {
    const { items, more } = await queryPage(calls, 'events', request, start)
    for (const item of items) {
      const row = fromItem('events', item)
      if (!place || order(row, place) > 0) rows.push(row)
    }
    if (!more) return cut(rows.sort(order), limit, source)
    const seen = parseKeyNumber(more.timestamp?.N ?? '')
    const sure = rows.filter((row) => sign * compareKeys(row, seen) < 0).sort(order)
    if (sure.length > limit) return cut(sure, limit, source)
    const moved = compareKeys(seen, newest_first ? range.to : range.from) !== 0
    if (queries >= MOST_QUERIES && moved)
      return { items: sure, next_cursor: source.cursorAt(seen, newest_first) }
    start = more
  }
}

function cut(rows: EventRow[], limit: number, { cursorBehind }: Source): Page<EventRow> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: last && rows.length > limit ? cursorBehind(last) : null }
}

/** First and last key of the range, from where the cursor left off; null where it is empty. */
function rangeFrom(query: EventQuery, place: Place | null): { from: EventKey; to: EventKey } | null {
  const { newest_first } = query
  let { from } = query
  let to = neighbour(query.to, -1)
  if (to && place && newest_first && compareKeys(place, to) < 0) to = place
  if (place && !newest_first && compareKeys(place, from) > 0) from = place
  return to && compareKeys(from, to) <= 0 ? { from, to } : null
}

function requestOf(
  source: Source,
  query: EventQuery,
  { from, to }: { from: EventKey; to: EventKey },
  limit: number,
): PartitionQuery {
  const { origin, event_type, include_retracted, newest_first = false } = query
  const fromDecided =
    (origin !== undefined && origin !== 'device') || (event_type !== undefined && NEVER_SENT.has(event_type))
  const values: Item = { ':from': { N: keyNumber(from) }, ':to': { N: keyNumber(to) } }
  const filters: string[] = []
  if (origin !== undefined) {
    filters.push('#origin = :origin')
    values[':origin'] = { S: origin }
  }
  if (event_type !== undefined) {
    filters.push('#event_type = :event_type')
    values[':event_type'] = { S: event_type }
  }
  if (!include_retracted) {
    filters.push('(attribute_not_exists(#retracted) OR #retracted = :no)')
    values[':no'] = { BOOL: false }
  }
  return {
    ...(fromDecided ? source.decided : source.all),
    condition: '#timestamp BETWEEN :from AND :to',
    ...(filters.length > 0 && { filter: filters.join(' AND ') }),
    values,
    newest_first,
    limit,
  }
}
