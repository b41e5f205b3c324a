/** Lists of sessions, cycles and alarms, newest first: of a device, of a location, or of the whole fleet over its shards. */
import type { Page, Summary, SummaryQuery } from '../events/ports.ts'
import { TABLES } from './aws-names.ts'
import { decodeSummaryCursor, encodeCursor, pageOf } from './cursor.ts'
import type { DynamoCalls } from './dynamodb-calls.ts'
import { fromItem, listText, startedText, startOf } from './dynamodb-items.ts'
import { type PartitionQuery, shardPage } from './dynamodb-pages.ts'
import { mergeShards, type ShardPage, shareOf, take } from './merge-shards.ts'
import { assertLimit } from './port-checks.ts'
import { compareText } from './store-tables.ts'

const [DEVICE_INDEX, LOCATION_INDEX, FLEET_INDEX] = TABLES.summaries.indexes

/** @throws BadCursor, and RangeError for a limit below one */
export async function summaries(calls: DynamoCalls, query: SummaryQuery): Promise<Page<Summary>> {
  assertLimit(query.limit)
  const range = rangeOf(query)
  if (!range) return { items: [], next_cursor: null }
  const { by, kind, limit } = query
  const page = (list: ListOf, most: number): Promise<ShardPage<Summary>> => {
    const request = { ...list, ...range, newest_first: true, limit: most }
    return shardPage(calls, 'summaries', request, (item) => fromItem('summaries', item))
  }
  const found =
    by === 'all'
      ? mergeShards((shard) => page(fleetList(kind, shard), shareOf(limit)), newestFirst)
      : inOnePlace(page(ownList(kind, by), limit + 1))
  // A cursor's own item is still within a range that DynamoDB closes at both ends.
  const place = query.cursor === undefined ? null : decodeSummaryCursor(query.cursor)
  const isPlace = (item: Summary) => place?.id === item.id && place.started_at === item.started_at
  const taken = await take(without(found, isPlace), limit + 1)
  return pageOf(taken, limit, (last) => encodeCursor('summaries', [last.started_at, last.id]))
}

type ListOf = Pick<PartitionQuery, 'index' | 'partition'>

function fleetList(kind: Summary['kind'], shard: string): ListOf {
  return { index: FLEET_INDEX.name, partition: { name: 'by_shard', value: listText(kind, shard).S } }
}

function ownList(kind: Summary['kind'], by: { device_id: string } | { location: string }): ListOf {
  if ('device_id' in by)
    return {
      index: DEVICE_INDEX.name,
      partition: { name: 'by_device', value: listText(kind, by.device_id).S },
    }
  return {
    index: LOCATION_INDEX.name,
    partition: { name: 'by_location', value: listText(kind, by.location).S },
  }
}

/** Half-open over started_at: at its end stands an id, which makes every item there greater than the bound. */
function rangeOf({ from, to, cursor, include_retracted }: SummaryQuery) {
  const place = cursor === undefined ? null : decodeSummaryCursor(cursor)
  const first = startOf(from)
  const last = place && place.started_at < to ? startedText(place.started_at, place.id) : startOf(to)
  if (compareText(first, last) > 0) return null
  const live = '(attribute_not_exists(#retracted) OR #retracted = :no)'
  return {
    condition: '#started BETWEEN :from AND :to',
    ...(!include_retracted && { filter: live }),
    values: {
      ':from': { S: first },
      ':to': { S: last },
      ...(!include_retracted && { ':no': { BOOL: false } }),
    },
  }
}

function newestFirst(a: Summary, b: Summary): number {
  return b.started_at - a.started_at || compareText(b.id, a.id)
}

async function* inOnePlace(first: Promise<ShardPage<Summary>>): AsyncGenerator<Summary> {
  let page: ShardPage<Summary> | null = await first
  while (page) {
    yield* page.items
    page = page.next && (await page.next())
  }
}

async function* without<T>(items: AsyncGenerator<T>, isLeftOut: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items) if (!isLeftOut(item)) yield item
}
