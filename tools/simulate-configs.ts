/** The configurations of a simulated fleet, as the CSV that `npm run import -- … --as device-config` reads. */
import type { DeviceConfig } from '../events/event.ts'

const COLUMNS = [
  'device_type',
  'location',
  'interlock_circuit',
  'rated_voltage_v',
  'rated_power_kw',
  'rated_power_heating_kw',
  'rated_power_cooling_kw',
  'report_interval_s',
  'short_cycle_s',
] as const satisfies (keyof DeviceConfig)[]

/** What the import is to be told of the columns, each of which is called as its field: some flags a line. */
export function importFlags(indent: string): string {
  const entries = ['device_id', 'effective_from', ...COLUMNS].map((name) => `${name}=${name}`)
  const lines: string[] = []
  while (entries.length > 0) lines.push(`${indent}--map ${entries.splice(0, 3).join(',')}`)
  return lines.join(' \\\n')
}

/** A line a device, in force from `effective_from` (epoch ms). A simulated fleet's words need no quotes. */
export function configsCsv(
  devices: readonly { device_id: string; config: DeviceConfig }[],
  effective_from: number,
): string {
  const lines = devices.map(({ device_id, config }) => [
    device_id,
    effective_from,
    ...COLUMNS.map((name) => config[name] ?? ''),
  ])
  return [['device_id', 'effective_from', ...COLUMNS], ...lines]
    .map((cells) => `${cells.join(',')}\n`)
    .join('')
}
