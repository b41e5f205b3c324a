/** The sweep for silent devices: it tells their streams what time it is, and the charts do the rest (DESIGN §4). */
import type { FrontDoor, HotStore } from '../events/ports.ts'
import type { UntilMessage } from '../events/record.ts'
import { untilTopic } from '../events/topics.ts'

/** A timer is left alone for so long after it came due: an event of the same moment may be on its way. */
export const SWEEP_GRACE_MS = 5_000
/** A device that still sends (a backlog, a history) moves its own time; it is not silent. */
export const SILENT_AFTER_MS = 30_000
const DEVICES_A_SWEEP = 500

/** Tells every silent device with a due timer that time has reached `now`; resolves with how many were told. */
export async function sweep(
  ports: { store: Pick<HotStore, 'due'>; door: FrontDoor },
  now: number,
): Promise<number> {
  const until = now - SWEEP_GRACE_MS
  const due = await ports.store.due(until, now - SILENT_AFTER_MS, DEVICES_A_SWEEP)
  await Promise.all(
    due.map(({ device_id }) => {
      const message: UntilMessage = { device_id, until }
      const payload = new TextEncoder().encode(JSON.stringify(message))
      return ports.door.admit({ source: 'internal', topic: untilTopic(device_id), payload })
    }),
  )
  return due.length
}
