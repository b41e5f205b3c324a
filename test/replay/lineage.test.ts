import { describe, expect, it } from 'vitest'
import { createLineage, type Shard } from '../../processors/replay-lineage.ts'
import { readShards } from '../../processors/replay-shards.ts'
import type { ReplayBatch } from '../../processors/replay-source.ts'

const shard = (shard_id: string, ...parents: string[]): Shard => ({ shard_id, parents })

function idsOf(shards: Shard[]): string[] {
  return shards.map(({ shard_id }) => shard_id)
}

async function allOf(batches: AsyncIterable<ReplayBatch>): Promise<ReplayBatch[]> {
  const all: ReplayBatch[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

describe('the lineage of shards', () => {
  it('lets a child begin when its parent is done, and a merged one when both are', () => {
    const lineage = createLineage([
      shard('a'),
      shard('b'),
      shard('a1', 'a'),
      shard('a2', 'a'),
      shard('m', 'a2', 'b'),
    ])
    expect(idsOf(lineage.ready())).toEqual(['a', 'b'])
    expect(lineage.ready()).toEqual([])
    lineage.done('b')
    expect(lineage.ready()).toEqual([])
    lineage.done('a')
    expect(idsOf(lineage.ready())).toEqual(['a1', 'a2'])
    lineage.done('a2')
    expect(idsOf(lineage.ready())).toEqual(['m'])
  })

  it('waits for no parent that the stream has forgotten', () => {
    expect(idsOf(createLineage([shard('b', 'gone'), shard('c', 'b')]).ready())).toEqual(['b'])
  })
})

describe('shards read side by side', () => {
  async function* batchesOf({ shard_id }: Shard): AsyncGenerator<ReplayBatch> {
    for (const n of [1, 2, 3]) {
      await new Promise((resolve) => setTimeout(resolve, shard_id === 'a' ? 5 : 0))
      yield { records: [], name: shard_id, position: `${n}` }
    }
  }

  it('give all of a parent before anything of its child', async () => {
    const order: string[] = []
    for await (const { name } of readShards([shard('m', 'a', 'b'), shard('a'), shard('b')], batchesOf))
      order.push(name)
    expect(order).toHaveLength(9)
    expect(order.slice(6)).toEqual(['m', 'm', 'm'])
    expect(order.slice(0, 3)).toContain('b')
  })

  it('end with the first of them that fails', async () => {
    const failing = async function* (one: Shard) {
      yield* batchesOf(one)
      if (one.shard_id === 'b') throw new Error('gone')
    }
    const all = readShards([shard('a'), shard('b')], failing)
    await expect(allOf(all)).rejects.toThrow('gone')
  })
})
