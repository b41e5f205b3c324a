/** Chance from a seed: the same seed gives the same world. The state is one number, so that a world can be stored. */

/** Changed in place by every draw. */
export type Random = { state: number }

/** A stream of its own for each thing that has a name, so that one more device changes nothing for the others. */
export function randomOf(seed: number, name: string): Random {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return { state: mix(hash) }
}

/** 32 random bits (splitmix32). */
export function word(random: Random): number {
  random.state = (random.state + 0x9e3779b9) >>> 0
  return mix(random.state)
}

/** At least 0 and below 1. */
export function unit(random: Random): number {
  return word(random) / 0x1_0000_0000
}

export function between(random: Random, low: number, high: number): number {
  return low + unit(random) * (high - low)
}

/** A whole number from `low` to `high`, both included. */
export function wholeBetween(random: Random, low: number, high: number): number {
  return low + Math.floor(unit(random) * (high - low + 1))
}

export function chance(random: Random, probability: number): boolean {
  return unit(random) < probability
}

export function pick<T>(random: Random, from: readonly T[]): T {
  if (from.length === 0) throw new RangeError('there is nothing to pick from')
  return from[Math.floor(unit(random) * from.length)] as T
}

/** Around `mean`, within three times `spread`: the sum of three draws, which is normal enough for habits. */
export function around(random: Random, mean: number, spread: number): number {
  return mean + (unit(random) + unit(random) + unit(random) - 1.5) * 2 * spread
}

function mix(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}
