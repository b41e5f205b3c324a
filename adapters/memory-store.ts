/**
 * The hot store's twin in memory, for tests and simulations. It promises no more than DynamoDB does: each write is atomic and
 * conditional, a batch is not, so that a crash may come between any two writes.
 */
import { compareKeys, type EventKey } from '../events/key.ts'
import type {
  BatchWrite,
  DeviceStateItem,
  DeviceWrite,
  HotStore,
  Put,
  Range,
  ReadStore,
  Summary,
} from '../events/ports.ts'
import { isValidOf, memoryReads } from './memory-reads.ts'
import {
  copyOf,
  dumpTables,
  emptyTables,
  keyOf,
  lookUp,
  type MemoryTables,
  put,
  select,
} from './memory-tables.ts'
import { assertBatch, assertLimit } from './port-checks.ts'
import { compareBy, type StoreDump, type TableName, type Tables } from './store-tables.ts'

export type MemoryStore = HotStore & ReadStore & { dump(): StoreDump }

/**
 * Called before each single write with the name of its table and its key. What it throws is a crash at that point, and what it
 * waits for lets other writers come between.
 */
export type OnWrite = (what: string) => void | Promise<void>

/**
 * Writes in order: quarantined rows, then each device's rows and its state, the consumer's position last. Stores over the
 * same `tables` are one store that several processes write, each with an `onWrite` of its own.
 */
export function memoryStore({
  onWrite,
  tables = emptyTables(),
}: {
  onWrite?: OnWrite
  tables?: MemoryTables
} = {}): MemoryStore {
  return {
    ...memoryReads(tables),
    atomic: false,
    loadStates: async (device_ids) => loadStates(tables, device_ids),
    write: (batch) => writeBatch(tables, batch, onWrite),
    position: async (consumer) => lookUp(tables, 'positions', [consumer])?.position ?? '',
    findEvent: async (device_id, { ts, ord }) => lookUp(tables, 'events', [device_id, ts, ord]),
    findIdentity: async (device_id, identity) => lookUp(tables, 'identities', [device_id, identity]),
    history: async (device_id, range) =>
      copyOf(select(tables, 'events', (row) => row.device_id === device_id && isWithin(row, range))),
    things: async (device_id, from, to) => {
      const began = ({ started_at }: Summary) => started_at >= from && started_at < to
      const isThing = ({ kind }: Summary) => kind !== 'too_old'
      return copyOf(
        select(tables, 'summaries', (one) => one.device_id === device_id && isThing(one) && began(one)),
      )
    },
    checkpoints: async (device_id, range) =>
      copyOf(select(tables, 'checkpoints', (one) => isValidOf(one, device_id) && isWithin(one, range))),
    due: async (due_by, heard_by, limit) => {
      assertLimit(limit)
      const isDue = ({ next_due, last_received_at }: DeviceStateItem) =>
        next_due !== null && next_due <= due_by && last_received_at <= heard_by
      return copyOf(
        select(tables, 'states', isDue)
          .sort(compareBy(['next_due', 'device_id']))
          .slice(0, limit),
      )
    },
    dump: () => dumpTables(tables),
  }
}

function isWithin(key: EventKey, { from, to }: Range): boolean {
  return compareKeys(key, from) >= 0 && compareKeys(key, to) < 0
}

function loadStates(tables: MemoryTables, device_ids: string[]): Map<string, DeviceStateItem> {
  const states = new Map<string, DeviceStateItem>()
  for (const device_id of device_ids) {
    const state = lookUp(tables, 'states', [device_id])
    if (state) states.set(device_id, state)
  }
  return states
}

async function writeBatch(
  tables: MemoryTables,
  batch: BatchWrite,
  onWrite: OnWrite | undefined,
): Promise<{ conflicts: string[] }> {
  assertBatch(batch)
  const { quarantined, devices, checkpoint } = copyOf(batch)
  const before: Before = async (table, item) => onWrite?.(`${table} ${keyOf(table, item)}`)
  for (const item of quarantined) {
    await before('quarantine', item)
    put(tables, 'quarantine', item)
  }
  const conflicts = new Set<string>()
  for (const write of devices) if (!(await writeDevice(tables, write, before))) conflicts.add(write.device_id)
  if (checkpoint && conflicts.size === 0) {
    await before('positions', checkpoint)
    put(tables, 'positions', checkpoint)
  }
  return { conflicts: [...conflicts] }
}

type Before = <T extends TableName>(table: T, item: Tables[T]) => Promise<void>

/** False where the stored version is not the expected one by the time that the state is written; the rows stay. */
async function writeDevice(tables: MemoryTables, write: DeviceWrite, before: Before): Promise<boolean> {
  for (const each of write.puts) {
    await before(each.table, each.item)
    putUnlessNewer(tables, each)
  }
  await before('states', write.state)
  const stored = tables.states.get(keyOf('states', write.state))
  if ((stored?.version ?? 0) !== write.expected_version) return false
  put(tables, 'states', write.state)
  return true
}

function putUnlessNewer(tables: MemoryTables, { table, item }: Put): void {
  const stored = tables[table].get(keyOf(table, item))
  if (stored === undefined || item.applied >= stored.applied) put(tables, table, item)
}
