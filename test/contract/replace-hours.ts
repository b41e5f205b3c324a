import type { EnergyBook, EnergyHour, EnergyWindow } from '../../events/energy-hours.ts'

/** All of it at once, in two parts. */
export async function replaceHours(
  energy: EnergyBook,
  windows: readonly EnergyWindow[],
  hours: readonly EnergyHour[],
  aggregated_until: number,
): Promise<void> {
  const replacement = await energy.replace(windows)
  const half = Math.floor(hours.length / 2)
  await replacement.put(hours.slice(0, half))
  await replacement.put(hours.slice(half))
  await replacement.done(aggregated_until)
}
