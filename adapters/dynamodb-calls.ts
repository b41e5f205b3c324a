/** The calls that the stores make of DynamoDB: retried, bounded in number, counted. Items are attribute values, as the wire has them. */
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandOutput,
  type ConsumedCapacity,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { type AwsTable, TABLES, tableName } from './aws-names.ts'
import { RETRIES, type RetryPolicy, Unprocessed, withRetries } from './aws-retry.ts'
import type { CapacityMeter } from './capacity-meter.ts'
import { createGate } from './gate.ts'

export type Item = Record<string, AttributeValue>
/** `#name` stands for the attribute of that name wherever an expression speaks of one: many names are words of DynamoDB's. */
export type Condition = { expression: string; values?: Item }

export type QueryPage = { items: Item[]; more: Item | null }
export type QueryOf = Pick<
  QueryCommandInput,
  | 'IndexName'
  | 'KeyConditionExpression'
  | 'FilterExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
  | 'ExclusiveStartKey'
  | 'ScanIndexForward'
  | 'ConsistentRead'
  | 'Limit'
>

/** Every call throws InfrastructureError where DynamoDB is unwell. */
export type DynamoCalls = {
  /** Strongly consistent; null where there is none. */
  get(table: AwsTable, key: Item): Promise<Item | null>
  /** In no order; those that there are. Keys must differ. */
  getAll(table: AwsTable, keys: readonly Item[], options: { consistent: boolean }): Promise<Item[]>
  /** False, and nothing written, where the condition does not hold. What has not begun when `signal` is aborted does not begin. */
  put(
    table: AwsTable,
    item: Item,
    options?: { condition?: Condition; signal?: AbortSignal },
  ): Promise<boolean>
  /** Puts without conditions, which is all that DynamoDB takes in batches. Keys must differ. */
  putAll(table: AwsTable, items: readonly Item[]): Promise<void>
  /** Those that are not there are no error. Keys must differ. */
  removeAll(table: AwsTable, keys: readonly Item[]): Promise<void>
  /** One page. `more` is where the next begins. */
  query(table: AwsTable, query: QueryOf): Promise<QueryPage>
  count(table: AwsTable, query: QueryOf): Promise<number>
}

export type DynamoOptions = {
  client: DynamoDBClient
  table_prefix: string
  retries?: RetryPolicy
  /** Asks DynamoDB for what each call cost, and counts it. */
  meter?: CapacityMeter
}

/** Rows of a batch go out side by side; more than this the sockets of one client do not take anyway. */
export const CALLS_AT_ONCE = 64
const GET_AT_ONCE = 100
const WRITE_AT_ONCE = 25

