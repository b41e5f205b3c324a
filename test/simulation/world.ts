/** A whole world from a seed: what devices say, how it arrives, and what happens to those who process it. */

import { publishedAgain, reordered, withDuplicates } from './arrivals.ts'
import { acceptedOnce, decidedInTime, difference, noneOverlap } from './checkers.ts'
import type { Variant } from './consumer.ts'
import { lifeOf, longAfter, type Random, type Record0, randomOf } from './device-life.ts'
import { type FleetLife, fleetLifeOf } from './fleet-life.ts'
import { lawful } from './law.ts'
import { cleanDump, type Faults, faultyDump } from './run.ts'
import { falseToTruth } from './truth.ts'

/** A record as plain data, so that a world can be printed and pasted. */
export type Said = [source: Record0['source'], topic: string, received_at: number, payload: string]

/** How records arrive. Chances are of a record. */
export type Arrivals = {
  /** The same record again. */
  duplicates: number
  /** The same message, published and stamped again. */
  published_again: number
  /** So many places a record may be from its own; 0 where times depend on the order, as of clocks that are not set. */
  reach: number
}

export type World = {
  /** Of what happens: the same records and faults by another seed are another world. */
  seed: number
  said: Said[]
  /** So many of the first come first: what those say is needed to read the others. */
  first: number
  /** Who is told at the end that time has passed. */
  devices: string[]
  arrivals: Arrivals
  faults: Partial<Faults>
  truth?: FleetLife['truth']
}

const DEVICES = ['dev-1', 'a/b', '__proto__']

export function worldOf(seed: number): World {
  const random = randomOf(seed)
  const isFleet = seed % 8 === 0
  const inOrder = random.chance(0.4)
  const lives = isFleet ? fleetOf(seed, random) : livesOf(random, { uptime: inOrder })
  return {
    seed,
    ...lives,
    arrivals: {
      duplicates: random.pick([0, 0.1, 0.3]),
      published_again: random.pick([0, 0.05]),
      reach: inOrder ? 0 : random.pick([2, 5, 40, 1_000]),
    },
    faults: {
      atomic: random.chance(0.3),
      mishaps: random.pick([0, 0.2, 0.5]),
      zombies: random.pick([0, 0.3]),
      reshards: random.pick([0, 0.05, 0.2]),
      sweeps: random.pick([0, 0.1]),
      backlog: random.pick([0, 0, 10_000]),
      batch: random.pick([1, 5, 20, 100]),
    },
  }
}

/** The same, where much goes wrong: for what only a few worlds would find out. */
export function rough(world: World): World {
  const { arrivals, faults } = world
  const reach = arrivals.reach > 0 ? 40 : 0
  const more = { atomic: false, mishaps: 0.5, zombies: 0.3, batch: 20 }
  return { ...world, arrivals: { ...arrivals, reach }, faults: { ...faults, ...more } }
}

type Lives = Pick<World, 'said' | 'first' | 'devices' | 'truth'>

function livesOf(random: Random, options: { uptime: boolean }): Lives {
  const devices = DEVICES.slice(0, 1 + random.below(DEVICES.length))
  const lives = devices.map((device_id) => lifeOf(device_id, random, 8 + random.below(20), options))
  const records = lives.flat().sort((a, b) => a.received_at - b.received_at)
  return { said: eachOnce(records.map(saidOf)), first: 0, devices }
}

function fleetOf(seed: number, random: Random): Lives {
  const { said, devices, truth } = fleetLifeOf(seed, random)
  return { said: said.map(saidOf), first: devices.length, devices, truth }
}

/** What is said twice in the same words is one message, and the second a copy of it: copies are the arrivals' to make. */
function eachOnce(said: Said[]): Said[] {
  const words = ([_source, topic, _received_at, payload]: Said) => `${topic} ${payload}`
  return [...new Map(said.toReversed().map((one) => [words(one), one])).values()].toReversed()
}

/** The law that was broken, and where; null where all is as it must be. */
export type Wrong = { law: string; found: string }

/** Lets the world happen, once cleanly and once in one of its ways, and holds what came of it to every law. */
export async function whatIsWrong(world: World, variant: Variant = {}): Promise<Wrong | null> {
  const { arrivals, faults, devices } = world
  const random = randomOf(world.seed * 7_919)
  const said = recordsOf(world)
  const end = longAfter(devices)
  const arriving = arrived(said, world.first, arrivals, random)
  const faulty = await faultyDump(arriving, random, faults, { variant, end })
  const inTurn = arrivals.reach > 0 ? inKeyOrder(said, world.first) : said
  const clean = await cleanDump([...inTurn, ...end], variant.everywhere ? variant : {})
  const laws: Record<string, () => string | null> = {
    'no two sessions of a device overlap': () => noneOverlap(faulty),
    'what time decides stands at its due time': () => decidedInTime(faulty),
    'every accepted record is in the log once': () =>
      variant.everywhere ? null : acceptedOnce(faulty, said),
    'the fleet’s truth is found': () => (world.truth ? falseToTruth(faulty, world.truth) : null),
    'the rows are those of the clean run': () => difference(lawful(faulty), lawful(clean)),
  }
  for (const [law, broken] of Object.entries(laws)) {
    const found = broken()
    if (found !== null) return { law, found }
  }
  return null
}

function arrived(said: Record0[], first: number, how: Arrivals, random: Random): Record0[] {
  const [needed, others] = [said.slice(0, first), said.slice(first)]
  // Of two copies that were received at different times, either may come first.
  const again = publishedAgain(others, random, how.published_again)
  const mixed = how.reach > 0 ? reordered(again, random, how.reach) : again
  return withDuplicates([...needed, ...mixed], random, how.duplicates)
}

const FUTURE_LIMIT_MS = 5 * 60_000

/** Each in its place: when it happened, as far as its own words say. */
function inKeyOrder(said: readonly Record0[], first: number): Record0[] {
  const times = new Map(said.map((record) => [record, timeOf(record)]))
  const at = (record: Record0) => times.get(record) as number
  return [...said.slice(0, first), ...said.slice(first).sort((a, b) => at(a) - at(b))]
}

function timeOf({ payload, received_at }: Record0): number {
  try {
    const message = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>
    const time = message.timestamp ?? message.effective_from ?? message.until
    if (typeof time !== 'number') return received_at
    return message.timestamp !== undefined && time > received_at + FUTURE_LIMIT_MS ? received_at : time
  } catch {
    return received_at
  }
}

function saidOf({ source, topic, received_at, payload }: Record0): Said {
  return [source, topic, received_at, new TextDecoder().decode(payload)]
}

export function recordsOf({ said }: World): Record0[] {
  return said.map(recordOf)
}

function recordOf([source, topic, received_at, payload]: Said): Record0 {
  return { source, topic, received_at, payload: new TextEncoder().encode(payload), verdict: 'unchecked' }
}
