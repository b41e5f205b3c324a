/** What the API may ask of DynamoDB: each question is a look-up by key, or a bounded range of a table or an index. */
import type { DeviceType } from '../events/event.ts'
import type {
  Alias,
  ConfigVersion,
  DeviceStanding,
  DeviceStateItem,
  Page,
  Quarantined,
  ReadStore,
} from '../events/ports.ts'
import { ALL_SHARDS, type AwsTable, shardOf, TABLES } from './aws-names.ts'
import { decodeConfigCursor, decodeTextCursor, encodeCursor, pageOf } from './cursor.ts'
import { type DynamoCalls, type DynamoOptions, dynamoCalls, type Item } from './dynamodb-calls.ts'
import { eventsOfDevice, eventsOfLocation } from './dynamodb-events.ts'
import { checkpointBefore } from './dynamodb-history.ts'
import { fromItem, listText, lookup, text, thingText, versionText } from './dynamodb-items.ts'
import { queryInput, queryPage, shardPage } from './dynamodb-pages.ts'
import { summaries } from './dynamodb-summaries.ts'
import { mergeShards, shareOf, take } from './merge-shards.ts'
import { assertLimit } from './port-checks.ts'
import { fromColumn, toColumn } from './sqlite-text.ts'
import { compareText } from './store-tables.ts'

export type DynamoReadOptions = DynamoOptions & {
  /** Epoch ms; what has been counted is not counted again for a minute. */
  now: () => number
}

const [, DEVICE_LIST, STANDING_LIST] = TABLES.states.indexes
const [COUNT_INDEX] = TABLES.quarantine.indexes
const COUNTED_FOR_MS = 60_000

/** Rejects with InfrastructureError where DynamoDB is unwell. Lists by an index may lag behind a write for a moment. */
export function dynamodbReads(options: DynamoReadOptions): ReadStore {
  const calls = dynamoCalls(options)
  return {
    device: async (device_id) => {
      const item = await calls.get('states', { device_id: text(device_id) })
      return item && fromItem('states', item)
    },
    devices: async (limit, cursor) => devices(calls, limit, cursor),
    standings: async (device_type, limit, cursor) => standings(calls, device_type, limit, cursor),
    eventsOfDevice: async (device_id, query) => eventsOfDevice(calls, device_id, query),
    eventsOfLocation: async (location, query) => eventsOfLocation(calls, location, query),
    checkpointBefore: async (device_id, key, applied) => checkpointBefore(calls, device_id, key, applied),
    summary: async (kind, id) => {
      const item = await calls.get('summaries', { thing: thingText(kind, id) })
      return item && fromItem('summaries', item)
    },
    summaries: async (query) => summaries(calls, query),
    findAliases: (kind, alias) => findAliases(calls, kind, alias),
    configHistory: async (device_id, limit, cursor) => configHistory(calls, device_id, limit, cursor),
    quarantine: async (limit, cursor) => quarantine(calls, limit, cursor),
    counts: countsOf(calls, options.now),
  }
}

/** By target. They are all the names that one thing or device goes by: few. */
export async function findAliases(
  calls: DynamoCalls,
  kind: Alias['kind'],
  alias: string,
  options: { consistent?: boolean } = {},
): Promise<Alias[]> {
  const value = lookup(`alias#${kind}`, alias, '').lookup?.S ?? ''
  const query = { partition: { name: 'lookup', value }, ...options }
  const found: Alias[] = []
  let page = await queryPage(calls, 'lookups', query)
  for (;;) {
    found.push(...page.items.map((item) => fromItem('aliases', item)))
    if (!page.more) return found
    page = await queryPage(calls, 'lookups', query, page.more)
  }
}

async function devices(calls: DynamoCalls, limit: number, cursor?: string): Promise<Page<DeviceStateItem>> {
  assertLimit(limit)
  const after = cursor === undefined ? null : toColumn(decodeTextCursor('devices', cursor))
  const ids = mergeShards<string>((shard) => {
    const query = {
      index: DEVICE_LIST.name,
      partition: { name: 'shard', value: shard },
      ...(after !== null && { condition: '#device_id > :after', values: { ':after': { S: after } } }),
      limit: shareOf(limit),
    }
    return shardPage(calls, 'states', query, (item) => item.device_id?.S ?? '')
  }, compareText)
  const page = pageOf(await take(ids, limit + 1), limit, (last) =>
    encodeCursor('devices', [fromColumn(last)]),
  )
  const keys = page.items.map((id) => ({ device_id: { S: id } }))
  const items = await inOrder(calls, 'states', keys, 'device_id')
  return { ...page, items: items.map((item) => fromItem('states', item)) }
}

