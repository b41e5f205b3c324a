/** The contracts, on DynamoDB's stand-in. */
import { afterAll, beforeAll } from 'vitest'
import { createDynamoClient } from '../../adapters/aws-clients.ts'
import { type AwsTable, tableName } from '../../adapters/aws-names.ts'
import type { Item } from '../../adapters/dynamodb-calls.ts'
import { TABLE_OF } from '../../adapters/dynamodb-items.ts'
import { dynamodbReads } from '../../adapters/dynamodb-reads.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import type { TableName } from '../../adapters/store-tables.ts'
import { atEndpoint, type Dynalite, dumpOf, isOf, startDynalite } from '../stand-ins/dynalite.ts'
import { type FaultyProxy, type Request, startFaultyProxy } from '../stand-ins/faulty-proxy.ts'
import { hotStoreContract } from './hot-store-contract.ts'
import { readStoreContract } from './read-store-contract.ts'

let dynalite: Dynalite
let proxy: FaultyProxy

beforeAll(async () => {
  dynalite = await startDynalite()
  proxy = await startFaultyProxy(dynalite.endpoint)
})

afterAll(async () => {
  await proxy.stop()
  await dynalite.stop()
})

hotStoreContract(
  'dynamodb',
  async () => {
    const table_prefix = await dynalite.newTables()
    const client = createDynamoClient(atEndpoint(proxy.endpoint))
    const open = () => dynamodbStore({ client, table_prefix })
    return {
      store: open(),
      dump: () => dumpOf(dynalite.client, table_prefix),
      breakAt: async (table) => {
        let broken = false
        proxy.onRequest((request) => {
          broken ||= writesTo(request, table, table_prefix)
          // Nothing that is tried again: the store must leave things as they are at the first.
          return broken && isWrite(request)
            ? { kind: 'refused', status: 400, error: 'ResourceNotFoundException' }
            : null
        })
      },
      mend: async () => proxy.onRequest(() => null),
      reopen: async () => open(),
      dispose: async () => client.destroy(),
    }
  },
  {
    skip: [
      {
        reason: 'each write is atomic, a batch is not',
        tests: ['a crash leaves everything or nothing', 'a device in conflict has no rows left behind'],
      },
    ],
  },
)

readStoreContract('dynamodb', async () => {
  const options = { client: dynalite.client, table_prefix: await dynalite.newTables() }
  return {
    store: dynamodbStore(options),
    reads: dynamodbReads({ ...options, now: Date.now }),
    dispose: async () => {},
  }
})

function isWrite({ operation }: Request): boolean {
  return operation === 'PutItem' || operation === 'BatchWriteItem'
}

function writesTo({ operation, body }: Request, table: TableName, prefix: string): boolean {
  const name = tableName(prefix, TABLE_OF[table] as AwsTable)
  if (operation === 'BatchWriteItem') return Object.hasOwn(body.RequestItems as object, name)
  return operation === 'PutItem' && body.TableName === name && isOf(table, body.Item as Item)
}
