import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownCopies, printOf } from '../../processors/known-copies.ts'

describe('the print of a payload', () => {
  it('follows from its bytes alone, wherever they lie', () => {
    const bytes = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(bytes, fc.nat({ max: 7 }), (payload, offset) => {
        const lying = new Uint8Array(offset + payload.length)
        lying.set(payload, offset)
        expect(printOf(lying.subarray(offset))).toBe(printOf(payload))
        expect(Number.isSafeInteger(printOf(payload))).toBe(true)
      }),
    )
  })

  it('differs with every bit, and with the length', () => {
    const payload = new TextEncoder().encode('{"device_id":"a","pilot_state":"C","current_draw":16.02}!')
    const prints = new Set([printOf(payload), printOf(payload.subarray(1)), printOf(payload.subarray(0, -1))])
    for (let bit = 0; bit < payload.length * 8; bit++) {
      const changed = payload.slice()
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      prints.add(printOf(changed))
    }
    expect(prints.size).toBe(payload.length * 8 + 3)
  })

  it('tells many like readings apart', () => {
    const utf8 = new TextEncoder()
    const prints = new Set<number>()
    for (let n = 0; n < 200_000; n++) prints.add(printOf(utf8.encode(`{"energy_delivered_kwh":${n / 1e4}}`)))
    expect(prints.size).toBe(200_000)
  })
})

describe('known copies', () => {
  it('are of the same time and print', () => {
    const known = new KnownCopies()
    known.add(1_000, 7)
    known.add(1_000, 8)
    expect([known.has(1_000, 7), known.has(1_000, 8)]).toEqual([true, true])
    expect([known.has(1_001, 7), known.has(1_000, 9)]).toEqual([false, false])
  })

  it('are the last 64', () => {
    const known = new KnownCopies()
    for (let n = 0; n < 65; n++) known.add(n, n)
    expect([known.has(0, 0), known.has(1, 1), known.has(64, 64)]).toEqual([false, true, true])
  })
})
