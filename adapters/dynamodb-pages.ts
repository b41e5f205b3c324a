/** Queries over a partition, page by page. */
import { BadCursor } from '../events/ports.ts'
import type { AwsTable } from './aws-names.ts'
import {
  type DynamoCalls,
  fitsKey,
  type Item,
  namesIn,
  type QueryOf,
  type QueryPage,
} from './dynamodb-calls.ts'
import type { ShardPage } from './merge-shards.ts'

/** `condition` on the sort key, and `filter`, speak of attributes as `#name`, and of `values` as `:name`. */
export type PartitionQuery = {
  index?: string
  partition: { name: string; value: string }
  condition?: string
  filter?: string
  values?: Item
  newest_first?: boolean
  consistent?: boolean
  /** Items that one page looks at, before its filter. */
  limit?: number
}

/** One page from `start` on. @throws BadCursor where a bound is longer than keys are: it came out of nobody's list */
export async function queryPage(
  calls: DynamoCalls,
  table: AwsTable,
  query: PartitionQuery,
  start: Item | null = null,
): Promise<QueryPage> {
  if (!fitsKey(query.partition.value, 'partition')) return { items: [], more: null }
  for (const { S } of Object.values(query.values ?? {}))
    if (S !== undefined && !fitsKey(S, 'sort')) throw new BadCursor('this cursor is longer than a key')
  return calls.query(table, { ...queryInput(query), ...(start && { ExclusiveStartKey: start }) })
}

export function queryInput(query: PartitionQuery): QueryOf {
  const { index, partition, condition, filter, newest_first, consistent, limit } = query
  const keys = [`#${partition.name} = :partition`, ...(condition === undefined ? [] : [condition])].join(
    ' AND ',
  )
  return {
    ...(index !== undefined && { IndexName: index }),
    KeyConditionExpression: keys,
    ...(filter !== undefined && { FilterExpression: filter }),
    ExpressionAttributeNames: namesIn(keys, filter ?? ''),
    ExpressionAttributeValues: { ':partition': { S: partition.value }, ...query.values },
    ScanIndexForward: !newest_first,
    ...(consistent && { ConsistentRead: true }),
    ...(limit !== undefined && { Limit: limit }),
  }
}

/** A page of a shard and the way to the next. */
export async function shardPage<T>(
  calls: DynamoCalls,
  table: AwsTable,
  query: PartitionQuery,
  read: (item: Item) => T,
  start: Item | null = null,
): Promise<ShardPage<T>> {
  const { items, more } = await queryPage(calls, table, query, start)
  return {
    items: items.map(read),
    next: more && (() => shardPage(calls, table, query, read, more)),
  }
}
