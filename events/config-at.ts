/** Versions of a device's configuration as the API and the night ask for them: by time. */
import type { DeviceConfig } from './event.ts'

/** `versions`: the newest first. Before the first of them nothing is configured. */
export function configsOf(
  versions: readonly { effective_from: number; config: DeviceConfig }[],
): (at: number) => DeviceConfig {
  return (at) => versions.find(({ effective_from }) => effective_from <= at)?.config ?? {}
}
