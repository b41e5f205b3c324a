/** Shards in the order of their lineage: a child behind its parent, a merged one behind both, the others side by side. */

export type Shard = { shard_id: string; parents: readonly string[] }

/** Which shards may be read now. A parent that is not among them has gone with the stream's memory, and is waited for by nobody. */
export type Lineage = {
  /** Those that have become ready since the last time. */
  ready(): Shard[]
  /** All of it has been read. */
  done(shard_id: string): void
}

export function createLineage(shards: readonly Shard[]): Lineage {
  const waiting = new Map(shards.map((shard) => [shard.shard_id, shard]))
  const unread = new Set(waiting.keys())
  return {
    ready: () => {
      const ready = [...waiting.values()].filter(
        ({ parents }) => !parents.some((parent) => unread.has(parent)),
      )
      for (const { shard_id } of ready) waiting.delete(shard_id)
      return ready.sort((a, b) => (a.shard_id < b.shard_id ? -1 : 1))
    },
    done: (shard_id) => {
      unread.delete(shard_id)
    },
  }
}
