/**
 * What a device on a circuit says is fed to its pair, as a record of the pair's own: so that a rule over two devices has
 * one log and one order (DESIGN §5), and no chart reads another device's state.
 */
import assert from 'node:assert/strict'
import { pairArriving } from '../events/pair-record.ts'
import type { Arriving } from '../events/ports.ts'
import type { LogRecord, PairMessage, UntilMessage } from '../events/record.ts'
import type { DeviceState } from '../statecharts/device-state.ts'

/** Puts records on the log, in this order; resolves when all of them are durable. */
export type Feed = (records: Arriving[]) => Promise<void>

/** What is to be fed, with the place in the log of the record that it follows from. */
export type PairFeed = { position: string; arriving: Arriving }

/**
 * Feeds what a batch leads to, in the order of the log, before anything of the batch is written: after a crash in between
 * the batch feeds the same again, under the same keys, and in this order whatever the batches were. Resolves with how many.
 */
export async function feedPairs(
  devices: Iterable<{ feeds: PairFeed[] }>,
  feed: Feed | undefined,
): Promise<number> {
  const all: PairFeed[] = []
  for (const { feeds } of devices) for (const one of feeds) all.push(one)
  if (all.length === 0) return 0
  assert(feed, 'a device is on a circuit, and this composition has no way to feed its pair')
  all.sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
  await feed(all.map(({ arriving }) => arriving))
  return all.length
}

/** Cheap, and asked of every event: almost no device is on a circuit. */
export function isWired({ config }: Pick<DeviceState, 'config'>): boolean {
  for (const version of config) if (version.config.interlock_circuit !== undefined) return true
  return false
}

/**
 * Time is told to a pair the same way: what its members said before is not on its stream until their records have been
 * processed, and the word that time has passed must come behind it.
 */
export function feedOfUntil(of: { device_id: string; until: number; record: LogRecord }): PairFeed {
  const { device_id, until, record } = of
  return feedOf({ device_id, until }, record)
}

/** What goes on the pair's stream because of a record of its member. */
export function feedOf(
  message: PairMessage | UntilMessage,
  { position, received_at }: Pick<LogRecord, 'position' | 'received_at'>,
): PairFeed {
  return { position, arriving: pairArriving(message, received_at) }
}
