/**
 * Aggregates in DynamoDB: an item a device and hour. They cannot be replaced in one, so new hours are written over the
 * old ones, those that are no more go, and the moment until which hours count as aggregated moves last: whoever reads
 * meanwhile takes what is newer than that from the live rows, as before.
 */
import { DAY_MS, dayOf, dayStart } from '../events/archive.ts'
import type { EnergyBook, EnergyHour, EnergyReads, EnergyWindow } from '../events/energy-hours.ts'
import { ALL_SHARDS, shardOf, TABLES } from './aws-names.ts'
import { putLaterMark, readMark } from './dynamodb-archive-book.ts'
import { type DynamoCalls, type DynamoOptions, dynamoCalls, fitsKey, type Item } from './dynamodb-calls.ts'
import { text } from './dynamodb-items.ts'
import { type PartitionQuery, queryPage } from './dynamodb-pages.ts'
import { toColumn } from './sqlite-text.ts'
import { compareBy } from './store-tables.ts'

const [LOCATION_INDEX, DAY_INDEX] = TABLES.energy.indexes

export function dynamodbEnergy(options: DynamoOptions): EnergyBook {
  const calls = dynamoCalls(options)
  return {
    hours: (query) => hours(calls, query),
    aggregatedUntil: async () => Number((await readMark(calls, 'aggregated')) || 0),
    replace: async (windows) => {
      const before = (await Promise.all(windows.map((window) => keysIn(calls, window)))).flat()
      const gone = new Map(before.map((key) => [keyText(key), key]))
      return {
        put: async (hours) => {
          await calls.putAll('energy', hours.map(toItem))
          for (const { device_id, starts_at } of hours) gone.delete(keyText(keyOf(device_id, starts_at)))
        },
        done: async (until) => {
          await calls.removeAll('energy', [...gone.values()])
          await putLaterMark(calls, 'aggregated', until)
        },
      }
    },
  }
}

async function hours(calls: DynamoCalls, { by, from, to }: Parameters<EnergyReads['hours']>[0]) {
  if (to <= from) return []
  const partition =
    'device_id' in by
      ? { partition: { name: 'device_id', value: toColumn(by.device_id) }, consistent: true }
      : { index: LOCATION_INDEX.name, partition: { name: 'location', value: toColumn(by.location) } }
  const found = await all(calls, {
    ...partition,
    condition: '#starts_at BETWEEN :from AND :to',
    values: { ':from': { N: String(from) }, ':to': { N: String(to - 1) } },
  })
  return found
    .map((item) => JSON.parse(item.body?.S ?? '') as EnergyHour)
    .sort(compareBy(['device_id', 'starts_at'] as const))
}

/** Keys of all hours that end in the window. */
async function keysIn(calls: DynamoCalls, { from, to }: EnergyWindow): Promise<Item[]> {
  const days: string[] = []
  for (let at = dayStart(dayOf(from)) as number; at < to; at += DAY_MS) days.push(dayOf(at))
  const partitions = days.flatMap((day) => ALL_SHARDS.map((shard) => `${day}#${shard}`))
  const found = await Promise.all(
    partitions.map((value) =>
      all(calls, {
        index: DAY_INDEX.name,
        partition: { name: 'ended', value },
        condition: '#ends_at BETWEEN :from AND :to',
        values: { ':from': { N: String(from + 1) }, ':to': { N: String(to) } },
      }),
    ),
  )
  return found
    .flat()
    .flatMap(({ device_id, starts_at }) => (device_id && starts_at ? [{ device_id, starts_at }] : []))
}

async function all(calls: DynamoCalls, query: PartitionQuery): Promise<Item[]> {
  const items: Item[] = []
  for (let start: Item | null = null; ; ) {
    const page = await queryPage(calls, 'energy', query, start)
    items.push(...page.items)
    if (!page.more) return items
    start = page.more
  }
}

function toItem(hour: EnergyHour): Item {
  const { device_id, starts_at, ends_at, location } = hour
  return {
    ...keyOf(device_id, starts_at),
    ends_at: { N: String(ends_at) },
    // The last moment of an hour is the one before it ends.
    ended: { S: `${dayOf(ends_at - 1)}#${shardOf(device_id)}` },
    ...(location !== null && fitsKey(toColumn(location), 'partition') && { location: text(location) }),
    body: { S: JSON.stringify(hour) },
  }
}

function keyOf(device_id: string, starts_at: number): Item {
  return { device_id: text(device_id), starts_at: { N: String(starts_at) } }
}

function keyText({ device_id, starts_at }: Item): string {
  return JSON.stringify([device_id?.S, starts_at?.N])
}
