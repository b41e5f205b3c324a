import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPacketGuard } from '../../embedded/packet-guard.ts'

/** A PUBLISH frame of so many bytes after its fixed header. */
function frame(bytes: number): Buffer {
  const length: number[] = []
  let rest = bytes
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  // Filled with what would be read as a huge length, if the guard ever lost its place.
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes, 0xff)])
}

function passes(stream: Buffer, cuts: number[], max_bytes: number): boolean {
  const isWithinBounds = createPacketGuard(max_bytes)
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b)
  let start = 0
  for (const end of [...ends, stream.length]) {
    if (!isWithinBounds(stream.subarray(start, end))) return false
    start = end
  }
  return true
}

describe('packets are bounded', () => {
  it('however the stream is cut, it passes as long as no packet is above the bound', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40_000), { maxLength: 6 }), fc.array(fc.nat()), (sizes, cuts) => {
        expect(passes(Buffer.concat(sizes.map(frame)), cuts, 20_000)).toBe(
          sizes.every((size) => size <= 20_000),
        )
      }),
    )
  })

  it('the header alone is enough to refuse: the body is not waited for', () => {
    const isWithinBounds = createPacketGuard(1_000)
    expect(isWithinBounds(frame(1_000))).toBe(true)
    expect(isWithinBounds(frame(1_001).subarray(0, 3))).toBe(false)
  })

  it('a length of more than four bytes is refused', () => {
    expect(createPacketGuard(2 ** 40)(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false)
    expect(createPacketGuard(2 ** 40)(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(true)
  })
})