export function dynamoCalls({ client, table_prefix, retries = RETRIES, meter }: DynamoOptions): DynamoCalls {
  const gate = createGate(CALLS_AT_ONCE)
  const tables = Object.fromEntries(
    Object.keys(TABLES).map((table) => [table, tableName(table_prefix, table as AwsTable)]),
  ) as Record<AwsTable, string>
  const metered = meter ? ({ ReturnConsumedCapacity: 'INDEXES' } as const) : {}

  function call<T extends Answer>(
    what: string,
    table: AwsTable,
    send: () => Promise<T>,
    { take, signal }: Calling<T> = {},
  ): Promise<T> {
    const onRetry = () => meter?.retried(what)
    const counted = async (): Promise<T> => {
      const answer = await send()
      if (meter) spend(meter, what, table, answer.ConsumedCapacity)
      take?.(answer)
      return answer
    }
    return gate(async () => {
      signal?.throwIfAborted()
      return withRetries(`${what} ${table}`, counted, retries, { onRetry, signal })
    })
  }

  async function getSome(table: AwsTable, keys: readonly Item[], consistent: boolean): Promise<Item[]> {
    const name = tables[table]
    const found: Item[] = []
    let left = [...keys]
    const send = () => {
      const RequestItems = { [name]: { Keys: left, ConsistentRead: consistent } }
      return client.send(new BatchGetItemCommand({ RequestItems, ...metered }))
    }
    const take = (got: BatchGetItemCommandOutput) => {
      const before = left.length
      found.push(...(got.Responses?.[name] ?? []))
      left = got.UnprocessedKeys?.[name]?.Keys ?? []
      if (left.length === before) throw new Unprocessed('unprocessed keys')
    }
    // An answer of 16 MB is cut off, which is no failure: as long as something comes, it goes on at once.
    while (left.length > 0) await call('BatchGetItem', table, send, { take })
    return found
  }

  async function writeAll(table: AwsTable, requests: readonly WriteRequest[]): Promise<void> {
    await Promise.all(chunks(requests, WRITE_AT_ONCE).map((part) => writeSome(table, part)))
  }

  async function writeSome(table: AwsTable, requests: readonly WriteRequest[]): Promise<void> {
    const name = tables[table]
    let left = [...requests]
    const send = () => client.send(new BatchWriteItemCommand({ RequestItems: { [name]: left }, ...metered }))
    const take = (put: BatchWriteItemCommandOutput) => {
      left = put.UnprocessedItems?.[name] ?? []
      if (left.length > 0) throw new Unprocessed('unprocessed items')
    }
    await call('BatchWriteItem', table, send, { take })
  }

  return {
    get: async (table, Key) => {
      if (!isKey(Key)) return null
      const input = { TableName: tables[table], Key, ConsistentRead: true, ...metered }
      const got = await call('GetItem', table, () => client.send(new GetItemCommand(input)))
      return got.Item ?? null
    },
    getAll: async (table, keys, { consistent }) => {
      const some = await Promise.all(
        chunks(keys, GET_AT_ONCE).map((part) => getSome(table, part, consistent)),
      )
      return some.flat()
    },
    put: async (table, Item, { condition, signal } = {}) => {
      const input = { TableName: tables[table], Item, ...(condition && conditional(condition)), ...metered }
      const send = () => client.send(new PutItemCommand(input)).catch(refused)
      const answer = await call('PutItem', table, send, { ...(signal && { signal }) })
      return !('refused' in answer)
    },
    putAll: (table, items) =>
      writeAll(
        table,
        items.map((Item) => ({ PutRequest: { Item } })),
      ),
    removeAll: (table, keys) =>
      writeAll(
        table,
        keys.map((Key) => ({ DeleteRequest: { Key } })),
      ),
    query: async (table, query) => {
      const input = { TableName: tables[table], ...query, ...metered }
      const found = await call('Query', table, () => client.send(new QueryCommand(input)))
      return { items: found.Items ?? [], more: found.LastEvaluatedKey ?? null }
    },
    count: async (table, query) => {
      let total = 0
      let start: Item | undefined
      do {
        const input = { TableName: tables[table], ...query, Select: 'COUNT' as const, ...metered }
        const page = { ...input, ...(start && { ExclusiveStartKey: start }) }
        const found = await call('Query', table, () => client.send(new QueryCommand(page)))
        total += found.Count ?? 0
        start = found.LastEvaluatedKey
      } while (start)
      return total
    },
  }
}

const MAX_KEY_BYTES = { partition: 2048, sort: 1024 }

/** Whether DynamoDB can hold the text in a key: what it cannot, no item has. */
export function fitsKey(text: string, part: keyof typeof MAX_KEY_BYTES): boolean {
  return text !== '' && Buffer.byteLength(text) <= MAX_KEY_BYTES[part]
}

/** The partition comes first. */
function isKey(key: Item): boolean {
  return Object.values(key).every(({ S }, n) => S === undefined || fitsKey(S, n === 0 ? 'partition' : 'sort'))
}

function conditional({ expression, values }: Condition) {
  return {
    ConditionExpression: expression,
    ExpressionAttributeNames: namesIn(expression),
    ...(values && { ExpressionAttributeValues: values }),
  }
}

export function namesIn(...expressions: string[]): Record<string, string> {
  const names = expressions.flatMap((expression) => expression.match(/#\w+/g) ?? [])
  return Object.fromEntries(names.map((name) => [name, name.slice(1)]))
}

/** A refused condition is an answer, and not a failure; it has used what it would have used. */
function refused(error: unknown): Answer & { refused: true } {
  if ((error as Error).name === 'ConditionalCheckFailedException') return { refused: true }
  throw error
}

type Calling<T> = {
  /** Throws Unprocessed for an answer that leaves something to be asked again. */
  take?: (answer: T) => void
  signal?: AbortSignal
}

type Answer = { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] | undefined }

function spend(meter: CapacityMeter, what: string, table: AwsTable, told: Answer['ConsumedCapacity']): void {
  meter.spend(what, table, { requests: 1, units: 0 })
  for (const one of [told ?? []].flat()) {
    meter.spend(what, table, { requests: 0, units: one.Table?.CapacityUnits ?? one.CapacityUnits ?? 0 })
    for (const [index, used] of Object.entries(one.GlobalSecondaryIndexes ?? {}))
      meter.spend(what, `${table}/${index}`, { requests: 0, units: used.CapacityUnits ?? 0 })
  }
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))
}
