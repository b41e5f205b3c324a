/** Homes put together wrong, each in one way: a world that does not find them out proves nothing. */
import type { Arriving, BatchWrite, HotStore } from '../../events/ports.ts'
import type { LogRecord } from '../../events/record.ts'
import type { DeviceState } from '../../statecharts/device-state.ts'
import type { Ports, Variant } from './consumer.ts'

export const BROKEN: Record<string, Variant> = {
  'writes the state before the events': { store: stateBeforeEvents },
  'feeds pairs when it has written': { ports: feedAfterWriting },
  'knows no event again': { store: knowsNothingAgain },
  'keeps timers in memory': { store: timersInMemory },
  'puts a row whoever was there': { onWrite: forgetBefore },
  'ignores what comes late': { records: behindWatermark },
  'leaves the timers out of a checkpoint': { store: checkpointsWithoutTimers },
  'makes keys of the order of arrival': { records: numberedByArrival, everywhere: true },
}

/** What a batch is to pairs goes on the log when the batch has been written. */
export function feedAfterWriting(ports: Ports): Ports {
  const waiting: Arriving[] = []
  const write: HotStore['write'] = async (batch) => {
    const written = await ports.store.write(batch)
    await ports.feed(waiting.splice(0))
    return written
  }
  return {
    ...ports,
    store: { ...ports.store, write },
    feed: async (records) => void waiting.push(...records),
  }
}

/** The state goes before the rows that it speaks of. */
export function stateBeforeEvents(store: HotStore): HotStore {
  const stateFirst = async (batch: BatchWrite) => {
    // A mark is a state alone.
    if (batch.devices.every(({ puts }) => puts.length === 0)) return store.write(batch)
    const states = batch.devices.map((device) => ({ ...device, puts: [] }))
    const { conflicts } = await store.write({ devices: states, quarantined: [] })
    if (conflicts.length > 0) return { conflicts }
    const rows = batch.devices.map((device) => ({
      ...device,
      expected_version: device.state.version,
      state: { ...device.state, version: device.state.version + 1 },
    }))
    return store.write({ ...batch, devices: rows })
  }
  return { ...store, write: stateFirst }
}

/** Nobody who comes after a crash is told that a repair had begun. */
export function saysItIsAtomic(store: HotStore): HotStore {
  return { ...store, atomic: true }
}

/** No recent window, and no look-up of what is known by its key or by its identity. */
function knowsNothingAgain(store: HotStore): HotStore {
  return {
    ...eachState(store, { loaded: (state) => ({ ...state, recent: [], clamped_span: null }) }),
    findEvent: async () => null,
    findIdentity: async () => null,
  }
}

/** Timers live in the process that set them, as in a state machine that is kept running. */
function timersInMemory(store: HotStore, memory: Map<string, string>): HotStore {
  return eachState(store, {
    loaded: (state) => {
      const timers = JSON.parse(memory.get(state.device_id) ?? '{}') as Timers
      return withTimers(state, timers)
    },
    stored: (state) => {
      const timers = Object.entries(state.instances).map(([name, instance]) => [name, instance.timers])
      memory.set(state.device_id, JSON.stringify(Object.fromEntries(timers)))
      return withTimers(state, {})
    },
  })
}

/** A put that does not ask how new the stored row is. */
function forgetBefore(...[tables, what]: Parameters<NonNullable<Variant['onWrite']>>): void {
  const [table, key] = [what.slice(0, what.indexOf(' ')), what.slice(what.indexOf(' ') + 1)]
  if (table === 'events' || table === 'summaries' || table === 'aliases' || table === 'checkpoints')
    tables[table].delete(key)
}

/** What a stream processor does with what comes after its watermark. */
function behindWatermark(records: LogRecord[], memory: Map<string, string>): LogRecord[] {
  return records.filter(({ topic, payload }) => {
    const time = timeIn(payload)
    if (time === null) return true
    const watermark = Number(memory.get(topic) ?? 0)
    memory.set(topic, String(Math.max(watermark, time)))
    return time >= watermark
  })
}

function timeIn(payload: Uint8Array): number | null {
  try {
    const { timestamp } = JSON.parse(new TextDecoder().decode(payload)) as { timestamp?: unknown }
    return typeof timestamp === 'number' ? timestamp : null
  } catch {
    return null
  }
}

/** Only where a chart is, and not what it is waiting for. */
function checkpointsWithoutTimers(store: HotStore): HotStore {
  const write: HotStore['write'] = async (batch) => {
    const devices = batch.devices.map((device) => ({
      ...device,
      puts: device.puts.map((put) => {
        if (put.table !== 'checkpoints') return put
        const state = JSON.stringify(withTimers(JSON.parse(put.item.state) as DeviceState, {}))
        return { ...put, item: { ...put.item, state } }
      }),
    }))
    return store.write({ ...batch, devices })
  }
  return { ...store, write }
}

/** Each record is told apart by when it came. */
function numberedByArrival(records: LogRecord[]): LogRecord[] {
  return records.map((record) => {
    if (record.source === 'internal' || timeIn(record.payload) === null) return record
    const message = JSON.parse(new TextDecoder().decode(record.payload)) as Record<string, unknown>
    const numbered = JSON.stringify({ ...message, event_id: record.position })
    return { ...record, payload: new TextEncoder().encode(numbered) }
  })
}

type Timers = Record<string, Record<string, number>>

function withTimers(state: DeviceState, timers: Timers): DeviceState {
  const instances = Object.entries(state.instances).map(([name, instance]) => [
    name,
    { ...instance, timers: timers[name] ?? {} },
  ])
  return { ...state, instances: Object.fromEntries(instances) }
}

type OfState = {
  loaded?: (state: DeviceState) => DeviceState
  stored?: (state: DeviceState) => DeviceState
}

function eachState(store: HotStore, { loaded, stored }: OfState): HotStore {
  const changed = <T extends { state: string }>(item: T, change: OfState['loaded']): T =>
    change ? { ...item, state: JSON.stringify(change(JSON.parse(item.state) as DeviceState)) } : item
  return {
    ...store,
    loadStates: async (device_ids) => {
      const states = await store.loadStates(device_ids)
      return new Map([...states].map(([id, item]) => [id, changed(item, loaded)]))
    },
    write: (batch) => {
      const devices = batch.devices.map((device) => ({ ...device, state: changed(device.state, stored) }))
      return store.write({ ...batch, devices })
    },
  }
}
