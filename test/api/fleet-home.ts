/** The API over the store of each home, filled by the processor. */
import { onTestFinished } from 'vitest'
import { dynamodbReads } from '../../adapters/dynamodb-reads.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { createApi } from '../../api/app.ts'
import type { HotStore, ReadStore } from '../../events/ports.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { type DumpedStore, given } from '../processors/given.ts'
import { at } from '../processors/messages.ts'
import type { Dynalite } from '../stand-ins/dynalite.ts'
import type { Answered } from './home.ts'

export type FleetHome = 'memory' | 'sqlite' | 'dynamodb'

/** A world whose API is asked as of a minute. `restart` closes and opens what can be closed. */
export async function fleetHome(home: FleetHome, dynalite: Dynalite | null) {
  const stores = await storesOf(home, dynalite)
  let open = stores.open()
  const world = await given(open.store as DumpedStore)
  const ask = async (path: string, minute: number): Promise<Answered> => {
    const response = await appOver(open.reads, minute).request(path)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  const restart = async () => {
    open.close()
    open = stores.open()
    Object.assign(world, await given(open.store as DumpedStore), { log: world.log })
  }
  onTestFinished(async () => {
    open.close()
    await stores.remove()
  })
  return { world, ask, restart }
}

export function appOver(store: ReadStore, minute: number) {
  const never = async () => {
    throw new Error('nothing is sent here')
  }
  return createApi({
    store,
    door: { admit: never },
    downlink: { send: never },
    now: () => at(minute),
    health: async () => ({}),
    pages: new Map(),
    logger: { error: (message, fields) => console.error(message, fields) },
  })
}

type Open = { store: HotStore; reads: ReadStore; close(): void }
type Stores = { open(): Open; remove(): Promise<void> }

async function storesOf(home: FleetHome, dynalite: Dynalite | null): Promise<Stores> {
  const nothing = async () => {}
  if (home === 'memory') {
    const store = memoryStore()
    return { open: () => ({ store, reads: store, close() {} }), remove: nothing }
  }
  if (home === 'sqlite') {
    const folder = await temporaryFolder()
    const file = folder.file('hot.sqlite')
    const open = () => {
      const store = sqliteStore(file)
      const reads = sqliteReads(file)
      const close = () => {
        reads.close()
        store.close()
      }
      return { store, reads, close }
    }
    return { open, remove: () => folder.remove() }
  }
  if (!dynalite) throw new Error('dynalite is not running')
  const { client } = dynalite
  const where = { client, table_prefix: await dynalite.newTables() }
  const open = () => {
    return { store: dynamodbStore(where), reads: dynamodbReads({ ...where, now: Date.now }), close() {} }
  }
  return { open, remove: nothing }
}
