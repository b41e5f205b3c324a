/** Which field of a refused object is broken, and what it should have been, said from its schema. */
import type { TSchema } from 'typebox'
import { Check } from 'typebox/schema'
import { type Rejected, reject } from './rejection.ts'

type Keywords = {
  anyOf?: Keywords[]
  enum?: (string | number)[]
  type?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** The first broken property in the order of the schema. `path` goes before its name (`data.evse.`). */
export function firstBroken(
  properties: Record<string, TSchema>,
  object: Record<string, unknown>,
  path = '',
): Rejected {
  for (const [name, schema] of Object.entries(properties)) {
    const value = object[name]
    if (value === undefined && '~optional' in schema) continue
    if (!Check(schema, value)) return reject(path + name, value, ruleOf(schema as Keywords, value))
  }
  throw new Error(`no property of ${Object.keys(properties).join(', ')} is broken`)
}

function ruleOf(schema: Keywords, value: unknown): string {
  if (value === undefined) return 'but required'
  if (schema.anyOf) return ruleOf(schema.anyOf.find((option) => option.type !== 'null') ?? {}, value)
  if (schema.enum) return `is none of ${schema.enum.join(', ')}`
  if (schema.type === 'boolean') return 'is neither true nor false'
  if (schema.type === 'string') {
    if (typeof value !== 'string') return 'is not text'
    return value === '' ? 'is empty' : `is longer than ${schema.maxLength} characters`
  }
  if (typeof value !== 'number') return 'is not a number'
  if (schema.type === 'integer' && !Number.isInteger(value)) return 'is not a whole number'
  return `is outside ${schema.minimum} to ${schema.maximum}`
}
