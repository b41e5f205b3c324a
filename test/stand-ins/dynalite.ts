/** DynamoDB's stand-in, in this process on a free port, with the tables that the names describe. */
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoClient, type Elsewhere } from '../../adapters/aws-clients.ts'
import { type AwsTable, TABLES, tableName } from '../../adapters/aws-names.ts'
import type { Item } from '../../adapters/dynamodb-calls.ts'
import { fromItem, TABLE_OF } from '../../adapters/dynamodb-items.ts'
import { createTables } from '../../adapters/dynamodb-tables.ts'
import {
  compareBy,
  KEY_COLUMNS,
  type StoreDump,
  TABLE_NAMES,
  type TableName,
  type Tables,
} from '../../adapters/store-tables.ts'

const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

export type Dynalite = {
  endpoint: string
  client: DynamoDBClient
  /** New and empty tables; resolves with their prefix. */
  newTables(): Promise<string>
  stop(): Promise<void>
}

/** What every client of a stand-in is told. */
export function atEndpoint(endpoint: string): Elsewhere {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'nobody', secretAccessKey: 'nothing' } }
}

export async function startDynalite(): Promise<Dynalite> {
  const server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createDynamoClient(atEndpoint(endpoint))
  let prefixes = 0
  return {
    endpoint,
    client,
    newTables: async () => {
      const prefix = `home-${prefixes++}-`
      await createTables(client, prefix, Object.keys(TABLES) as AwsTable[])
      return prefix
    },
    stop: async () => {
      client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Every row of every table in key order, as the other stores dump them. */
export async function dumpOf(
  client: DynamoDBClient,
  prefix: string,
  tables: readonly AwsTable[] = Object.keys(TABLES) as AwsTable[],
): Promise<StoreDump> {
  const items = new Map<AwsTable, Item[]>()
  for (const table of tables) items.set(table, await scan(client, prefix, table))
  const rowsOf = <T extends TableName>(table: T): Tables[T][] => {
    const mine = (items.get(TABLE_OF[table]) ?? []).filter((item) => isOf(table, item))
    return mine.map((item) => fromItem(table, item)).sort(compareBy<Tables[T]>(KEY_COLUMNS[table]))
  }
  return Object.fromEntries(TABLE_NAMES.map((table) => [table, rowsOf(table)])) as StoreDump
}

const LOOKUPS: Partial<Record<TableName, string>> = {
  aliases: 'alias#',
  identities: 'identity#',
  checkpoints: 'checkpoint#',
  positions: 'position#',
}

/** Several tables of the store may be one of DynamoDB's. */
export function isOf(table: TableName, item: Item): boolean {
  const begins = LOOKUPS[table]
  return begins === undefined || (item.lookup?.S ?? '').startsWith(begins)
}

async function scan(client: DynamoDBClient, prefix: string, table: AwsTable): Promise<Item[]> {
  const found: Item[] = []
  let start: Item | undefined
  do {
    const page = { TableName: tableName(prefix, table), ...(start && { ExclusiveStartKey: start }) }
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand(page))
    found.push(...Items)
    start = LastEvaluatedKey
  } while (start)
  return found
}
