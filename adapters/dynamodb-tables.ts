/** Tables of the AWS home, made where no deployment makes them: of a shadow, and of a stand-in. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceNotFoundException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { type AwsTable, type KeyAttribute, TABLES, type TableShape, tableName } from './aws-names.ts'
import { InfrastructureError } from './infrastructure-error.ts'

/** Those that a hot store is made of. */
export const STORE_TABLES = ['events', 'states', 'config', 'summaries', 'lookups', 'quarantine'] as const

const MOST_WAIT_S = 300

/** On demand, and with no time to live: nothing in them is ever forgotten. One after the other, as DynamoDB wants those with indexes. */
export async function createTables(
  client: DynamoDBClient,
  prefix: string,
  tables: readonly AwsTable[] = STORE_TABLES,
): Promise<void> {
  for (const table of tables) {
    await asked(() => client.send(new CreateTableCommand(creationOf(prefix, table))))
    const of = { client, maxWaitTime: MOST_WAIT_S, minDelay: 0.05, maxDelay: 5 }
    await asked(() => waitUntilTableExists(of, { TableName: tableName(prefix, table) }))
  }
}

/** Whether any of a store's tables is there. */
export async function hasTables(client: DynamoDBClient, prefix: string): Promise<boolean> {
  for (const table of STORE_TABLES) {
    const isThere = await asked(async () => {
      try {
        await client.send(new DescribeTableCommand({ TableName: tableName(prefix, table) }))
        return true
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return false
        throw error
      }
    })
    if (isThere) return true
  }
  return false
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new InfrastructureError((error as Error).message || (error as Error).name, { cause: error })
  }
}

function creationOf(prefix: string, table: AwsTable) {
  const shape: TableShape = TABLES[table]
  const keys = [shape, ...shape.indexes].flatMap(({ partition, sort }) =>
    sort ? [partition, sort] : [partition],
  )
  const types = new Map(keys.map(({ name, type }) => [name, type]))
  const indexes = shape.indexes.map(({ name, partition, sort, projection, include }) => ({
    IndexName: name,
    KeySchema: keySchema(partition, sort),
    Projection: { ProjectionType: projection, ...(include && { NonKeyAttributes: [...include] }) },
  }))
  return {
    TableName: tableName(prefix, table),
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: keySchema(shape.partition, shape.sort),
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
  }
}

function keySchema(partition: KeyAttribute, sort?: KeyAttribute): KeySchemaElement[] {
  const schema: KeySchemaElement[] = [{ AttributeName: partition.name, KeyType: 'HASH' }]
  if (sort) schema.push({ AttributeName: sort.name, KeyType: 'RANGE' })
  return schema
}
