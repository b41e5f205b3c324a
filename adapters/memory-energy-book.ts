/** Aggregates' twin in memory. */
import type { EnergyBook, EnergyHour } from '../events/energy-hours.ts'

export function memoryEnergyBook(): EnergyBook {
  const rows = new Map<string, EnergyHour>()
  let aggregated = 0
  return {
    hours: async ({ by, from, to }) =>
      [...rows.values()]
        .filter((row) => ('device_id' in by ? row.device_id === by.device_id : row.location === by.location))
        .filter(({ starts_at }) => starts_at >= from && starts_at < to)
        .sort((a, b) =>
          a.device_id === b.device_id ? a.starts_at - b.starts_at : a.device_id < b.device_id ? -1 : 1,
        ),
    aggregatedUntil: async () => aggregated,
    replace: async (windows) => {
      const made: EnergyHour[] = []
      return {
        put: async (hours) => void made.push(...hours),
        done: async (until) => {
          for (const [key, { ends_at }] of rows)
            if (windows.some(({ from, to }) => ends_at > from && ends_at <= to)) rows.delete(key)
          for (const hour of made) rows.set(JSON.stringify([hour.device_id, hour.starts_at]), hour)
          aggregated = Math.max(aggregated, until)
        },
      }
    },
  }
}
