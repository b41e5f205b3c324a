/** Which configuration a chart sees at a time (DESIGN §4). Versions replace each other whole. */
import { canonicalMessage } from '../events/canonical.ts'
import type { DeviceConfig } from '../events/event.ts'

export type ConfigInForce = { effective_from: number; written_at: number; config: DeviceConfig }

/** Of those that have begun; all of them are in device_config. */
const BEGUN_KEPT = 8
/** A device's state is one item of a hot table, which holds 400 KB: its configuration must leave room for the rest. */
const MOST_CHARACTERS = 128 * 1024
/** What a device is built and wired like, and was before anyone wrote it down. */
const MADE_SO = [
  'rated_voltage_v',
  'rated_power_kw',
  'rated_power_heating_kw',
  'rated_power_cooling_kw',
  'gpio',
] as const

/**
 * The version in force at `at`: the last that had begun by then, of two at once the one written later.
 * A rating, or a wiring, that no version had given by then is the first that any later one gives.
 */
export function configAt(versions: readonly ConfigInForce[], at: number): DeviceConfig {
  const begun = begunBy(versions, at)
  const inForce = versions[begun - 1]?.config ?? {}
  return begun === versions.length ? inForce : { ...madeSo(versions, begun), ...inForce }
}

/** The version in force at `at` as it was put, or null where none had begun. */
export function versionAt(versions: readonly ConfigInForce[], at: number): ConfigInForce | null {
  return versions[begunBy(versions, at) - 1] ?? null
}

/**
 * The versions with one more, in order: the one in force when time has reached `until`, all that are still to come, and
 * the last few before. Null where they are more than a device's state can hold.
 */
export function addConfig(
  versions: readonly ConfigInForce[],
  added: ConfigInForce,
  until: number,
): ConfigInForce[] | null {
  const all = withVersion(versions, added)
  const begun = begunBy(all, until)
  for (let first = Math.max(0, begun - BEGUN_KEPT); first < Math.max(1, begun); first++) {
    const kept = all.slice(first)
    if (JSON.stringify(kept).length <= MOST_CHARACTERS) return kept
  }
  return null
}

/**
 * The versions with one more, in order, and none dropped. Of two that were written at once for the same time one holds:
 * which, follows from what they say, and not from which came first.
 */
export function withVersion(versions: readonly ConfigInForce[], added: ConfigInForce): ConfigInForce[] {
  const isSame = (one: ConfigInForce) =>
    one.effective_from === added.effective_from && one.written_at === added.written_at
  const same = versions.find(isSame)
  if (same && canonicalMessage(same.config) >= canonicalMessage(added.config)) return [...versions]
  const others = versions.filter((one) => !isSame(one))
  return [...others, added].sort((a, b) => a.effective_from - b.effective_from || a.written_at - b.written_at)
}

function begunBy(versions: readonly ConfigInForce[], at: number): number {
  let begun = 0
  while ((versions[begun]?.effective_from ?? Number.POSITIVE_INFINITY) <= at) begun++
  return begun
}

/** What a device is made like by the word of a version that is still to come, where none that has begun says. */
function madeSo(versions: readonly ConfigInForce[], begun: number): DeviceConfig {
  const made: Record<string, unknown> = {}
  for (const name of MADE_SO) {
    const first = versions.findIndex(({ config }) => config[name] !== undefined)
    if (first >= begun) made[name] = versions[first]?.config[name]
  }
  return made
}
