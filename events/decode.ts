/** From bytes to a JSON object that is safe to walk, copy, hash and store. */
import { MAX_PAYLOAD_BYTES } from './record.ts'
import { type Rejected, reject, rejectWith } from './rejection.ts'

export type JsonObject = Record<string, unknown>

export const MAX_NESTING = 32

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Never throws. `field` is what the bytes are called in a refusal. */
export function decodeObject(bytes: Uint8Array, field: string): { object: JsonObject } | Rejected {
  if (bytes.byteLength > MAX_PAYLOAD_BYTES)
    return rejectWith(field, `${bytes.byteLength} bytes`, `are more than ${MAX_PAYLOAD_BYTES}`)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return rejectWith(field, `${bytes.byteLength} bytes`, 'that are not UTF-8')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return reject(field, text, 'is not JSON')
  }
  // The text and not the value is shown: a value may still be nested too deep to be written out again.
  if (!isObject(value)) return rejectWith(field, text, 'is not an object')
  return unsafePart(value, field) ?? { object: value }
}

/** The first thing anywhere in a parsed value that must not travel further, or null. */
export function unsafePart(value: object, field: string): Rejected | null {
  return firstUnsafe(value, field, '', 1)
}

function firstUnsafe(value: object, field: string, path: string, depth: number): Rejected | null {
  if (depth > MAX_NESTING)
    return rejectWith(field, `${depth} levels of nesting`, `is more than ${MAX_NESTING}`)
  for (const key in value) {
    if (key === '__proto__') return reject(field, path + key, 'is no name for a field')
    const held = (value as JsonObject)[key]
    if (typeof held === 'number') {
      if (!Number.isFinite(held)) return reject(path + key, held, 'is not a finite number')
    } else if (typeof held === 'object' && held !== null) {
      const unsafe = firstUnsafe(held, field, `${path}${key}.`, depth + 1)
      if (unsafe) return unsafe
    }
  }
  return null
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