/** Out of the index alone: what it lacks of an item, nobody asks for here. */
async function standings(
  calls: DynamoCalls,
  device_type: DeviceType,
  limit: number,
  cursor?: string,
): Promise<Page<DeviceStanding>> {
  assertLimit(limit)
  const after = cursor === undefined ? null : toColumn(decodeTextCursor('standings', cursor))
  const found = mergeShards<DeviceStanding>(
    (shard) => {
      const query = {
        index: STANDING_LIST.name,
        partition: { name: STANDING_LIST.partition.name, value: listText(device_type, shard).S },
        ...(after !== null && { condition: '#device_id > :after', values: { ':after': { S: after } } }),
        limit: shareOf(limit),
      }
      return shardPage(calls, 'states', query, standingOf)
    },
    (a, b) => compareText(toColumn(a.device_id), toColumn(b.device_id)),
  )
  const rows = await take(found, limit + 1)
  return pageOf(rows, limit, (last) => encodeCursor('standings', [last.device_id]))
}

function standingOf(item: Item): DeviceStanding {
  const { device_id, device_type, standing } = fromItem('states', item)
  return { device_id, device_type, standing: standing ?? '{}' }
}

async function configHistory(
  calls: DynamoCalls,
  device_id: string,
  limit: number,
  cursor?: string,
): Promise<Page<ConfigVersion>> {
  assertLimit(limit)
  const before = cursor === undefined ? null : versionText(decodeConfigCursor(cursor))
  const { items } = await queryPage(calls, 'config', {
    partition: { name: 'device_id', value: toColumn(device_id) },
    ...(before !== null && { condition: '#version < :before', values: { ':before': { S: before } } }),
    newest_first: true,
    limit: limit + 1,
  })
  const versions = items.map((item) => fromItem('config', item))
  return pageOf(versions, limit, ({ effective_from, written_at, identity }) =>
    encodeCursor('config', [effective_from, written_at, identity]),
  )
}

async function quarantine(calls: DynamoCalls, limit: number, cursor?: string): Promise<Page<Quarantined>> {
  assertLimit(limit)
  const before = cursor === undefined ? null : toColumn(decodeTextCursor('quarantine', cursor))
  // By the index without payloads: of 16 shards most of what is read is not of this page.
  const positions = mergeShards<string>(
    (shard) => {
      const query = {
        index: COUNT_INDEX.name,
        partition: { name: 'shard', value: shard },
        ...(before !== null && { condition: '#position < :before', values: { ':before': { S: before } } }),
        newest_first: true,
        limit: shareOf(limit),
      }
      return shardPage(calls, 'quarantine', query, (item) => item.position?.S ?? '')
    },
    (a, b) => compareText(b, a),
  )
  const page = pageOf(await take(positions, limit + 1), limit, (last) =>
    encodeCursor('quarantine', [fromColumn(last)]),
  )
  const keys = page.items.map((position) => ({
    shard: { S: shardOf(fromColumn(position)) },
    position: { S: position },
  }))
  const items = await inOrder(calls, 'quarantine', keys, 'position')
  return { ...page, items: items.map((item) => fromItem('quarantine', item)) }
}

/** The items of a page in the order of its keys; `name` is the attribute that tells them apart. */
async function inOrder(
  calls: DynamoCalls,
  table: AwsTable,
  keys: readonly Item[],
  name: string,
): Promise<Item[]> {
  const found = await calls.getAll(table, keys, { consistent: false })
  const byName = new Map(found.map((item) => [item[name]?.S, item]))
  return keys.flatMap((key) => {
    const item = byName.get(key[name]?.S)
    return item ? [item] : []
  })
}

function countsOf(calls: DynamoCalls, now: () => number): ReadStore['counts'] {
  let counted: { at: number; counts: ReturnType<ReadStore['counts']> } | null = null
  const countOf = async (table: 'states' | 'quarantine', index: string) => {
    const query = (shard: string) => queryInput({ index, partition: { name: 'shard', value: shard } })
    const each = await Promise.all(ALL_SHARDS.map((shard) => calls.count(table, query(shard))))
    return each.reduce((sum, one) => sum + one, 0)
  }
  const count = async () => {
    const [devices, quarantined] = await Promise.all([
      countOf('states', DEVICE_LIST.name),
      countOf('quarantine', COUNT_INDEX.name),
    ])
    return { devices, quarantined }
  }
  return () => {
    if (counted && Math.abs(now() - counted.at) < COUNTED_FOR_MS) return counted.counts
    const counts = count()
    counted = { at: now(), counts }
    // What failed is no count.
    counts.catch(() => {
      counted = null
    })
    return counts
  }
}
