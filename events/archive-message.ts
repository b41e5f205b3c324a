/**
 * What a payload says, straight from the values of its row: the object that `decode.ts` makes of its bytes, without them. What
 * a field means and may hold is the parser's to say all the same, which is given this object.
 *
 * A template is JSON with places in it. It is decoded once, with a stand-in at each place; where each of them comes out as
 * a value by itself, a row's object is this one with the row's values. Anything else is left to the bytes.
 */
import { type PlaceKind, placeKind } from './archive-bytes.ts'
import {
  MOST_READING,
  placesOf,
  SHORTEST_DECIMALS,
  type TemplatePart,
  writeReading,
} from './archive-payload.ts'
import { decodeObject, isObject, type JsonObject } from './decode.ts'
import { MAX_PAYLOAD_BYTES } from './record.ts'

/** Where a row has its values, by their places in `PAYLOAD_TEXTS` and `PAYLOAD_NUMBERS`; -1: nowhere. */
export type RowColumns = { texts: readonly number[]; numbers: readonly number[] }

/**
 * The values of many rows, one row behind the other. A text is its place in the list of its column, as `spokenText` has it;
 * a number that a row has not is NaN.
 */
export type RowValues = { values: Float64Array; lists: readonly (readonly (string | null)[])[] }

/** The message of the row whose values begin at `at`; null where only its bytes say. */
export type MessageMaker = (rows: RowValues, at: number) => JsonObject | null

type Leaf = PlaceKind & {
  key: string
  /** Where the value is in a row, of hexadecimal digits perhaps a second behind the first, of what is before the stamp the stamp. */
  at: number
  other: number
  power: number
}
type Branch = { key: string; base: JsonObject | unknown[]; leaves: Leaf[]; branches: Branch[] }

const UTF8 = new TextEncoder()
/** Characters of a text, and bytes of a character and of a number, at most. */
const MOST_TEXT = 1_024
const MOST_CHARACTER = 3
const MOST_NUMBER = 32
/** Beyond it two whole numbers may be one double. */
const MOST_WHOLE = 2 ** 53
const STAND_IN = 8e15
/** So far that none is another with a fraction behind it. */
const STAND_APART = 1_000
const NOWHERE = -1
const STAMP = 0
/** What stands around a number that is a value by itself. */
const BEFORE = /[:,[\s]$/
const BEHIND = /^[,}\]\s]/

/** Null where rows of the template have to be read from their bytes. */
export function messageMaker(template: string, columns: RowColumns): MessageMaker | null {
  const parts = placesOf(template)
  if (mostBytes(template, parts) > MAX_PAYLOAD_BYTES) return null
  const leaves: Leaves = new Map()
  let text = ''
  let bare = ''
  for (let nth = 0; nth < parts.length; nth += 2) {
    text += parts[nth]
    bare += parts[nth]
    if (nth + 1 === parts.length) break
    const leaf = leafOf(parts[nth + 1] as Place, columns)
    if (!leaf) return null
    if (leaf.kind === 'hex' && parts[nth + 2] === '' && isHex(parts[nth + 3])) {
      leaf.other = leafOf(parts[nth + 3] as Place, columns)?.at ?? NOWHERE
      if (leaf.other === NOWHERE) return null
      nth += 2
    }
    const isText = leaf.kind === 'text' || leaf.kind === 'hex'
    if (!isText && !(BEFORE.test(text) && BEHIND.test(parts[nth + 2] as string))) return null
    const standIn = isText ? `\ue000${leaves.size}` : STAND_IN + leaves.size * STAND_APART
    leaves.set(standIn, leaf)
    text += standIn
    bare += isText ? '' : '0'
  }
  const trunk = trunkOf(text, leaves)
  // What stands in for a value must not be there without it, and none of them must be lost.
  if (!trunk || trunk.found < leaves.size || trunkOf(bare, leaves)?.found !== 0) return null
  return (rows, at) => grown(trunk.branch, rows, at) as JsonObject | null
}

type Place = Exclude<TemplatePart, string>
/** By what stands in for them. */
type Leaves = Map<unknown, Leaf>

