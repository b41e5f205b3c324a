/**
 * What indexes cost, which the stand-in of DynamoDB does not count: by the rules of the developer guide ("Write capacity
 * units", "Item sizes and formats"), from what an item was and what it becomes.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type AwsTable, type IndexShape, TABLES, type TableShape } from '../adapters/aws-names.ts'
import type { Item } from '../adapters/dynamodb-calls.ts'

const UNIT_BYTES = 1024

/** Write units by index of one put; an index that is not touched is not in it. */
export function indexUnits(table: AwsTable, before: Item | null, after: Item): Record<string, number> {
  const shape: TableShape = TABLES[table]
  const units: Record<string, number> = {}
  for (const index of shape.indexes) {
    const used = unitsOf(entryOf(shape, index, before), entryOf(shape, index, after), index)
    if (used > 0) units[index.name] = used
  }
  return units
}

function unitsOf(before: Item | null, after: Item | null, { partition, sort }: IndexShape): number {
  if (!before || !after) return units(before) + units(after)
  const moved = [partition, sort].some(({ name }) => textOf(before[name]) !== textOf(after[name]))
  if (moved) return units(before) + units(after)
  return JSON.stringify(before) === JSON.stringify(after) ? 0 : Math.max(units(before), units(after))
}

/** The item as the index has it, null where it is not in it. */
function entryOf(table: TableShape, index: IndexShape, item: Item | null): Item | null {
  if (!item?.[index.partition.name] || !item[index.sort.name]) return null
  if (index.projection === 'ALL') return item
  const keys = [index.partition, index.sort, table.partition, ...(table.sort ? [table.sort] : [])]
  const names = [...keys.map(({ name }) => name), ...(index.include ?? [])]
  const kept = names.flatMap((name) => {
    const value = item[name]
    return value ? [[name, value] as const] : []
  })
  return Object.fromEntries(kept)
}

function units(item: Item | null): number {
  return item ? Math.ceil(itemBytes(item) / UNIT_BYTES) : 0
}

export function itemBytes(item: Item): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value),
    0,
  )
}

/** A number takes a byte for two of its digits, and one more. */
function bytesOf({ S, N, B }: AttributeValue): number {
  if (B !== undefined) return B.byteLength
  if (S !== undefined) return Buffer.byteLength(S)
  if (N === undefined) return 1
  const digits = N.replace(/^-|[eE].*$|\./g, '').replace(/^0+|0+$/g, '').length
  return Math.ceil(digits / 2) + 1
}

function textOf(value: AttributeValue | undefined): string {
  return value?.S ?? value?.N ?? ''
}
