/** C's arithmetic where it differs from JavaScript's: 32-bit integers, single precision, printf. */

/** A 32-bit product that wraps, as the compiler's does. */
export function multiplyInt32(a: number, b: number): number {
  return Math.imul(a, b)
}

/** An integer quotient, truncated towards zero. Exact for 32-bit operands. */
export function divideInt32(a: number, b: number): number {
  return Math.trunc(a / b) | 0
}

export function subtractInt32(a: number, b: number): number {
  return (a - b) | 0
}

/** A double rounded to single precision, which is what every C `float` operation ends with. */
export const float = Math.fround

/**
 * printf's `%.Nf`: the exact binary value, a tie going to the even digit. `toFixed` takes the larger one on a tie
 * and prints no sign for negative zero; in everything else it is exact too.
 */
export function formatFixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no fixed notation`)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  if (magnitude >= 1e21)
    return `${sign}${BigInt(magnitude)}${decimals === 0 ? '' : `.${'0'.repeat(decimals)}`}`
  return sign + (tieToEven(magnitude, decimals) ?? magnitude.toFixed(decimals))
}

/** `%0Nx` of an unsigned 32-bit word. */
export function formatHex(word: number, digits: number): string {
  return (word >>> 0).toString(16).padStart(digits, '0')
}

/** Only an odd multiple of 1 / 2^(decimals + 1) lies exactly between two decimals; null for everything else. */
function tieToEven(magnitude: number, decimals: number): string | null {
  const halves = magnitude * 2 ** (decimals + 1)
  if (!Number.isSafeInteger(halves) || halves % 2 === 0) return null
  const below = (BigInt(halves) * 5n ** BigInt(decimals) - 1n) / 2n
  const even = below % 2n === 0n ? below : below + 1n
  const text = String(even).padStart(decimals + 1, '0')
  return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`
}