function mostBytes(template: string, parts: readonly TemplatePart[]): number {
  const texts = parts.filter((part) => typeof part === 'object' && part.kind === 'text').length
  return UTF8.encode(template).length + texts * MOST_TEXT * MOST_CHARACTER + parts.length * MOST_NUMBER
}

function isHex(part: TemplatePart | undefined): boolean {
  return typeof part === 'object' && placeKind(part).kind === 'hex'
}

function leafOf(part: Place, columns: RowColumns): Leaf | null {
  const place = placeKind(part)
  const { kind, nth, decimals } = place
  const at = (kind === 'text' ? columns.texts : columns.numbers)[nth] ?? NOWHERE
  const other = kind === 'to_stamp' ? (columns.numbers[STAMP] ?? NOWHERE) : NOWHERE
  if (at === NOWHERE || !Number.isInteger(decimals) || (kind === 'to_stamp' && other === NOWHERE)) return null
  const power = 10 ** (kind === 'reading' && decimals === 0 ? SHORTEST_DECIMALS : decimals)
  return { ...place, key: '', at, other, power }
}

function trunkOf(text: string, leaves: Leaves): { branch: Branch; found: number } | null {
  const decoded = decodeObject(UTF8.encode(text), 'payload')
  if (!('object' in decoded)) return null
  const found = new Set<unknown>()
  const branch = branchOf('', decoded.object, leaves, found)
  return branch && { branch, found: found.size }
}

/** Null where something stands in twice. What no row changes is one for all of them. */
function branchOf(
  key: string,
  base: JsonObject | unknown[],
  leaves: Leaves,
  found: Set<unknown>,
): Branch | null {
  const branch: Branch = { key, base, leaves: [], branches: [] }
  for (const [name, value] of Object.entries(base)) {
    const leaf = leaves.get(value)
    if (leaf) {
      if (found.has(value)) return null
      found.add(value)
      branch.leaves.push({ ...leaf, key: name })
    } else if (Array.isArray(value) || isObject(value)) {
      const inner = branchOf(name, value, leaves, found)
      if (!inner) return null
      if (inner.leaves.length + inner.branches.length > 0) branch.branches.push(inner)
      else Object.freeze(value)
    }
  }
  return branch
}

function grown({ base, leaves, branches }: Branch, rows: RowValues, at: number): object | null {
  const made = (Array.isArray(base) ? base.slice() : { ...base }) as JsonObject
  for (let n = 0; n < leaves.length; n++) {
    const leaf = leaves[n] as Leaf
    const value = saidAt(leaf, rows, at)
    if (value === null) return null
    made[leaf.key] = value
  }
  for (let n = 0; n < branches.length; n++) {
    const branch = branches[n] as Branch
    const inner = grown(branch, rows, at)
    if (inner === null) return null
    made[branch.key] = inner
  }
  return made
}

function saidAt(leaf: Leaf, { values, lists }: RowValues, row: number): string | number | null {
  const { kind, nth, at, other, decimals, power } = leaf
  const value = values[row + at] as number
  if (kind === 'text') return lists[nth]?.[value] ?? null
  if (kind === 'reading') {
    if (!(Math.abs(value) < MOST_READING)) return null
    // JSON has no other zero where a row has one.
    if (Math.round(value * power) / power === value) return value + 0
    return Number(writeReading(value, decimals))
  }
  if (!(Math.abs(value) < MOST_WHOLE)) return null
  if (kind === 'digits') return value / power + 0
  const second = other === NOWHERE ? 0 : (values[row + other] as number)
  if (!(Math.abs(second) < MOST_WHOLE)) return null
  if (kind === 'to_stamp') return second - value
  return other === NOWHERE ? hexText(value) : hexText(value) + hexText(second)
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexText(value: number): string {
  const byte = (shift: number) => HEX[(value >>> shift) & 255] as string
  return byte(24) + byte(16) + byte(8) + byte(0)
}

/** A text as JSON says it that has it between quotes; null where it has none so, or is too long. */
export function spokenText(text: string): string | null {
  if (text.length > MOST_TEXT) return null
  if (isPlain(text)) return text
  try {
    return JSON.parse(`"${text}"`)
  } catch {
    return null
  }
}

/** Text that JSON writes as it stands. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c) return false
  }
  return true
}
