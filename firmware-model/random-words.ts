/** The random words of a device, from a seed: the generator that the recorded traces were made with. Plain state. */
import { formatHex } from './c-arithmetic.ts'

/** One word, and the seed from which the next one follows: x ← 1664525·x + 1013904223 mod 2^32. */
export function nextWord(seed: number): number {
  return (Math.imul(1_664_525, seed) + 1_013_904_223) >>> 0
}

/** A session id as the firmware prints it: four words, `%08x-%04x-%04x-%04x-%04x%04x%04x`. */
export function nextSessionId(seed: number): { id: string; seed: number } {
  const r0 = nextWord(seed)
  const r1 = nextWord(r0)
  const r2 = nextWord(r1)
  const r3 = nextWord(r2)
  const [h1, l1, h2, l2] = [r1 >>> 16, r1 & 0xffff, r2 >>> 16, r2 & 0xffff]
  const tail = formatHex(l2, 4) + formatHex(r3 >>> 16, 4) + formatHex(r3 & 0xffff, 4)
  return {
    id: [formatHex(r0, 8), formatHex(h1, 4), formatHex(l1, 4), formatHex(h2, 4), tail].join('-'),
    seed: r3,
  }
}
