/**
 * The values that a detector model's expressions are made of, and what operators do to them. Integers and decimals are
 * different kinds; a whole decimal (20.0) is told from an integer by its wrapping. Undefined data makes undefined
 * results; kinds that do not fit together make the whole expression invalid, which counts as false.
 * Source: the expression syntax of the AWS IoT Events developer guide; what it leaves open is in decision 0020.
 */
import assert from 'node:assert/strict'

/** A decimal without a fraction; one with a fraction is a plain number. */
export type Decimal = { decimal: number }
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | Decimal
  | { [field: string]: unknown }
  | unknown[]

/** An expression that cannot be evaluated: its condition is false, its action is left out. */
export class Invalid extends Error {}

export function decimal(value: number): Value {
  return Number.isInteger(value) ? { decimal: value } : value
}

export function isDecimal(value: unknown): value is Decimal {
  if (typeof value !== 'object' || value === null) return false
  const fields = Object.keys(value)
  return fields.length === 1 && fields[0] === 'decimal' && typeof (value as Decimal).decimal === 'number'
}

/** As a payload or a picture shows it: a decimal is its number. */
export function plain(value: Value): unknown {
  return isDecimal(value) ? value.decimal : value
}

/** The value of an expression, undefined where it is invalid. */
export function evaluate(expression: () => Value): Value {
  try {
    return expression()
  } catch (error) {
    if (error instanceof Invalid) return undefined
    throw error
  }
}

/** A condition holds when it is true; anything else, and what cannot be evaluated, counts as false. */
export function holds(condition: () => Value): boolean {
  return evaluate(condition) === true
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'string' && typeof b === 'string') return a + b
  return arithmetic(a, b, (x, y) => x + y)
}

export function subtract(a: Value, b: Value): Value {
  return arithmetic(a, b, (x, y) => x - y)
}

export function multiply(a: Value, b: Value): Value {
  return arithmetic(a, b, (x, y) => x * y)
}

/** Two integers give a rounded integer; a half is rounded away from zero. */
export function divide(a: Value, b: Value): Value {
  const whole = isInteger(a) && isInteger(b)
  return arithmetic(a, b, (x, y) => (whole ? Math.sign(x / y) * Math.round(Math.abs(x / y)) : x / y))
}

export function negate(a: Value): Value {
  return arithmetic(0, a, (_, x) => (x === 0 ? 0 : -x))
}

export function less(a: Value, b: Value): Value {
  return ordered(a, b, (order) => order < 0)
}

export function atMost(a: Value, b: Value): Value {
  return ordered(a, b, (order) => order <= 0)
}

export function greater(a: Value, b: Value): Value {
  return ordered(a, b, (order) => order > 0)
}

export function atLeast(a: Value, b: Value): Value {
  return ordered(a, b, (order) => order >= 0)
}

export function equal(a: Value, b: Value): Value {
  if (a == null || b == null) return undefined
  const [x, y] = [plain(a), plain(b)]
  if (typeof x !== typeof y || typeof x === 'object') throw new Invalid(`${kind(a)} == ${kind(b)}`)
  return x === y
}

export function different(a: Value, b: Value): Value {
  return not(equal(a, b))
}

export function not(a: Value): Value {
  return a == null ? undefined : !truth(a)
}

/** The second is looked at only where the first is true. */
export function both(a: () => Value, b: () => Value): Value {
  const first = a()
  if (first == null) return undefined
  if (!truth(first)) return false
  const second = b()
  return second == null ? undefined : truth(second)
}

/** A side that is undefined or invalid counts as false; the second is looked at only where the first is not true. */
export function either(a: () => Value, b: () => Value): Value {
  return holds(a) || holds(b)
}

export function bitOr(a: Value, b: Value): Value {
  return bits(a, b, (x, y) => x | y)
}

export function bitAnd(a: Value, b: Value): Value {
  return bits(a, b, (x, y) => x & y)
}

export function bitXor(a: Value, b: Value): Value {
  return bits(a, b, (x, y) => x ^ y)
}

export function bitNot(a: Value): Value {
  return bits(a, a, (x) => ~x)
}

export function startsWith(text: Value, part: Value): Value {
  return strings(text, part, (a, b) => a.startsWith(b))
}

export function endsWith(text: Value, part: Value): Value {
  return strings(text, part, (a, b) => a.endsWith(b))
}

export function contains(text: Value, part: Value): Value {
  return strings(text, part, (a, b) => a.includes(b))
}

export function isNull(a: Value): Value {
  return a === null
}

export function isUndefined(a: Value): Value {
  return a === undefined
}

/** Boolean or number to string, string to Boolean or decimal; every other conversion is invalid. */
export function convert(type: Value, a: Value): Value {
  const to = typeof type === 'string' ? type.toLowerCase() : kind(type)
  if (to === 'string' && (typeof a === 'boolean' || isNumeric(a))) return show(a)
  if (to === 'boolean' && typeof a === 'string' && /^(?:true|false)$/i.test(a))
    return a.toLowerCase() === 'true'
  if (to === 'decimal' && typeof a === 'string' && /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(a.trim()))
    return decimal(Number(a))
  throw new Invalid(`convert of a ${kind(a)} to ${to}`)
}

/** A substitution template: its texts and values in one string; undefined where a part is. */
export function template(...parts: Value[]): Value {
  return parts.some((part) => part == null) ? undefined : parts.map(show).join('')
}

function show(value: Value): string {
  if (isDecimal(value)) return value.decimal.toFixed(1)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function arithmetic(a: Value, b: Value, compute: (x: number, y: number) => number): Value {
  if (a == null || b == null) return undefined
  if (!isNumeric(a) || !isNumeric(b)) throw new Invalid(`arithmetic of a ${kind(a)} and a ${kind(b)}`)
  const result = compute(plain(a) as number, plain(b) as number)
  if (!Number.isFinite(result)) throw new Invalid('a result that is no number')
  return isInteger(a) && isInteger(b) ? result : decimal(result)
}

function ordered(a: Value, b: Value, agrees: (order: number) => boolean): Value {
  if (a == null || b == null) return undefined
  const [x, y] = [plain(a), plain(b)]
  if (typeof x === 'number' && typeof y === 'number') return agrees(x - y)
  if (typeof x === 'string' && typeof y === 'string') return agrees(x < y ? -1 : Number(x > y))
  throw new Invalid(`order of a ${kind(a)} and a ${kind(b)}`)
}

function bits(a: Value, b: Value, compute: (x: number, y: number) => number): Value {
  return isInteger(a) && isInteger(b) ? compute(a, b) : undefined
}

function strings(a: Value, b: Value, compute: (x: string, y: string) => boolean): Value {
  return typeof a === 'string' && typeof b === 'string' ? compute(a, b) : undefined
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new Invalid(`${kind(value)} as a condition`)
  return value
}

function isInteger(value: Value): value is number {
  return typeof value === 'number' && Number.isInteger(value)
}

function isNumeric(value: Value): boolean {
  return typeof value === 'number' || isDecimal(value)
}

function kind(value: Value): string {
  return isDecimal(value) ? 'decimal' : value === null ? 'null' : typeof value
}

/** A message's text as expressions read it: what JSON.parse gives, but 20.0 stays a decimal. */
export function readMessage(text: string): unknown {
  const keepDecimals = (_: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && /[.eE]/.test(source ?? '')
      ? decimal(value)
      : value
  const read = JSON.parse as (text: string, reviver: typeof keepDecimals) => unknown
  const message = read(text, keepDecimals)
  assert(typeof message === 'object' && message !== null, 'a message is an object')
  return message
}
