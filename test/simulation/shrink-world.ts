/** A world that fails, cut small: what is not needed for it to fail the same way is taken away. */
import type { Variant } from './consumer.ts'
import { type World, type Wrong, whatIsWrong } from './world.ts'

/**
 * With a record or a fault less, other things happen where chance is asked: so each smaller world gets some chances, and a
 * small one more of them, as it is cheap.
 */
const chancesOf = ({ said }: World) => Math.min(30, 5 + Math.ceil(300 / (said.length + 1)))

/** Fails by the same law, in the same table, as `world`, which must fail. `tried` is told how many records are left. */
export async function shrunk(
  world: World,
  variant: Variant = {},
  tried: (records: number) => void = () => {},
): Promise<World> {
  const kind = await failure(world, variant)
  const stillFails = async (smaller: World) => {
    tried(smaller.said.length)
    for (let n = 0; n < chancesOf(smaller); n++) {
      const one = { ...smaller, seed: smaller.seed + n }
      if ((await failure(one, variant)) === kind) return one
    }
    return null
  }
  let least = world
  for (let before: World | null = null; before !== least; ) {
    before = least
    least = await withFewerFaults(least, stillFails)
    least = await withFewerRecords(least, stillFails)
  }
  return least
}

type StillFails = (smaller: World) => Promise<World | null>

async function failure(world: World, variant: Variant): Promise<string | undefined> {
  try {
    return kindOf(await whatIsWrong(world, variant))
  } catch (error) {
    return String(error)
  }
}

function kindOf(wrong: Wrong | null): string | undefined {
  return wrong?.law && `${wrong.law}: ${wrong.found.split(/[ :]/, 1)[0]}`
}

async function withFewerFaults(world: World, stillFails: StillFails): Promise<World> {
  let least = world
  for (const name of ['duplicates', 'published_again', 'reach'] as const) {
    if (least.arrivals[name] === 0) continue
    least = (await stillFails({ ...least, arrivals: { ...least.arrivals, [name]: 0 } })) ?? least
  }
  for (const name of ['mishaps', 'zombies', 'reshards', 'sweeps', 'backlog'] as const) {
    if (!least.faults[name]) continue
    least = (await stillFails({ ...least, faults: { ...least.faults, [name]: 0 } })) ?? least
  }
  if (!least.faults.atomic)
    least = (await stillFails({ ...least, faults: { ...least.faults, atomic: true } })) ?? least
  return least
}

/** Half of them, then quarters, down to one by one. */
async function withFewerRecords(world: World, stillFails: StillFails): Promise<World> {
  let least = world
  for (let size = Math.ceil(least.said.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < least.said.length; ) {
      const said = least.said.toSpliced(from, size)
      const first = least.first - Math.max(0, Math.min(least.first - from, size))
      const { truth: _, ...others } = least
      const smaller = await stillFails({ ...others, said, first })
      if (smaller) least = smaller
      else from += size
    }
  }
  return least
}

/** The world as a test that fails, to be pasted beside the others. */
export function pasteable(world: World, law: string): string {
  const { said, ...others } = world
  const lines = said.map((one) => `      ${JSON.stringify(one)},`).join('\n')
  const rest = Object.entries(others)
    .map(([name, value]) => `    ${name}: ${JSON.stringify(value)},`)
    .join('\n')
  const name = JSON.stringify(`SEED=${world.seed}: ${law}`)
  return `test(${name}, async () => {
  const world: World = {
${rest}
    said: [
${lines}
    ],
  }
  expect(await whatIsWrong(world)).toBeNull()
})
`
}
