/** What the API may ask, of tables in memory. */
import { compareKeys, type EventKey } from '../events/key.ts'
import type {
  Checkpoint,
  DeviceStanding,
  DeviceStateItem,
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
import { copyOf, lookUp, type MemoryTables, select } from './memory-tables.ts'
import { assertLimit } from './port-checks.ts'
import { compareBy, compareText } from './store-tables.ts'

export function memoryReads(tables: MemoryTables): ReadStore {
  return {
    device: async (device_id) => lookUp(tables, 'states', [device_id]),
    devices: async (limit, cursor) => {
      assertLimit(limit)
      const after = cursor === undefined ? null : decodeTextCursor('devices', cursor)
      const found = select(
        tables,
        'states',
        (state) => after === null || compareText(state.device_id, after) > 0,
      )
      return copyOf(pageOf(found, limit, (last) => encodeCursor('devices', [last.device_id])))
    },
    standings: async (device_type, limit, cursor) => {
      assertLimit(limit)
      const after = cursor === undefined ? null : decodeTextCursor('standings', cursor)
      const wanted = (one: DeviceStateItem) =>
        one.device_type === device_type &&
        one.standing !== null &&
        (after === null || compareText(one.device_id, after) > 0)
      const found = select(tables, 'states', wanted).map(
        ({ device_id, standing }): DeviceStanding => ({ device_id, device_type, standing: standing ?? '' }),
      )
      return copyOf(pageOf(found, limit, (last) => encodeCursor('standings', [last.device_id])))
    },
    eventsOfDevice: async (device_id, query) => {
      const place = query.cursor === undefined ? null : decodeEventCursor(query.cursor)
      const found = events(tables, query, place, compareKeys, (event) => event.device_id === device_id)
      return copyOf(pageOf(found, query.limit, (last) => encodeCursor('events', [last])))
    },
    eventsOfLocation: async (location, query) => {
      const place = query.cursor === undefined ? null : decodeLocationCursor(query.cursor)
      const order = compareBy<EventKey & { device_id: string }>(['ts', 'ord', 'device_id'])
      const found = events(tables, query, place, order, (event) => event.location === location)
      return copyOf(
        pageOf(found, query.limit, (last) => encodeCursor('location_events', [last, last.device_id])),
      )
    },
    checkpointBefore: async (device_id, key, applied) => {
      const isBefore = (one: Checkpoint) =>
        isValidOf(one, device_id) && one.applied <= applied && compareKeys(one, key) < 0
      return copyOf(select(tables, 'checkpoints', isBefore).at(-1) ?? null)
    },
    summary: async (kind, id) => lookUp(tables, 'summaries', [kind, id]),
    summaries: async (query) => summaries(tables, query),
    findAliases: async (kind, alias) =>
      copyOf(select(tables, 'aliases', (item) => item.kind === kind && item.alias === alias)),
    configHistory: async (device_id, limit, cursor) => {
      assertLimit(limit)
      const place = cursor === undefined ? null : decodeConfigCursor(cursor)
      const order = compareBy<NonNullable<typeof place>>(['effective_from', 'written_at', 'identity'])
      const found = select(tables, 'config', (version) => version.device_id === device_id)
        .filter((version) => place === null || order(version, place) < 0)
        .reverse()
      return copyOf(
        pageOf(found, limit, ({ effective_from, written_at, identity }) =>
          encodeCursor('config', [effective_from, written_at, identity]),
        ),
      )
    },
    quarantine: async (limit, cursor) => {
      assertLimit(limit)
      const before = cursor === undefined ? null : decodeTextCursor('quarantine', cursor)
      const found = select(
        tables,
        'quarantine',
        ({ position }) => before === null || position < before,
      ).reverse()
      return copyOf(pageOf(found, limit, (last) => encodeCursor('quarantine', [last.position])))
    },
    counts: async () => ({ devices: tables.states.size, quarantined: tables.quarantine.size }),
  }
}

/** Of the device, and no repair has come to another state at it. */
export function isValidOf(checkpoint: Checkpoint, device_id: string): boolean {
  return checkpoint.device_id === device_id && !checkpoint.retracted
}

/** What the query asks of the rows that are `mine`, in its direction, from after `place`. */
function events<P extends EventKey>(
  tables: MemoryTables,
  query: EventQuery,
  place: P | null,
  order: (a: P, b: P) => number,
  mine: (event: EventRow) => boolean,
): (EventRow & P)[] {
  assertLimit(query.limit)
  const direction = query.newest_first ? -1 : 1
  const wanted = (event: EventRow) =>
    mine(event) &&
    compareKeys(event, query.from) >= 0 &&
    compareKeys(event, query.to) < 0 &&
    (query.event_type === undefined || event.event_type === query.event_type) &&
    (query.origin === undefined || event.origin === query.origin) &&
    (query.include_retracted === true || event.retracted !== true)
  return (select(tables, 'events', wanted) as (EventRow & P)[])
    .filter((event) => place === null || direction * order(event, place) > 0)
    .sort((a, b) => direction * order(a, b))
}

function summaries(tables: MemoryTables, query: SummaryQuery): Page<Summary> {
  assertLimit(query.limit)
  const { by, kind, from, to } = query
  const place = query.cursor === undefined ? null : decodeSummaryCursor(query.cursor)
  const order = compareBy<{ started_at: number; id: string }>(['started_at', 'id'])
  const mine = (item: Summary) =>
    by === 'all' || ('device_id' in by ? item.device_id === by.device_id : item.location === by.location)
  const wanted = (item: Summary) =>
    item.kind === kind &&
    mine(item) &&
    item.started_at >= from &&
    item.started_at < to &&
    (query.include_retracted === true || item.retracted !== true) &&
    (place === null || order(item, place) < 0)
  const found = select(tables, 'summaries', wanted).sort((a, b) => order(b, a))
  return copyOf(pageOf(found, query.limit, (last) => encodeCursor('summaries', [last.started_at, last.id])))
}
