/** History as it follows from the records and from which version is in force from where on, and from nothing else. */
import { positionText } from '../../adapters/log-position.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { compareKeys, type EventKey } from '../../events/key.ts'
import type { LogRecord } from '../../events/record.ts'
import { type DeviceState, newDeviceState } from '../../statecharts/device-state.ts'
import type { Release } from '../stand-ins/release.ts'
import { noMetrics, silentLogger } from './consumer.ts'
import { type Dump, lawful } from './law.ts'

/**
 * The same records, each once and in key order, by a release that has known the upgrades from the beginning: what a device
 * that has been through them must have come to.
 */
export async function replayed(dump: Dump, log: readonly LogRecord[], release: Release): Promise<Dump> {
  const store = memoryStore()
  for (const stored of dump.states as { device_id: string; device_type: never; state: string }[]) {
    const { device_id, device_type } = stored
    const { upgrades } = JSON.parse(stored.state) as DeviceState
    if (!upgrades) continue
    const state = JSON.stringify({ ...newDeviceState(device_id, device_type), upgrades })
    const item = { device_id, device_type, location: null, version: 1, applied: 0, next_due: null }
    const device = {
      device_id,
      puts: [],
      expected_version: 0,
      state: { ...item, last_received_at: 0, state, standing: null },
    }
    await store.write({ devices: [device], quarantined: [] })
  }
  const records = inOrder(dump, log)
  const ports = { store, metrics: noMetrics, logger: silentLogger }
  await release.processBatch(records, ports, 'replayed')
  return lawful(store.dump())
}

type Row = EventKey & { origin: string; device_id: string; identity: string; received_at: number }

/** Configurations first, which know their time themselves; then what devices said, by its key; then that time has passed. */
function inOrder(dump: Dump, log: readonly LogRecord[]): LogRecord[] {
  const rows = (dump.events as Row[]).filter(({ origin }) => origin === 'device')
  const keyOf = (record: LogRecord): EventKey | null => {
    const { device_id, timestamp } = JSON.parse(new TextDecoder().decode(record.payload))
    const mine = rows.filter((row) => row.device_id === device_id && row.received_at === record.received_at)
    return mine.find(({ ts }) => ts === timestamp) ?? mine[0] ?? null
  }
  const internal = log.filter(({ source }) => source === 'internal')
  const configs = internal.filter(({ topic }) => topic.includes('config'))
  const untils = internal.filter(({ topic }) => !topic.includes('config'))
  const said = log
    .filter(({ source }) => source !== 'internal')
    .flatMap((record) => {
      const key = keyOf(record)
      return key ? [{ record, key }] : []
    })
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ record }) => record)
  return [...configs, ...said, ...untils].map((record, n) => ({ ...record, position: positionText(n + 1) }))
}
