/** Bounds what one MQTT connection can make the broker hold: reads the frames' lengths as they pass, before the parser gathers them. */

/**
 * A watcher of one connection's bytes: give it each chunk as it comes; false means that a packet has announced more
 * than `max_bytes` after its fixed header, or a length that is none (MQTT 3.1.1 §2.2.3), and the connection must go.
 */
export function createPacketGuard(max_bytes: number): (chunk: Uint8Array) => boolean {
  let body_left = 0
  let in_length = false
  let length = 0
  let factor = 1

  function takeLengthByte(byte: number): boolean {
    length += (byte & 0x7f) * factor
    factor *= 128
    if (byte & 0x80) return factor <= 128 ** 3
    in_length = false
    body_left = length
    return length <= max_bytes
  }

  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (body_left > 0) {
        const skipped = Math.min(body_left, chunk.length - at)
        body_left -= skipped
        at += skipped
      } else if (in_length) {
        if (!takeLengthByte(chunk[at] as number)) return false
        at++
      } else {
        in_length = true
        length = 0
        factor = 1
        at++
      }
    }
    return true
  }
}
