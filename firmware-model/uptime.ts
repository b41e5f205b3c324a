/** How long a device believes that it has been up: its crystal is a little fast, or slow. */

/** `drift_ppm`: microseconds that it gains in a second; below 0 it loses. */
type Clocked = { boot_at: number; drift_ppm?: number }

/** Uptime that the device's own counter shows at `at` (epoch ms), whole ms; 0 before it has booted. */
export function uptimeAt(device: Clocked, at: number): number {
  return Math.max(0, Math.round((at - device.boot_at) * rate(device)))
}

/** When the counter shows this uptime. */
export function timeAtUptime(device: Clocked, uptime_ms: number): number {
  return device.boot_at + uptime_ms / rate(device)
}

function rate({ drift_ppm = 0 }: Clocked): number {
  return 1 + drift_ppm / 1e6
}
