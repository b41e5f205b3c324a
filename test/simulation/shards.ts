/** A log in shards, as a stream has them: one order per device, and shards that split and merge while records come. */
import { positionText } from '../../adapters/log-position.ts'
import type { Arriving } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import { routeTopic, sidewalkTopicId } from '../../events/topics.ts'
import type { Random, Record0 } from './device-life.ts'

/** Devices whose hash is in [from, to) of the whole circle, until it is closed and its children go on. */
type Shard = {
  from: number
  to: number
  closed: boolean
  parents: readonly Shard[]
  records: LogRecord[]
  /** How far it has been read: what lies before has been processed. */
  read: number
}

export type Shards = {
  add(record: Record0): void
  feed(fed: readonly Arriving[]): void
  /** Those with something to read whose parents have been read to their end. */
  readable(): Shard[]
  /** One becomes two, or two neighbours become one. */
  reshard(random: Random): void
}

const WHOLE = 0x1_0000_0000

export function newShards(): Shards {
  const shards: Shard[] = [newShard(0, WHOLE, [])]
  let count = 0
  const add = (record: Record0) => {
    const hash = hashOf(partitionKey(record.topic))
    const shard = shards.find(({ closed, from, to }) => !closed && hash >= from && hash < to) as Shard
    count++
    shard.records.push({ ...record, position: positionText(count) })
  }
  return {
    add,
    feed: (fed) => {
      for (const { received_at = 0, ...one } of fed) add({ ...one, received_at, verdict: 'ok' })
    },
    readable: () => shards.filter((one) => hasMore(one) && one.parents.every(isReadOut)),
    reshard: (random) => {
      const open = shards.filter(({ closed }) => !closed).sort((a, b) => a.from - b.from)
      const one = random.pick(open)
      const next = open[open.indexOf(one) + 1]
      if (next && random.chance(0.5)) {
        shards.push(newShard(one.from, next.to, [one, next]))
        next.closed = true
      } else {
        const middle = one.from + Math.ceil((one.to - one.from) / 2)
        shards.push(newShard(one.from, middle, [one]), newShard(middle, one.to, [one]))
      }
      one.closed = true
    },
  }
}

function newShard(from: number, to: number, parents: readonly Shard[]): Shard {
  return { from, to, closed: false, parents, records: [], read: 0 }
}

function hasMore({ records, read }: Shard): boolean {
  return read < records.length
}

function isReadOut(shard: Shard): boolean {
  return shard.closed && !hasMore(shard) && shard.parents.every(isReadOut)
}

/** The device, whatever is said of it; a topic that names none is a key of its own. */
function partitionKey(topic: string): string {
  const route = routeTopic(topic)
  return 'device_id' in route ? route.device_id : (sidewalkTopicId(topic) ?? topic)
}

/** FNV-1a, and then mixed: ids that differ in their last letter must not be neighbours. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b)
  return (hash ^ (hash >>> 16)) >>> 0
}
