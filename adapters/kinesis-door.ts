/** The front door on AWS, for what does not come by an IoT rule: HTTP, configuration, the sweep. */
import type { Arriving, EventLog, FrontDoor } from '../events/ports.ts'
import type { NewRecord } from '../events/record.ts'

type Group = { records: NewRecord[]; done: Promise<void> }

/** What is admitted in one turn of the event loop shares an append. `clock` gives epoch ms. */
export function kinesisDoor(append: EventLog['append'], clock: () => number): FrontDoor {
  let group: Group | null = null

  function openGroup(): Group {
    const records: NewRecord[] = []
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    setImmediate(() => {
      group = null
      append(records).then(resolve, reject)
    })
    return { records, done: promise }
  }

  return {
    admit: async (arriving) => {
      group ??= openGroup()
      const record = stamped(arriving, clock)
      group.records.push(record)
      await group.done
      return { received_at: record.received_at }
    },
  }
}

/** The way in for what the processor itself has to say, in this order of each device: resolves when all of it is durable. */
export function kinesisFeed(
  append: EventLog['append'],
  clock: () => number,
): (records: readonly Arriving[]) => Promise<void> {
  return (records) => append(records.map((record) => stamped(record, clock)))
}

function stamped({ source, topic, payload, received_at }: Arriving, clock: () => number): NewRecord {
  return { received_at: received_at ?? clock(), source, topic, payload, verdict: 'ok' }
}
