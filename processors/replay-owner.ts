/** Whose a record is, as cheaply as can be: a replay asks it of every record, and reads the payload only where the topic does not say. */
import type { DeviceConfig } from '../events/event.ts'
import type { ConfigVersion } from '../events/ports.ts'
import type { ConfigMessage, LogRecord } from '../events/record.ts'
import { routeTopic } from '../events/topics.ts'
import { type ConfigInForce, versionAt, withVersion } from '../statecharts/config-in-force.ts'
import { openRecord, readRecord } from './decode-record.ts'

/**
 * `whose` gives the device, or null for a record that is refused whoever sent it. Ask of every record, in log order:
 * configurations tell it under which ids IoT Wireless knows the devices.
 */
export type Owners = {
  /** What the topic alone says; undefined where the payload has to be asked. */
  byTopic(topic: string): string | undefined
  whose(record: LogRecord): string | null
  /** The location that configurations give a device at a time. */
  locationOf(device_id: string, at: number): string | null
}

/** A stranger's topics must not fill memory. */
const MOST_TOPICS = 200_000

/** `stored`: configurations that the source itself may lack. */
export function createOwners(stored: readonly ConfigVersion[] = []): Owners {
  const topics = new Map<string, { device_id: string | null; config: boolean }>()
  const configs = new Map<string, ConfigInForce[]>()
  const claimants = new Map<string, Set<string>>()

  function readTopic(topic: string): { device_id: string | null; config: boolean } {
    const known = topics.get(topic)
    if (known) return known
    const route = routeTopic(topic)
    const device_id = 'device_id' in route ? route.device_id : null
    const read = { device_id, config: route.kind === 'config' }
    if (topics.size >= MOST_TOPICS) topics.clear()
    topics.set(topic, read)
    return read
  }

  function learn(record: LogRecord): void {
    const opened = openRecord(record)
    if (!('kind' in opened) || opened.kind !== 'config') return
    know(opened.message)
  }

  function know({ device_id, effective_from, written_at, config }: ConfigMessage): void {
    const version = { effective_from, written_at, config: config as DeviceConfig }
    configs.set(device_id, withVersion(configs.get(device_id) ?? [], version))
    const id = config.wireless_device_id
    if (!id) return
    const devices = claimants.get(id) ?? new Set()
    claimants.set(id, devices.add(device_id))
  }

  /** Of two that name the same id, the one whose configuration came into force later. */
  function wireless(id: string, at: number): string | null {
    let latest: { device_id: string; version: ConfigInForce } | null = null
    for (const device_id of claimants.get(id) ?? []) {
      const version = versionAt(configs.get(device_id) ?? [], at)
      if (version?.config.wireless_device_id !== id) continue
      if (!latest || isLater(version, latest.version)) latest = { device_id, version }
    }
    return latest?.device_id ?? null
  }

  for (const version of stored) know(version)
  return {
    byTopic: (topic) => readTopic(topic).device_id ?? undefined,
    whose: (record) => {
      const { device_id, config } = readTopic(record.topic)
      if (config) learn(record)
      if (device_id !== null) return device_id
      return readRecord(openRecord(record), (id) => wireless(id, record.received_at)).device_id
    },
    locationOf: (device_id, at) => versionAt(configs.get(device_id) ?? [], at)?.config.location ?? null,
  }
}

function isLater(a: ConfigInForce, b: ConfigInForce): boolean {
  if (a.effective_from !== b.effective_from) return a.effective_from > b.effective_from
  return a.written_at > b.written_at
}

/** One of `shares` equal parts of all devices: always the same one for a device. */
export function shareOf(device_id: string, shares: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < device_id.length; i++) hash = Math.imul(hash ^ device_id.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % shares
}
