/** Whose an uplink is: IoT Wireless knows devices by ids of its own, and configurations say which device has which. */
import type { HotStore } from '../events/ports.ts'
import { type ConfigInForce, versionAt } from '../statecharts/config-in-force.ts'
import { parseDeviceState } from '../statecharts/device-state.ts'
import type { OpenedRecord } from './decode-record.ts'

/** The device that has a wireless id at a time, or null. */
export type WirelessAt = (wireless_device_id: string, at: number) => string | null

type Claimant = { device_id: string; versions: ConfigInForce[] }

/**
 * Looks up the wireless ids of a batch. An alias only says where to look: what counts is the configuration in force, and
 * of two that name the same id, the one that came into force later.
 */
export async function lookUpWireless(opened: readonly OpenedRecord[], store: HotStore): Promise<WirelessAt> {
  const claimants = new Map<string, Claimant[]>()
  for (const one of opened) {
    const id = 'opened' in one ? one.opened.wireless_device_id : null
    if (id !== null && !claimants.has(id)) claimants.set(id, await claimantsOf(id, store))
  }
  return (id, at) => latestClaim(claimants.get(id) ?? [], id, at)
}

async function claimantsOf(id: string, store: HotStore): Promise<Claimant[]> {
  const aliases = await store.findAliases('wireless_device', id)
  if (aliases.length === 0) return []
  const states = await store.loadStates(aliases.map(({ target }) => target))
  return [...states.values()].map(({ device_id, state }) => ({
    device_id,
    versions: parseDeviceState(state).config,
  }))
}

function latestClaim(claimants: Claimant[], id: string, at: number): string | null {
  let latest: (ConfigInForce & { device_id: string }) | null = null
  for (const { device_id, versions } of claimants) {
    const version = versionAt(versions, at)
    if (version?.config.wireless_device_id !== id) continue
    if (!latest || isLater(version, latest)) latest = { ...version, device_id }
  }
  return latest?.device_id ?? null
}

function isLater(a: ConfigInForce, b: ConfigInForce): boolean {
  return (
    a.effective_from - b.effective_from > 0 ||
    (a.effective_from === b.effective_from && a.written_at > b.written_at)
  )
}

/**
 * The batch in runs: it is cut before an uplink whose wireless id a configuration of the same run names, so that whose it
 * is has been stored before it is asked, and where batches begin and end does not show.
 */
export function cutAtClaims(opened: readonly OpenedRecord[]): OpenedRecord[][] {
  let run: OpenedRecord[] = []
  const runs = [run]
  const claimed = new Set<string>()
  for (const one of opened) {
    const uplink = 'opened' in one ? one.opened.wireless_device_id : null
    if (uplink !== null && claimed.has(uplink)) {
      run = []
      runs.push(run)
      claimed.clear()
    }
    if ('kind' in one && one.kind === 'config' && one.message.config.wireless_device_id)
      claimed.add(one.message.config.wireless_device_id)
    run.push(one)
  }
  return runs
}
