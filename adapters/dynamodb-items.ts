/** How each item of the hot store becomes the attributes of its DynamoDB item, and comes back the same. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type EventKey, keyText, MAX_TIMESTAMP_MS, parseKeyText } from '../events/key.ts'
import { type AwsTable, shardOf } from './aws-names.ts'
import type { Item } from './dynamodb-calls.ts'
import { fieldsOfItem, fieldsToItem } from './dynamodb-fields.ts'
import { keyNumber, parseKeyNumber } from './dynamodb-numbers.ts'
import { packState, unpackState } from './packed-state.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'
import type { TableName, Tables } from './store-tables.ts'

/** Which of the AWS tables holds them. */
export const TABLE_OF: Record<TableName, AwsTable> = {
  events: 'events',
  summaries: 'summaries',
  aliases: 'lookups',
  identities: 'lookups',
  checkpoints: 'lookups',
  config: 'config',
  states: 'states',
  quarantine: 'quarantine',
  positions: 'lookups',
}

/**
 * An attribute that is absent is null for `nullable_…`, and "not said" for `optional_…`. `fields` are attributes of their
 * own; `json` is one text; `packed` is a text that is only read whole.
 */
type Kind =
  | 'number'
  | 'text'
  | 'nullable_number'
  | 'optional_number'
  | 'nullable_text'
  | 'optional_text'
  | 'optional_flag'
  | 'fields'
  | 'json'
  | 'packed'
  | 'nullable_packed'

type Columns<T> = { [C in Exclude<keyof Required<T>, keyof EventKey>]: Kind }

/** Every field of every item has its attribute, or this does not compile. The key of an event is `timestamp` or `event_key`. */
const COLUMNS: { [T in TableName]: Columns<Tables[T]> } = {
  events: {
    device_id: 'text',
    device_type: 'text',
    origin: 'text',
    event_type: 'text',
    location: 'nullable_text',
    identity: 'text',
    reported_timestamp: 'number',
    received_at: 'number',
    time_quality: 'text',
    applied: 'number',
    entered: 'optional_number',
    revision: 'number',
    retracted: 'optional_flag',
    supersedes: 'optional_text',
    because: 'optional_text',
    ttl: 'number',
    body: 'fields',
  },
  summaries: {
    kind: 'text',
    id: 'text',
    device_id: 'text',
    location: 'nullable_text',
    started_at: 'number',
    applied: 'number',
    retracted: 'optional_flag',
    superseded_by: 'optional_text',
    because: 'optional_text',
    ttl: 'optional_number',
    body: 'json',
  },
  aliases: {
    kind: 'text',
    alias: 'text',
    target: 'text',
    device_id: 'text',
    applied: 'number',
    retracted: 'optional_flag',
  },
  identities: { device_id: 'text', identity: 'text', applied: 'number', ttl: 'number' },
  checkpoints: {
    device_id: 'text',
    applied: 'number',
    state: 'packed',
    ttl: 'nullable_number',
    retracted: 'optional_flag',
  },
  config: {
    device_id: 'text',
    effective_from: 'number',
    written_at: 'number',
    identity: 'text',
    applied: 'number',
    config: 'fields',
  },
  states: {
    device_id: 'text',
    device_type: 'text',
    location: 'nullable_text',
    version: 'number',
    applied: 'number',
    next_due: 'nullable_number',
    last_received_at: 'number',
    state: 'packed',
    standing: 'nullable_packed',
  },
  quarantine: {
    position: 'text',
    received_at: 'number',
    topic: 'text',
    device_id: 'nullable_text',
    reason: 'text',
    payload_base64: 'text',
  },
  positions: { consumer: 'text', position: 'text' },
}

const ENTRIES = Object.fromEntries(
  Object.entries(COLUMNS).map(([table, columns]) => [table, Object.entries(columns)]),
) as Record<TableName, [string, Kind][]>

/** Attributes of index and key, which are made of the item's fields and say nothing more. */
const PLACES: { [T in TableName]: (item: Tables[T]) => Item } = {
  events: (item) => {
    const { device_id, location, origin } = item
    const place: Item = { timestamp: { N: keyNumber(item) } }
    if (origin === 'device') return place
    place.decided_device = text(device_id)
    if (location !== null) place.decided_location = text(location)
    return place
  },
  summaries: ({ kind, id, device_id, location, started_at }) => ({
    thing: thingText(kind, id),
    by_device: listText(kind, device_id),
    ...(location !== null && { by_location: listText(kind, location) }),
    by_shard: listText(kind, shardOf(id)),
    started: { S: startedText(started_at, id) },
  }),
  aliases: ({ kind, alias, target }) => lookup(`alias#${kind}`, alias, target),
  identities: (item) => ({
    ...lookup('identity', item.device_id, item.identity),
    event_key: { S: keyText(item) },
  }),
  checkpoints: (item) => ({
    ...lookup('checkpoint', item.device_id, keyText(item)),
    event_key: { S: keyText(item) },
  }),
  config: (item) => ({ version: { S: versionText(item) } }),
  states: ({ device_id, device_type, next_due, standing }) => ({
    shard: { S: shardOf(device_id) },
    ...(standing !== null && { by_type: listText(device_type, shardOf(device_id)) }),
    ...(next_due !== null && { due_at: { N: String(dueAt(next_due)) } }),
  }),
  quarantine: ({ position }) => ({ shard: { S: shardOf(position) } }),
  positions: ({ consumer }) => lookup('position', consumer, ''),
}

