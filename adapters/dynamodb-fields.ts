/**
 * What is particular to an event type, or to a configuration, as attributes of its item: `pilot_state` is a string that a
 * person can query for, not a part of a text. What an attribute cannot hold exactly stays together in `more`, as JSON.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Item } from './dynamodb-calls.ts'
import { isHeld } from './dynamodb-numbers.ts'

type Fields = Record<string, unknown>

const MORE = 'more'
const PLAIN_NAME = /^[a-z][a-z0-9_]{0,63}$/

/** `taken` are the names of the item's own attributes. */
export function fieldsToItem(fields: Fields, taken: ReadonlySet<string>): Item {
  const item: Item = {}
  // Without a prototype, so that a field may be called __proto__.
  const more: Fields = Object.create(null)
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const attribute = isPlainName(name, taken) ? toAttribute(value) : null
    if (attribute) item[name] = attribute
    else more[name] = value
  }
  if (Object.keys(more).length > 0) item[MORE] = { S: JSON.stringify(more) }
  return item
}

export function fieldsOfItem(item: Item, taken: ReadonlySet<string>): Fields {
  const fields: Fields = {}
  for (const [name, attribute] of Object.entries(item))
    if (isPlainName(name, taken)) fields[name] = fromAttribute(attribute)
  const { S: more } = item[MORE] ?? {}
  // Assigned, a field called __proto__ would be lost.
  if (more !== undefined)
    for (const [name, value] of Object.entries(JSON.parse(more) as Fields))
      Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true })
  return fields
}

function isPlainName(name: string, taken: ReadonlySet<string>): boolean {
  return name !== MORE && PLAIN_NAME.test(name) && !taken.has(name)
}

function toAttribute(value: unknown): AttributeValue | null {
  if (typeof value === 'boolean') return { BOOL: value }
  if (value === null) return { NULL: true }
  if (typeof value === 'number') return isHeld(value) ? { N: String(value) } : null
  if (typeof value === 'string') return value !== '' && value.isWellFormed() ? { S: value } : null
  return null
}

function fromAttribute({ S, N, BOOL }: AttributeValue): unknown {
  return S ?? (N === undefined ? (BOOL ?? null) : Number(N))
}
