/** What fits through Amazon Sidewalk, and what the firmware itself can hold. */
import type { FleetEvent } from './fleet-event.ts'

/**
 * Bytes of one message by link, as the SDK's own query of the link answers (from memory; its documentation names 255
 * for Bluetooth and test payloads of 19 for CSS).
 */
export const LINK_BYTES = { ble: 255, fsk: 200, css: 19 } as const
export type SidewalkLink = keyof typeof LINK_BYTES

/** The reference firmware prints into 384 bytes, the last of them a zero; what is longer is never sent. */
export const FIRMWARE_BUFFER_BYTES = 384

/** What one customer's devices may use of the network in a month, by Amazon's own limits page. */
export const MONTHLY_BYTES = 500_000_000

export type Misfit = {
  device_id: string
  at: number
  bytes: number
  /** Links that do not take it in one message. */
  links: SidewalkLink[]
  /** Too long for the firmware's own buffer: it is lost before it reaches any radio. */
  lost_in_firmware: boolean
  /** The payload's beginning, for finding it. */
  starts: string
}

/** Payloads that would not fit as one message of each of `links`. */
export function misfits(events: readonly FleetEvent[], links: readonly SidewalkLink[]): Misfit[] {
  return events.flatMap(({ device_id, at, payload }) => {
    const bytes = new TextEncoder().encode(payload).byteLength
    const tight = links.filter((link) => bytes > LINK_BYTES[link])
    const lost_in_firmware = bytes >= FIRMWARE_BUFFER_BYTES
    if (tight.length === 0 && !lost_in_firmware) return []
    return [{ device_id, at, bytes, links: tight, lost_in_firmware, starts: payload.slice(0, 60) }]
  })
}

/** Share of the month's allowance that these messages would use if every month were like this one. */
export function shareOfMonth(events: readonly FleetEvent[], lasting_ms: number): number {
  const bytes = events.reduce((sum, { payload }) => sum + new TextEncoder().encode(payload).byteLength, 0)
  return (bytes * ((30 * 86_400_000) / lasting_ms)) / MONTHLY_BYTES
}
