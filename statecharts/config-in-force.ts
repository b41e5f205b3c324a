/** Which configuration a chart sees at a time (DESIGN §4). Versions replace each other whole. */
import type { DeviceConfig } from '../events/event.ts'

export type ConfigInForce = { effective_from: number; written_at: number; config: DeviceConfig }

/** More than anyone plans ahead; older ones are in device_config. */
const VERSIONS_KEPT = 8
const RATINGS = [
  'rated_voltage_v',
  'rated_power_kw',
  'rated_power_heating_kw',
  'rated_power_cooling_kw',
] as const

/**
 * The version in force at `at`: the last that had begun by then, of two at once the one written later.
 * A rating that no version had given by then is the first that any later one gives.
 */
export function configAt(versions: readonly ConfigInForce[], at: number): DeviceConfig {
  const only = versions[0]
  if (!only) return {}
  if (versions.length === 1) return only.effective_from <= at ? only.config : ratingsOf(only.config)
  const begun = versions.filter((version) => version.effective_from <= at)
  const inForce: DeviceConfig = { ...begun.at(-1)?.config }
  for (const rating of RATINGS) {
    if (begun.some((version) => version.config[rating] !== undefined)) continue
    const first = versions.find((version) => version.config[rating] !== undefined)?.config[rating]
    if (first !== undefined) inForce[rating] = first
  }
  return inForce
}

/** The versions with one more, in order, without those that can no longer matter. */
export function addConfig(versions: readonly ConfigInForce[], added: ConfigInForce): ConfigInForce[] {
  const others = versions.filter(
    (one) => one.effective_from !== added.effective_from || one.written_at !== added.written_at,
  )
  return [...others, added]
    .sort((a, b) => a.effective_from - b.effective_from || a.written_at - b.written_at)
    .slice(-VERSIONS_KEPT)
}

function ratingsOf(config: DeviceConfig): DeviceConfig {
  const ratings: DeviceConfig = {}
  for (const rating of RATINGS) if (config[rating] !== undefined) ratings[rating] = config[rating]
  return ratings
}
