/**
 * The hot store on DynamoDB. Every write is atomic and conditional, a batch is not (DESIGN §5.6, §5.7): a device's rows go
 * out side by side, each only over what is not newer; its state follows when all of them are there, and only over the
 * version that was read. A crash between any two writes leaves rows that do not count yet.
 */
import type { BatchWrite, DeviceStateItem, DeviceWrite, HotStore, Put, Quarantined } from '../events/ports.ts'
import {
  type Condition,
  type DynamoCalls,
  type DynamoOptions,
  dynamoCalls,
  type Item,
} from './dynamodb-calls.ts'
import { dueStates } from './dynamodb-due.ts'
import { checkpointBefore, checkpoints, history, things } from './dynamodb-history.ts'
import { fromItem, lookup, TABLE_OF, text, toItem } from './dynamodb-items.ts'
import { keyNumber } from './dynamodb-numbers.ts'
import { findAliases } from './dynamodb-reads.ts'
import { allEnded } from './gate.ts'
import { assertBatch, assertLimit } from './port-checks.ts'
import { KEY_COLUMNS, type TableName } from './store-tables.ts'

/** Rejects with InfrastructureError where DynamoDB is unwell. */
export function dynamodbStore(options: DynamoOptions): HotStore {
  const calls = dynamoCalls(options)
  return {
    atomic: false,
    loadStates: (device_ids) => loadStates(calls, device_ids),
    write: (batch) => writeBatch(calls, batch),
    position: async (consumer) => {
      const item = await calls.get('lookups', lookup('position', consumer, ''))
      return item ? fromItem('positions', item).position : ''
    },
    findEvent: async (device_id, key) => {
      const item = await calls.get('events', { device_id: text(device_id), timestamp: { N: keyNumber(key) } })
      return item && fromItem('events', item)
    },
    findIdentity: async (device_id, identity) => {
      const item = await calls.get('lookups', lookup('identity', device_id, identity))
      return item && fromItem('identities', item)
    },
    findAliases: (kind, alias) => findAliases(calls, kind, alias, { consistent: true }),
    history: (device_id, range) => history(calls, device_id, range),
    things: (device_id, from, to) => things(calls, device_id, from, to),
    checkpoints: (device_id, range) => checkpoints(calls, device_id, range),
    checkpointBefore: (device_id, key, applied) => checkpointBefore(calls, device_id, key, applied),
    due: async (due_by, heard_by, limit) => {
      assertLimit(limit)
      return dueStates(calls, due_by, heard_by, limit)
    },
  }
}

async function loadStates(calls: DynamoCalls, device_ids: string[]): Promise<Map<string, DeviceStateItem>> {
  const keys = [...new Set(device_ids)].map((device_id) => ({ device_id: text(device_id) }))
  const items = await calls.getAll('states', keys, { consistent: true })
  const states = items.map((item) => fromItem('states', item))
  return new Map(states.map((state) => [state.device_id, state]))
}

async function writeBatch(calls: DynamoCalls, batch: BatchWrite): Promise<{ conflicts: string[] }> {
  assertBatch(batch)
  // A record is quarantined under its position with what it holds: whoever puts it again puts the same, so no condition.
  const refused = new Map(
    batch.quarantined.map((item) => [item.position, toItem('quarantine', fitting(item))]),
  )
  await calls.putAll('quarantine', [...refused.values()])
  const devices = Map.groupBy(batch.devices, ({ device_id }) => device_id)
  // What fails fails the batch: what has not begun by then would only be done twice.
  const failed = new AbortController()
  const written = await allEnded([...devices.values()].map((writes) => writeDevice(calls, writes, failed)))
  const conflicts = [...devices.keys()].filter((_, n) => !written[n])
  if (batch.checkpoint && conflicts.length === 0)
    await calls.put('lookups', toItem('positions', batch.checkpoint))
  return { conflicts }
}

/** Characters of base64, of which an item holds 400 KB; a multiple of four, so that what is kept decodes. */
const MOST_PAYLOAD = 320_000

/** More than devices and the API can send. Of a record that is larger still the beginning is kept: it must not stop its shard. */
function fitting(item: Quarantined): Quarantined {
  const { payload_base64, reason } = item
  if (payload_base64.length <= MOST_PAYLOAD) return item
  const bytes = Math.floor((payload_base64.replace(/=+$/, '').length * 3) / 4)
  const told = `${reason}; of its ${bytes} bytes the first ${(MOST_PAYLOAD * 3) / 4} are kept`
  return { ...item, payload_base64: payload_base64.slice(0, MOST_PAYLOAD), reason: told }
}

/** One device's writes, one after the other. False where a state was not the expected one; its rows stay, and do not count. */
async function writeDevice(
  calls: DynamoCalls,
  writes: DeviceWrite[],
  failed: AbortController,
): Promise<boolean> {
  const put = (table: TableName, item: Item, condition: Condition) =>
    calls.put(TABLE_OF[table], item, { condition, signal: failed.signal }).catch((error) => {
      failed.abort(error)
      throw error
    })
  let fits = true
  for (const { puts, state, expected_version } of writes) {
    const rows = lastOfEachKey(puts).map((one) => ({ ...one, attributes: toItem(one.table, one.item) }))
    await allEnded(rows.map((row) => put(row.table, row.attributes, unlessNewer(row))))
    fits = (await put('states', toItem('states', state), onVersion(expected_version))) && fits
  }
  return fits
}

/** Of several puts of one item the one that would stand at the end, if they were written one after the other. */
function lastOfEachKey(puts: readonly Put[]): Put[] {
  const last = new Map<string, Put>()
  for (const put of puts) {
    const key = keyOf(put)
    const before = last.get(key)
    if (!before || put.item.applied >= before.item.applied) last.set(key, put)
  }
  return [...last.values()]
}

function keyOf({ table, item }: Put): string {
  const fields = item as unknown as Record<string, unknown>
  return JSON.stringify([table, ...KEY_COLUMNS[table].map((column) => fields[column])])
}

/** A refused put means that somebody newer was there, which is no error. */
function unlessNewer({ item }: Pick<Put, 'item'>): Condition {
  return {
    expression: 'attribute_not_exists(#applied) OR #applied <= :applied',
    values: { ':applied': { N: String(item.applied) } },
  }
}

function onVersion(expected: number): Condition {
  if (expected === 0) return { expression: 'attribute_not_exists(#version)' }
  return { expression: '#version = :version', values: { ':version': { N: String(expected) } } }
}
