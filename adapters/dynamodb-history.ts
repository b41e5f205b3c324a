/** What a repair asks for: a device's rows, things and checkpoints in a stretch of its history. */
import { compareKeys, type EventKey, keyText, MAX_TIMESTAMP_MS } from '../events/key.ts'
import { type Checkpoint, type EventRow, type Range, type Summary, THING_KINDS } from '../events/ports.ts'
import type { DynamoCalls, Item } from './dynamodb-calls.ts'
import { fromItem, lookup } from './dynamodb-items.ts'
import { keyNumber } from './dynamodb-numbers.ts'
import { type PartitionQuery, queryPage } from './dynamodb-pages.ts'
import { summaries } from './dynamodb-summaries.ts'
import { toColumn } from './sqlite-text.ts'

const THINGS_A_PAGE = 100
/** Sorts behind the text of every key; a key of one digit more would not. */
const ABOVE_ALL = '~'

export async function history(calls: DynamoCalls, device_id: string, range: Range): Promise<EventRow[]> {
  if (isEmpty(range)) return []
  const items = await all(calls, 'events', {
    partition: { name: 'device_id', value: toColumn(device_id) },
    condition: '#timestamp BETWEEN :from AND :to',
    values: { ':from': { N: keyNumber(range.from) }, ':to': { N: keyNumber(range.to) } },
    consistent: true,
  })
  return items.map((item) => fromItem('events', item)).filter((row) => isWithin(row, range))
}

/** From an index, which lags by moments: a thing that was written just now may be missing, and is met by the next repair. */
export async function things(
  calls: DynamoCalls,
  device_id: string,
  from: number,
  to: number,
): Promise<Summary[]> {
  const found: Summary[] = []
  for (const kind of THING_KINDS) {
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await summaries(calls, {
        kind,
        by: { device_id },
        from,
        to,
        limit: THINGS_A_PAGE,
        include_retracted: true,
        ...(cursor !== undefined && { cursor }),
      })
      found.push(...page.items)
      more = page.next_cursor !== null
      cursor = page.next_cursor ?? undefined
    }
  }
  return found
}

export async function checkpoints(
  calls: DynamoCalls,
  device_id: string,
  range: Range,
): Promise<Checkpoint[]> {
  if (isEmpty(range)) return []
  const query = checkpointQuery(device_id, range.from, range.to)
  const items = await all(calls, 'lookups', query)
  return items
    .map((item) => fromItem('checkpoints', item))
    .filter((one) => holds(one) && isWithin(one, range))
}

export async function checkpointBefore(
  calls: DynamoCalls,
  device_id: string,
  key: EventKey,
  applied: number,
): Promise<Checkpoint | null> {
  const first = { ts: 0, ord: '0'.repeat(25) }
  if (isEmpty({ from: first, to: key })) return null
  const query = { ...checkpointQuery(device_id, first, key), newest_first: true, limit: 16 }
  for (let start: Item | null = null; ; ) {
    const page = await queryPage(calls, 'lookups', query, start)
    const found = page.items
      .map((item) => fromItem('checkpoints', item))
      .find((one) => holds(one) && one.applied <= applied && compareKeys(one, key) < 0)
    if (found || !page.more) return found ?? null
    start = page.more
  }
}

function checkpointQuery(device_id: string, from: EventKey, to: EventKey): PartitionQuery {
  const [first, last] = [from, to].map((key) => lookup('checkpoint', device_id, entryOf(key)))
  return {
    partition: { name: 'lookup', value: first?.lookup?.S ?? '' },
    condition: '#entry BETWEEN :from AND :to',
    values: { ':from': first?.entry ?? { S: '' }, ':to': last?.entry ?? { S: '' } },
    consistent: true,
  }
}

/** A BETWEEN whose bounds are the wrong way round is an error. */
function isEmpty({ from, to }: Range): boolean {
  return compareKeys(from, to) >= 0
}

function entryOf(key: EventKey): string {
  return key.ts > MAX_TIMESTAMP_MS ? ABOVE_ALL : keyText(key)
}

async function all(calls: DynamoCalls, table: 'events' | 'lookups', query: PartitionQuery): Promise<Item[]> {
  const items: Item[] = []
  for (let start: Item | null = null; ; ) {
    const page = await queryPage(calls, table, query, start)
    items.push(...page.items)
    if (!page.more) return items
    start = page.more
  }
}

function isWithin(key: EventKey, { from, to }: Range): boolean {
  return compareKeys(key, from) >= 0 && compareKeys(key, to) < 0
}

function holds({ retracted }: Checkpoint): boolean {
  return !retracted
}
