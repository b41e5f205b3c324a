/** Devices whose timers have come due, by an index that knows them a little too early. */
import type { DeviceStateItem } from '../events/ports.ts'
import { TABLES } from './aws-names.ts'
import type { DynamoCalls, Item } from './dynamodb-calls.ts'
import { fromItem } from './dynamodb-items.ts'
import { shardPage } from './dynamodb-pages.ts'
import { mergeShards, shareOf, take } from './merge-shards.ts'
import { compareBy } from './store-tables.ts'

const [DUE_INDEX] = TABLES.states.indexes

type Candidate = { key: Item; due_at: number }

/** As `HotStore.due` says. An index entry that lags behind its state is put right by looking at the state. */
export async function dueStates(
  calls: DynamoCalls,
  due_by: number,
  heard_by: number,
  limit: number,
): Promise<DeviceStateItem[]> {
  const candidates = mergeShards<Candidate>(
    (shard) => candidatesOf(calls, shard, due_by, shareOf(limit)),
    (a, b) => a.due_at - b.due_at,
  )
  const due = new Map<string, DeviceStateItem>()
  const isSure = (from: number) => {
    const sure = [...due.values()].filter(({ next_due }) => (next_due ?? 0) < from)
    return sure.length >= limit
  }
  let next = await take(candidates, limit)
  while (next.length > 0) {
    // An entry that is being moved may be seen at both its places.
    const keys = new Map(next.map(({ key }) => [key.device_id?.S, key]))
    const items = await calls.getAll('states', [...keys.values()], { consistent: false })
    for (const item of items) {
      const state = fromItem('states', item)
      if (isDue(state, due_by, heard_by)) due.set(state.device_id, state)
    }
    next = await take(candidates, limit)
    // Whoever has not been looked at yet is not due before this.
    if (isSure(next[0]?.due_at ?? Number.POSITIVE_INFINITY)) break
  }
  return [...due.values()].sort(compareBy(['next_due', 'device_id'] as const)).slice(0, limit)
}

function isDue({ next_due, last_received_at }: DeviceStateItem, due_by: number, heard_by: number): boolean {
  return next_due !== null && next_due <= due_by && last_received_at <= heard_by
}

function candidatesOf(calls: DynamoCalls, shard: string, due_by: number, limit: number) {
  const query = {
    index: DUE_INDEX.name,
    partition: { name: 'shard', value: shard },
    condition: '#due_at <= :to',
    values: { ':to': { N: String(due_by) } },
    limit,
  }
  return shardPage(calls, 'states', query, (item) => ({
    key: { device_id: item.device_id as NonNullable<Item[string]> },
    due_at: Number(item.due_at?.N),
  }))
}
