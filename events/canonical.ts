/** One spelling of a JSON value, whatever the order of its keys: what identity is a hash of. */

/** What a rule or a broker adds to a message on its way; no word of the device's. */
export const ADDED_ON_THE_WAY: ReadonlySet<string> = new Set([
  'ttl',
  'received_at',
  'topic',
  'verdict',
  'clientid',
  'traceid',
  'principal',
])

/**
 * The device's own fields as JSON with sorted keys. The message has been through decode.ts: finite, of bounded depth,
 * no `__proto__`. Written by hand because it is on the path of every event: sorting into a copy for JSON.stringify
 * takes twice as long.
 */
export function canonicalMessage(message: Record<string, unknown>): string {
  return canonicalObject(message, ownShapes)
}

function canonicalObject(object: Record<string, unknown>, shapes: Shapes): string {
  const { sorted, names, values, texts } = shapeOf(Object.keys(object), shapes)
  let text = ''
  for (let i = 0; i < sorted.length; i++) {
    const value = object[sorted[i] as string]
    if (value !== values[i]) {
      texts[i] = (names[i] as string) + valueText(value)
      values[i] = typeof value === 'object' ? NONE : value
    }
    text += texts[i]
  }
  return text === '' ? '{}' : `${text}}`
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return isPlain(value) ? `"${value}"` : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(valueText).join()}]`
  return canonicalObject(value as Record<string, unknown>, innerShapes)
}

const [SPACE, QUOTE, BACKSLASH, TILDE] = [0x20, 0x22, 0x5c, 0x7e]

/** Printable ASCII but for the quote and the backslash: text that JSON writes as it stands. */
function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < SPACE || unit > TILDE || unit === QUOTE || unit === BACKSLASH) return false
  }
  return true
}

/**
 * Field names as they came; without what is left out, sorted, and as they are written; and what the last object of this
 * shape held, with its text: most of what a device says it has said before.
 */
type Shape = {
  keys: readonly string[]
  sorted: readonly string[]
  names: readonly string[]
  values: unknown[]
  texts: string[]
}

/**
 * By how many fields it has, the last shape seen: a fleet sends the same few again and again, and to sort and to look up
 * names takes longer than to compare. Of bounded size, whatever strangers send.
 */
type Shapes = { without: ReadonlySet<string>; last: Shape[] }
const MOST_KEYS = 64
/** No value of a message is this one. */
const NONE = Symbol('none')

const ownShapes: Shapes = { without: ADDED_ON_THE_WAY, last: [] }
const innerShapes: Shapes = { without: new Set(), last: [] }

function shapeOf(keys: string[], { without, last }: Shapes): Shape {
  const known = last[keys.length]
  if (known && isSame(known.keys, keys)) return known
  const sorted = keys.filter((key) => !without.has(key)).sort()
  const names = sorted.map((name, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const shape = { keys, sorted, names, values: sorted.map(() => NONE), texts: [] }
  if (keys.length <= MOST_KEYS) last[keys.length] = shape
  return shape
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
