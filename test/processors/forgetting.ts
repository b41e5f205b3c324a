/** A store that has forgotten whatever it may forget: what every look-up finds has time left to live. */
import { memoryStore } from '../../adapters/memory-store.ts'
import type { Checkpoint } from '../../events/ports.ts'
import type { DumpedStore } from './given.ts'

/** `clock`: epoch ms at which somebody asks. What is asked for lists keeps everything: a dump is for comparing. */
export function forgettingStore(clock: () => number): DumpedStore {
  const inner = memoryStore()
  const lives = ({ ttl }: { ttl: number | null }) => ttl === null || ttl * 1000 >= clock()
  const orNull = <T extends { ttl: number }>(row: T | null) => (row && lives(row) ? row : null)
  return {
    ...inner,
    findEvent: async (...of) => orNull(await inner.findEvent(...of)),
    findIdentity: async (...of) => orNull(await inner.findIdentity(...of)),
    history: async (...of) => (await inner.history(...of)).filter(lives),
    checkpoints: async (...of) => (await inner.checkpoints(...of)).filter(lives),
    checkpointBefore: async (device_id, key, applied) => {
      let found: Checkpoint | null = await inner.checkpointBefore(device_id, key, applied)
      while (found && !lives(found)) found = await inner.checkpointBefore(device_id, found, applied)
      return found
    },
  }
}
