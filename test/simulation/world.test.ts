import { describe, expect, test } from 'vitest'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { BROKEN } from './broken.ts'
import type { Variant } from './consumer.ts'
import { type Dump, lawful } from './law.ts'
import { cleanDump } from './run.ts'
import { shrunk } from './shrink-world.ts'
import { recordsOf, rough, whatIsWrong, worldOf } from './world.ts'

/** Three hundred in a run of all tests; `npm run test:long` and `npm run sim` ask for more. */
const SEEDS = Number(process.env.SEEDS ?? 300)
/** Within so many seeds each broken home must be found out. */
const FOUND_WITHIN = 300
/** Some 30 ms a world where nothing else runs; a shared machine may take ten times that. */
const PATIENCE_MS = 1_000 * Math.max(SEEDS, FOUND_WITHIN)

type Row = {
  event_type: string
  time_quality: string
  body: { alarm?: string; ended_at?: number | null; left?: boolean; end_reason?: string }
}

describe('a world from a seed', () => {
  test(
    `comes to what it must come to, whatever happens in it (${SEEDS} seeds)`,
    async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const wrong = await whatIsWrong(worldOf(seed))
        expect(wrong, `SEED=${seed}: npm run sim -- --from ${seed} --seeds 1`).toBeNull()
      }
    },
    PATIENCE_MS,
  )

  test('is the same every time', async () => {
    expect(worldOf(7)).toEqual(worldOf(7))
    expect(worldOf(7)).not.toEqual(worldOf(8))
  })

  test('is worth something: everything that can be decided is decided in some, and every kind of time is in some', async () => {
    const rows: Row[] = []
    const faults = new Set<string>()
    for (let seed = 1; seed <= 150; seed++) {
      const world = worldOf(seed)
      const clean: Dump = lawful(await cleanDump(recordsOf(world)))
      rows.push(...(clean.events as Row[]))
      if (clean.quarantine?.length) faults.add('poison')
      for (const [name, chance] of Object.entries({ ...world.faults, ...world.arrivals }))
        if (chance) faults.add(name)
      if (world.truth) faults.add('truth')
    }
    const types = new Set(rows.map(({ event_type }) => event_type))
    for (const type of ['session_start', 'session_end', 'session_continued', 'cycle_start', 'cycle_end'])
      expect(types, type).toContain(type)
    const reasons = new Set(rows.map(({ body }) => body.end_reason))
    for (const reason of ['unplugged', 'fault', 'superseded', 'timeout', 'call_ended'])
      expect(reasons, reason).toContain(reason)
    const alarms = new Set(rows.map(({ body }) => body.alarm))
    for (const alarm of ['stuck_call', 'short_cycle', 'interlock_violation'])
      expect(alarms, alarm).toContain(alarm)
    const qualities = new Set(rows.map(({ time_quality }) => time_quality))
    for (const quality of ['device', 'clamped', 'estimated']) expect(qualities, quality).toContain(quality)
    const happened = ['poison', 'truth', 'duplicates', 'published_again', 'reach', 'atomic', 'mishaps']
    for (const name of [...happened, 'zombies', 'reshards', 'sweeps', 'backlog'])
      expect(faults, name).toContain(name)
    expect(rows.some(({ body }) => body.left)).toBe(true)
  })

  test.each(Object.keys(BROKEN))(
    `finds out within ${FOUND_WITHIN} seeds a home that %s`,
    async (name) => {
      let found = null
      for (let seed = 1; seed <= FOUND_WITHIN && !found; seed++)
        found = await whatIsWrong(rough(worldOf(seed)), BROKEN[name])
      expect(found).not.toBeNull()
    },
    PATIENCE_MS,
  )

  test('that fails is cut small, and fails the same way then', async () => {
    const broken = BROKEN['ignores what comes late']
    let world = worldOf(1)
    for (let seed = 1; !(await whatIsWrong(world, broken)); seed++) world = worldOf(seed)
    const small = await shrunk(world, broken)
    expect(small.said.length).toBeLessThanOrEqual(Math.min(4, world.said.length))
    expect((await whatIsWrong(small, broken))?.law).toBe((await whatIsWrong(world, broken))?.law)
  })

  test('in which nothing ever ends fails, and does not go on for ever', async () => {
    const endless: Variant = {
      store: (store) => ({ ...store, write: () => Promise.reject(new InfrastructureError('unwell')) }),
    }
    await expect(whatIsWrong(worldOf(1), endless)).rejects.toThrow('no end after')
  })
})