const PLACE_NAMES = [
  ...['timestamp', 'decided_device', 'decided_location', 'version', 'event_key'],
  ...[
    'thing',
    'by_device',
    'by_location',
    'by_shard',
    'started',
    'lookup',
    'entry',
    'shard',
    'due_at',
    'by_type',
  ],
]

/** Names that a field of a body or a configuration cannot have as an attribute of its own. */
const TAKEN = Object.fromEntries(
  Object.entries(COLUMNS).map(([table, columns]) => [
    table,
    new Set([...Object.keys(columns), ...PLACE_NAMES]),
  ]),
) as Record<TableName, Set<string>>

export function toItem<T extends TableName>(table: T, of: Tables[T]): Item {
  const fields = of as Record<string, unknown>
  const item = PLACES[table](of)
  for (const [name, kind] of ENTRIES[table]) {
    const value = fields[name]
    if (kind === 'fields') Object.assign(item, fieldsToItem(value as Record<string, unknown>, TAKEN[table]))
    else if (value !== undefined && value !== null) item[name] = toAttribute(kind, value)
    else if (!kind.startsWith('nullable') && !kind.startsWith('optional'))
      throw new TypeError(`${table}: ${name}, which every item has, is missing`)
  }
  return item
}

export function fromItem<T extends TableName>(table: T, item: Item): Tables[T] {
  const fields: Record<string, unknown> = { ...keyOfItem(item) }
  for (const [name, kind] of ENTRIES[table]) {
    const attribute = item[name]
    if (kind === 'fields') fields[name] = fieldsOfItem(item, TAKEN[table])
    else if (attribute) fields[name] = fromAttribute(kind, attribute)
    else if (kind.startsWith('nullable')) fields[name] = null
  }
  return fields as Tables[T]
}

function toAttribute(kind: Kind, value: unknown): AttributeValue {
  if (kind === 'json') return { S: JSON.stringify(value) }
  if (kind.endsWith('packed')) return { B: packState(toColumn(value as string)) }
  if (kind === 'optional_flag') return { BOOL: value as boolean }
  if (kind.endsWith('number')) return { N: String(value) }
  return text(value as string)
}

function fromAttribute(kind: Kind, { S = '', N, BOOL, B }: AttributeValue): unknown {
  if (kind.endsWith('packed')) return fromColumn(unpackState(B ?? new Uint8Array()))
  if (kind === 'json') return JSON.parse(S)
  if (kind === 'optional_flag') return BOOL
  if (kind.endsWith('number')) return Number(N)
  return fromColumn(S)
}

function keyOfItem({ timestamp, event_key }: Item): EventKey | null {
  if (timestamp?.N !== undefined) return parseKeyNumber(timestamp.N)
  return event_key?.S === undefined ? null : parseKeyText(event_key.S)
}

/** Text as an attribute. Half a character, which UTF-8 has not, is spelt out as SQLite's columns have it: both homes sort alike. */
export function text(of: string): AttributeValue.SMember {
  return { S: toColumn(of) }
}

export function thingText(kind: string, id: string): AttributeValue.SMember {
  return { S: `${kind}#${toColumn(id)}` }
}

/** Partition of a list of summaries: of a device, of a location or of a shard. */
export const listText = thingText

/** Sorts by started_at, then by id. */
export function startedText(started_at: number, id: string): string {
  return `${startOf(started_at)}#${toColumn(id)}`
}

/** Before everything that started at or after `started_at`, after everything before it. */
export function startOf(started_at: number): string {
  if (started_at > MAX_TIMESTAMP_MS) return ':'
  return String(Math.max(0, started_at)).padStart(13, '0')
}

export function versionText(of: { effective_from: number; written_at: number; identity: string }): string {
  return `${startOf(of.effective_from)}#${startOf(of.written_at)}#${toColumn(of.identity)}`
}

/** Key of an item of the lookups; a sort key may not be empty, so each begins with a sign. */
export function lookup(kind: string, id: string, entry: string): Item {
  return { lookup: { S: `${kind}#${toColumn(id)}` }, entry: { S: `#${toColumn(entry)}` } }
}

/**
 * A telemetry message moves its device's timers by seconds: counted in steps of five minutes, downwards, the index is
 * written when a timer enters another step, and whoever asks what is due looks a little too early, at the state itself.
 */
export const DUE_STEP_MS = 300_000

export function dueAt(next_due: number): number {
  return Math.floor(next_due / DUE_STEP_MS) * DUE_STEP_MS
}
