/**
 * Numbers on their way into DynamoDB and back, as decimal text. It holds 38 significant digits from 10^-130 to 10^126, and
 * gives a number back without the zeros at its ends, in which of several spellings is its own business.
 */
import { type EventKey, ORDINAL_DIGITS } from '../events/key.ts'

/**
 * The key as one number, `ms.ordinal`. The whole part is the epoch in milliseconds, so a range over it that a person types
 * by hand is a range of time.
 */
export function keyNumber({ ts, ord }: EventKey): string {
  return `${ts}.${ord}`
}

/** The key that DynamoDB gave back. @throws RangeError where the number is none */
export function parseKeyNumber(text: string): EventKey {
  const digits = keyDigits(text)
  return { ts: Number(digits / ORDINALS), ord: String(digits % ORDINALS).padStart(ORDINAL_DIGITS, '0') }
}

/** How many keys there are in a millisecond. */
const ORDINALS = 10n ** BigInt(ORDINAL_DIGITS)

/** The key right behind (1) or before (-1), null before the first: ranges are half-open, and DynamoDB's are not. */
export function neighbour({ ts, ord }: EventKey, step: 1 | -1): EventKey | null {
  const digits = BigInt(ts) * ORDINALS + BigInt(ord) + BigInt(step)
  if (digits < 0n) return null
  return { ts: Number(digits / ORDINALS), ord: String(digits % ORDINALS).padStart(ORDINAL_DIGITS, '0') }
}

const DECIMAL = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

/** Counted in ordinals: the number × 10^25, exactly. */
function keyDigits(text: string): bigint {
  const parts = DECIMAL.exec(text)
  const [whole = '', fraction = ''] = [parts?.[1], parts?.[2]]
  if (!parts || whole + fraction === '') throw new RangeError(`${JSON.stringify(text)} is no key`)
  const exponent = Number(parts[3] ?? 0) + ORDINAL_DIGITS - fraction.length
  const digits = BigInt(whole + fraction)
  if (exponent >= 0) return digits * 10n ** BigInt(exponent)
  const divisor = 10n ** BigInt(-exponent)
  if (digits % divisor !== 0n) throw new RangeError(`${JSON.stringify(text)} is finer than a key`)
  return digits / divisor
}

const LEAST = 1e-130
const MOST = 9.99e125

/** Whether DynamoDB can hold the number: a double has 17 digits, but a wider range. */
export function isHeld(value: number): boolean {
  const size = Math.abs(value)
  return size === 0 ? !Object.is(value, -0) : size >= LEAST && size <= MOST
}
