/** Many shards read side by side, as one source: parents before their children. */
import { createLineage, type Shard } from './replay-lineage.ts'
import type { ReplayBatch } from './replay-source.ts'

type Reading = { shard: Shard; batches: AsyncIterator<ReplayBatch>; next: Promise<Turn> }
type Turn = { reading: Reading; result: IteratorResult<ReplayBatch> }

/**
 * What `read` gives of each shard, whoever is ready first. A child begins when the last batch of its parents has been
 * taken, that is, when another one has been asked for behind it.
 */
export async function* readShards(
  shards: readonly Shard[],
  read: (shard: Shard) => AsyncIterable<ReplayBatch>,
): AsyncGenerator<ReplayBatch> {
  const lineage = createLineage(shards)
  const open = new Set<Reading>()
  const begin = () => {
    for (const shard of lineage.ready()) {
      const batches = read(shard)[Symbol.asyncIterator]()
      const reading = { shard, batches } as Reading
      reading.next = turnOf(reading)
      open.add(reading)
    }
  }
  begin()
  try {
    while (open.size > 0) {
      const { reading, result } = await Promise.race([...open].map(({ next }) => next))
      if (result.done) {
        open.delete(reading)
        lineage.done(reading.shard.shard_id)
        begin()
        continue
      }
      yield result.value
      reading.next = turnOf(reading)
    }
  } finally {
    for (const { batches, next } of open) {
      next.catch(() => {})
      void batches.return?.()
    }
  }
}

function turnOf(reading: Reading): Promise<Turn> {
  return reading.batches.next().then((result) => ({ reading, result }))
}
