/** Lists that are spread over shards, as one list: each shard is sorted, and read only as far as the list is. */
import { ALL_SHARDS } from './aws-names.ts'

/** A page of one shard, in order. `next` fetches the one behind it, and is null behind the last. */
export type ShardPage<T> = { items: T[]; next: (() => Promise<ShardPage<T>>) | null }

/** How many items to ask of a shard at first for `wanted` of all: a little more than its share. */
export function shareOf(wanted: number): number {
  return Math.ceil((wanted / ALL_SHARDS.length) * 1.5) + 2
}

/** The items of all shards in `order`, for as long as somebody asks. First pages are fetched side by side. */
export async function* mergeShards<T>(
  first: (shard: string) => Promise<ShardPage<T>>,
  order: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const heads = (await Promise.all(ALL_SHARDS.map(first))).map((page) => ({ page, at: 0 }))
  for (;;) {
    let least: { head: (typeof heads)[number]; item: T } | null = null
    for (const head of heads) {
      while (head.at === head.page.items.length && head.page.next) {
        head.page = await head.page.next()
        head.at = 0
      }
      const item = head.page.items[head.at]
      if (item !== undefined && (!least || order(item, least.item) < 0)) least = { head, item }
    }
    if (!least) return
    least.head.at++
    yield least.item
  }
}

export async function take<T>(from: AsyncGenerator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) {
    const { value, done } = await from.next()
    if (done) break
    taken.push(value)
  }
  return taken
}
