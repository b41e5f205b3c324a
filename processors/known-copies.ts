/** The last events that were folded, to know a copy of one that comes behind it. */

/** Copies and overtaking within so many events need nothing but this. */
const MOST_KNOWN = 64

/**
 * By their time and the bytes they came in, 53 bits of which are enough of one millisecond of one device. A copy that
 * somebody has written otherwise is not known here.
 */
export class KnownCopies {
  readonly #times: number[] = []
  readonly #prints: number[] = []
  #next = 0

  add(ts: number, print: number): void {
    this.#times[this.#next] = ts
    this.#prints[this.#next] = print
    this.#next = (this.#next + 1) % MOST_KNOWN
  }

  has(ts: number, print: number): boolean {
    return this.#times.some((time, at) => time === ts && this.#prints[at] === print)
  }
}

const LOW_BITS = 0x1fffff

/** A hash of the bytes in two lanes, of which the second mixes downwards too: a whole number below 2^53. */
export function printOf(bytes: Uint8Array): number {
  let low = bytes.length
  let high = 0x9747b28c
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    const word =
      byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24)
    low = Math.imul(low ^ word, 0x01000193)
    high = Math.imul(high ^ word ^ (high >>> 15), 0x85ebca6b)
  }
  for (let at = whole; at < bytes.length; at++) {
    low = Math.imul(low ^ byteAt(bytes, at), 0x01000193)
    high = Math.imul(high ^ byteAt(bytes, at) ^ (high >>> 15), 0x85ebca6b)
  }
  return (high & LOW_BITS) * 2 ** 32 + (low >>> 0)
}

/** The same of whole numbers of 32 bits, from one place to another; another `seed` gives another print. */
export function printOfWords(words: Int32Array, from: number, to: number, seed: number): number {
  let low = (to - from) ^ Math.imul(seed, 0x9e3779b1)
  let high = 0x9747b28c ^ seed
  for (let at = from; at < to; at++) {
    const word = words[at] as number
    low = Math.imul(low ^ word, 0x01000193)
    high = Math.imul(high ^ word ^ (high >>> 15), 0x85ebca6b)
  }
  return (high & LOW_BITS) * 2 ** 32 + (low >>> 0)
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}
