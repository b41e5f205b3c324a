/**
 * What came too late to be folded and was set aside (DESIGN §5.5), taken up by a replay that reads all of its device: what
 * was forgotten since is told again with it, and the device folded from its beginning, at once.
 */

import { lowestKey, parseKeyText } from '../events/key.ts'
import type { Arriving, HotStore, Put, Summary } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { parseDeviceState } from '../statecharts/device-state.ts'
import { type Applied, applyRecords } from './apply-records.ts'
import { type DeviceRecord, openRecord, readRecord } from './decode-record.ts'
import { type DeviceWork, END, nextApplied } from './device-work.ts'
import { moveLeft } from './move-boot.ts'
import { createOwners } from './replay-owner.ts'
import type { ReplayBatch, ReplayRange } from './replay-source.ts'

export type Aside = {
  /** The batches as they are; the records of devices of which something is set aside are kept. */
  watch(batches: AsyncIterable<ReplayBatch>): AsyncIterable<ReplayBatch>
  /** Folds what has been kept. Resolves with the devices of which the source has not told everything. */
  takeUp(ports: { store: HotStore; feed: (records: Arriving[]) => Promise<void> }): Promise<string[]>
}

/** `listed` is what is set aside and not withdrawn. A range that leaves something out takes nothing up. */
export function createAside(listed: readonly Summary[], range: ReplayRange): Aside {
  const { from, to, location, type, device_id: only } = range
  const isWhole = from === 0 && to === Number.MAX_SAFE_INTEGER && location === null && type === null
  const wanted = isWhole ? listed.filter(({ device_id }) => (only ?? device_id) === device_id) : []
  const items = Map.groupBy(wanted, ({ device_id }) => device_id)
  const kept = new Map<string, LogRecord[]>([...items.keys()].map((device_id) => [device_id, []]))
  return {
    watch: (batches) => (kept.size === 0 ? batches : watched(batches, kept)),
    takeUp: async ({ store, feed }) => {
      const incomplete: string[] = []
      for (const [device_id, records] of kept) {
        const write = await foldAnew(store, device_id, records, items.get(device_id) ?? [])
        kept.set(device_id, [])
        if (!write) incomplete.push(device_id)
        else await writeAnew(store, feed, write, items.get(device_id) ?? [])
      }
      return incomplete
    },
  }
}

async function* watched(
  batches: AsyncIterable<ReplayBatch>,
  kept: Map<string, LogRecord[]>,
): AsyncGenerator<ReplayBatch> {
  const owners = createOwners()
  for await (const batch of batches) {
    for (const record of batch.records) kept.get(owners.whose(record) ?? '')?.push(record)
    yield batch
  }
}

/** Null where the first of the device's records is not among these: a fold of the rest would withdraw what came before. */
async function foldAnew(
  store: HotStore,
  device_id: string,
  records: readonly LogRecord[],
  items: readonly Summary[],
): Promise<Applied | null> {
  const stored = (await store.loadStates([device_id])).get(device_id)
  if (!stored) return null
  const { first_received_at = 0 } = parseDeviceState(stored.state)
  const first = records.reduce(
    (least, { received_at }) => Math.min(least, received_at),
    Number.POSITIVE_INFINITY,
  )
  if (first > first_received_at) return null
  const decoded: DeviceRecord[] = []
  for (const record of records) {
    const read = readRecord(openRecord(record), () => device_id)
    if (!('rejection' in read)) decoded.push(read)
  }
  const everything = { from: lowestKey(0), to: END, since: 0, cause: 'replay' as const }
  const last = records.at(-1)
  const before = async (work: DeviceWork) => {
    if (last) await moveBoots(work, items, last)
  }
  return applyRecords(stored, decoded, { ...store, keeps_all: true }, { ...everything, before })
}

/** Events of boots whose offsets got better, to where they are; each by the last that was set aside of its boot. */
async function moveBoots(work: DeviceWork, items: readonly Summary[], record: LogRecord): Promise<void> {
  const boots = new Map<number, { number: number; offset_ms: number; folded_from: number }>()
  for (const { body } of items.toSorted((a, b) => a.started_at - b.started_at)) {
    const { boot: number, offset_ms, folded_from } = body as Partial<Record<string, number>>
    if (number === undefined || offset_ms === undefined || typeof folded_from !== 'number') continue
    boots.set(number, { number, offset_ms, folded_from })
  }
  if (boots.size === 0) return
  work.state = { ...work.state, applied: nextApplied(work) }
  for (const boot of boots.values()) await moveLeft(work, boot, record)
}

async function writeAnew(
  store: HotStore,
  feed: (records: Arriving[]) => Promise<void>,
  { write, mark, feeds }: Applied,
  items: readonly Summary[],
): Promise<void> {
  if (!write) return
  if (feeds.length > 0) await feed(feeds.map(({ arriving }) => arriving))
  const told = new Set(write.puts.flatMap(({ table, item }) => (table === 'events' ? [item.identity] : [])))
  const withdrawn: Put[] = []
  for (const item of items)
    if (await isTakenUp(store, item, told))
      withdrawn.push({ table: 'summaries', item: { ...item, applied: write.state.applied, retracted: true } })
  if (mark) await store.write({ devices: [mark], quarantined: [] })
  await store.write({ devices: [{ ...write, puts: [...write.puts, ...withdrawn] }], quarantined: [] })
}

/** An event that has its row now, a boot that lies where it does, or a configuration with which everything has been folded. */
async function isTakenUp(store: HotStore, item: Summary, told: ReadonlySet<string>): Promise<boolean> {
  const { what, key } = item.body as { what: string; key: string }
  // Older code did not say which boot it was, and where it lies.
  if (what === 'boot') return item.body.offset_ms !== undefined
  const at = parseKeyText(key)
  return (
    what === 'config' ||
    told.has(item.id) ||
    (at !== null && (await store.findEvent(item.device_id, at)) !== null)
  )
}
