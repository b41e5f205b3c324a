/** A store that takes writes and keeps them to itself: what a dry run writes to, and reads back over what is stored. */
import { compareKeys, type EventKey, keyText } from '../events/key.ts'
import type { BatchWrite, Checkpoint, DeviceStateItem, HotStore } from '../events/ports.ts'
import type { Lookups } from './device-work.ts'
import { type DeviceStore, deviceStore } from './replay-device-store.ts'

/** As `base` is, for as long as nobody else writes to it. */
export function overlayStore(base: HotStore): HotStore {
  const devices = new Map<string, DeviceStore>()
  const states = new Map<string, DeviceStateItem>()

  function write({ devices: writes }: BatchWrite): { conflicts: string[] } {
    for (const one of writes) {
      const store = devices.get(one.device_id) ?? deviceStore()
      devices.set(one.device_id, store)
      store.take(one)
      states.set(one.device_id, one.state)
    }
    return { conflicts: [] }
  }

  return {
    ...lookupsOver(base, { of: (device_id) => devices.get(device_id), all: () => devices.values() }),
    loadStates: async (device_ids) => {
      const loaded = await base.loadStates(device_ids.filter((device_id) => !states.has(device_id)))
      for (const device_id of device_ids) {
        const state = states.get(device_id)
        if (state) loaded.set(device_id, state)
      }
      return loaded
    },
    write: async (batch) => write(batch),
    position: base.position,
    due: base.due,
  }
}

type Own = { of(device_id: string): DeviceStore | undefined; all(): Iterable<DeviceStore> }

/** What is looked up in `base`, with what is kept over it in its place. */
export function lookupsOver(base: Lookups, { of: over, all }: Own): Lookups {
  async function checkpointBefore(
    device_id: string,
    key: EventKey,
    applied: number,
  ): Promise<Checkpoint | null> {
    const own = (await over(device_id)?.checkpointBefore(device_id, key, applied)) ?? null
    let stored = await base.checkpointBefore(device_id, key, applied)
    // One that has been withdrawn here still holds there.
    while (stored && isReplaced(over(device_id), stored))
      stored = await base.checkpointBefore(device_id, stored, applied)
    if (!own || !stored) return own ?? stored
    return compareKeys(own, stored) >= 0 ? own : stored
  }

  return {
    atomic: base.atomic,
    ...(base.has_listed && { has_listed: true }),
    findEvent: async (device_id, key) =>
      (await over(device_id)?.findEvent(device_id, key)) ?? base.findEvent(device_id, key),
    findIdentity: async (device_id, identity) =>
      (await over(device_id)?.findIdentity(device_id, identity)) ?? base.findIdentity(device_id, identity),
    findAliases: async (kind, alias) => {
      const own = [...all()].flatMap((store) => [...store.aliases()])
      const found = [...(await base.findAliases(kind, alias)), ...own]
      const named = found.filter((one) => one.kind === kind && one.alias === alias)
      return [...new Map(named.map((one) => [one.target, one])).values()]
    },
    history: async (device_id, range) => {
      const own = (await over(device_id)?.history(device_id, range)) ?? []
      return merged(await base.history(device_id, range), own)
    },
    things: async (device_id, from, to) => {
      const stored = await base.things(device_id, from, to)
      const own = (await over(device_id)?.things(device_id, from, to)) ?? []
      const all = new Map([...stored, ...own].map((one) => [`${one.kind} ${one.id}`, one]))
      return [...all.values()].sort((a, b) => a.started_at - b.started_at)
    },
    checkpoints: async (device_id, range) => {
      const own = over(device_id)?.checkpointRows(range) ?? []
      return merged(await base.checkpoints(device_id, range), own).filter(({ retracted }) => !retracted)
    },
    checkpointBefore,
  }
}

function isReplaced(own: DeviceStore | undefined, { ts, ord }: Checkpoint): boolean {
  const above = { ts, ord: `${ord}0` }
  return own !== undefined && own.checkpointRows({ from: { ts, ord }, to: above }).length > 0
}

/** Rows of both in key order, `own` in the place of what is stored under its key. */
function merged<Row extends EventKey>(stored: readonly Row[], own: readonly Row[]): Row[] {
  if (own.length === 0) return [...stored]
  const rows = new Map([...stored, ...own].map((row) => [keyText(row), row]))
  return [...rows.values()].sort(compareKeys)
}
