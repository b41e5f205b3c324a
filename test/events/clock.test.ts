import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bootOf, type ClockState, newClock, placeInTime } from '../../events/clock.ts'
import { type Message, MINUTE, place, placeFrom, stamped, T0 } from './clock-series.ts'

const candidates = (clock: ClockState, message: Message) => bootOf(clock, stamped(message), message.at)

describe('a timestamp of the epoch', () => {
  it('is the event’s time, however old', () => {
    const { placed } = place({ claims: T0 - 400 * 86_400_000, at: T0 })
    expect(placed).toEqual([{ event_time: T0 - 400 * 86_400_000, time_quality: 'device' }])
  })

  it('up to five minutes ahead is believed, and clamped beyond', () => {
    const { placed, clock } = place(
      { claims: T0 + 5 * MINUTE, at: T0 },
      { claims: T0 + 5 * MINUTE + 1, at: T0 },
    )
    expect(placed).toEqual([
      { event_time: T0 + 5 * MINUTE, time_quality: 'device' },
      { event_time: T0, time_quality: 'clamped' },
    ])
    expect(clock.clamped).toBe(1)
  })

  it('begins at 10^12; below it is uptime', () => {
    const { placed } = place({ claims: 10 ** 12, at: T0 }, { claims: 10 ** 12 - 1, at: T0 })
    expect(placed.map(({ time_quality }) => time_quality)).toEqual(['device', 'estimated'])
  })
})

describe('an uptime', () => {
  it('alone is placed where it came in', () => {
    const { placed } = place({ claims: 2_000, at: T0 })
    expect(placed).toEqual([{ event_time: T0, time_quality: 'estimated', boot: 1 }])
  })

  it('that came quicker makes the later ones exacter: the least of received − uptime counts', () => {
    const { times } = place(
      { claims: 2_000, at: T0 + 2_000 + 900 },
      { claims: 10_000, at: T0 + 10_000 + 100 },
      { claims: 20_000, at: T0 + 20_000 + 700 },
    )
    expect(times).toEqual([T0 + 2_900, T0 + 10_100, T0 + 20_100])
  })

  it.each([
    ['a synced timestamp', { claims: T0 + 12_000, at: T0 + 61_000 }],
    ['a message with both stamps', { claims: T0 + 12_000, uptime: 11_000, at: T0 + 61_000 }],
  ])(
    'moves with its boot where %s gave a better offset: what came before lies where it would have',
    (_, better) => {
      const { times, clock, moved } = place(
        { claims: 10_000, at: T0 + 60_000 },
        better,
        { claims: 13_000, at: T0 + 62_000 },
        { claims: 70_000, at: T0 + 120_000 },
      )
      const offset_ms = clock.boots[0]?.offset_ms ?? 0
      expect(offset_ms).toBeLessThan(T0 + 10_000)
      expect(times).toEqual([T0 + 60_000, T0 + 12_000, offset_ms + 13_000, offset_ms + 70_000])
      const stretch = { from: T0 + 49_000, to: T0 + 60_000 }
      expect(moved).toEqual([undefined, { number: 1, offset_ms, ...stretch }, undefined, undefined])
    },
  )

  it('moves nothing for less than a second, and is then never placed before a time already given out', () => {
    const { times, moved } = place({ claims: 10_000, at: T0 + 10_999 }, { claims: 10_500, at: T0 + 10_999 })
    expect(times).toEqual([T0 + 10_999, T0 + 10_999])
    expect(moved).toEqual([undefined, undefined])
  })

  it('moves its boot once, however many messages of the same offset follow', () => {
    const { moved } = place(
      { claims: 1_000, at: T0 + 9_000 },
      { claims: 10_000, at: T0 + 10_000 },
      { claims: 11_000, at: T0 + 11_000 },
    )
    const second = { number: 1, offset_ms: T0, from: T0 + 7_000, to: T0 + 9_000 }
    expect(moved).toEqual([undefined, second, undefined])
  })

  it('that was received earlier than the last is not placed before it either', () => {
    const { times } = place({ claims: 9_000, at: T0 + 9_000 }, { claims: 4_000, at: T0 + 3_500 })
    expect(times).toEqual([T0 + 9_000, T0 + 9_000])
  })

  it('that falls begins a boot, with an offset of its own', () => {
    const { boots, times } = place(
      { claims: 500_000, at: T0 },
      { claims: 2_000, at: T0 + 60_000 },
      { claims: 4_000, at: T0 + 62_000 },
    )
    expect(boots).toEqual([1, 2, 2])
    expect(times).toEqual([T0, T0 + 60_000, T0 + 62_000])
  })

  it('that fell between two of one millisecond has only been put in order', () => {
    const { boots } = place({ claims: 4_000, at: T0 }, { claims: 2_000, at: T0 })
    expect(boots).toEqual([1, 1])
  })

  it('received before the last one has not fallen', () => {
    const { boots } = place(
      { claims: 2_000, at: T0 },
      { claims: 9_000, at: T0 + 7_000 },
      { claims: 4_000, at: T0 + 2_000 },
    )
    expect(boots).toEqual([1, 1, 1])
  })

  it('received before its boot was first heard of moves the beginning of that boot back', () => {
    const { boots, clock } = place(
      { claims: 900_000, at: T0 },
      { claims: 4_000, at: T0 + 60_000 },
      { claims: 2_000, at: T0 + 58_000 },
    )
    expect(boots).toEqual([1, 2, 2])
    expect(clock.boots[1]?.first_received_at).toBe(T0 + 58_000)
    expect(candidates(clock, { claims: 2_000, at: T0 + 58_000 })).toEqual([2])
  })

  it('received earlier with more on its counter does not make the later ones fall', () => {
    const { boots } = place(
      { claims: 2_000, at: T0 },
      { claims: 9_000, at: T0 - 5_000 },
      { claims: 4_000, at: T0 + 2_000 },
    )
    expect(boots).toEqual([1, 1, 1])
  })

  it('of a boot that is no longer kept is placed where it came in, and moves nothing', () => {
    const reboots = [0, 1, 2, 3, 4, 5].map((n) => ({ claims: 2_000 - n, at: T0 + n * MINUTE }))
    const { clock, boots } = place(...reboots)
    expect(boots).toEqual([1, 2, 3, 4, 5, 6])
    expect(clock.boots.map(({ number }) => number)).toEqual([3, 4, 5, 6])
    const old = { claims: 2_000, at: T0 + MINUTE }
    const after = placeFrom(clock, old)
    expect(after.placed).toEqual([{ event_time: T0 + MINUTE, time_quality: 'estimated', boot: 2 }])
    expect(after.clock.boots).toEqual(clock.boots)
  })

  it('counts a boot after a clock was set, even where it is above the last uptime that was heard', () => {
    const { boots } = place(
      { claims: 24_000, at: T0 + 24_000 },
      { claims: T0 + 3_600_000, at: T0 + 3_600_000 },
      { claims: 30_000, at: T0 + 3_700_000 },
    )
    expect(boots).toEqual([1, undefined, 2])
  })
})

describe('a message with both stamps', () => {
  it('says the offset of its boot exactly, whatever the delay', () => {
    const { placed } = place(
      { claims: T0 + 10_000, uptime: 10_000, at: T0 + 10_000 + 3_000 },
      { claims: 20_000, at: T0 + 20_000 + 500 },
    )
    expect(placed).toEqual([
      { event_time: T0 + 10_000, time_quality: 'device' },
      { event_time: T0 + 20_000, time_quality: 'estimated', boot: 1 },
    ])
  })

  it('begins a boot where its uptime falls', () => {
    const { boots } = place(
      { claims: 500_000, at: T0 },
      { claims: T0 + MINUTE, uptime: 1_000, at: T0 + MINUTE },
      { claims: 3_000, at: T0 + MINUTE + 2_000 },
    )
    expect(boots).toEqual([1, undefined, 2])
  })

  it('says nothing where it claims the future, or comes from far back', () => {
    for (const claims of [T0 + 60 * MINUTE, T0 - 60 * MINUTE]) {
      const { times } = place({ claims, uptime: 10_000, at: T0 }, { claims: 20_000, at: T0 + 10_000 })
      expect(times[1]).toBe(T0 + 10_000)
    }
  })

  it('is left behind by a counter that runs fast, before that carries events into the future', () => {
    const { times } = place(
      { claims: T0, uptime: 10_000, at: T0 },
      { claims: 10_000_000, at: T0 + MINUTE },
      { claims: 10_001_000, at: T0 + 2 * MINUTE },
    )
    expect(times).toEqual([T0, T0 + MINUTE, T0 + MINUTE + 1_000])
  })
})

describe('the first synced timestamp of a boot', () => {
  const before = { claims: 10_000, at: T0 + 10_000 + 20_000 }
  const synced = { claims: T0 + 12_000, at: T0 + 31_000 }

  it('bounds the offset of what came before it by uptime', () => {
    const { clock } = place(before, synced)
    expect(clock.boots[0]).toMatchObject({ offset_ms: T0 + 2_000, synced: true })
  })

  it('bounds once: a clock that is set back later says nothing about it', () => {
    const { clock } = place(before, synced, { claims: T0 + 11_000, at: T0 + 31_200 })
    expect(clock.boots[0]?.offset_ms).toBe(T0 + 2_000)
  })

  it('bounds nothing that was received after it', () => {
    const { clock } = place(before, { claims: T0 + 12_000, at: T0 + 29_999 })
    expect(clock.boots[0]).toMatchObject({ offset_ms: T0 + 20_000, last_uptime_ms: 10_000 })
  })

  it('leaves a better offset alone', () => {
    const { clock } = place({ claims: 10_000, at: T0 + 10_000 }, { claims: T0 + 40_000, at: T0 + 40_000 })
    expect(clock.boots[0]?.offset_ms).toBe(T0)
  })

  it('of a clock that is wrong in the past bounds nothing', () => {
    const { clock } = place(before, { claims: T0 - 86_400_000, at: T0 + 31_000 })
    expect(clock.boots[0]).toMatchObject({ offset_ms: T0 + 20_000, synced: false })
  })

  it('does not move a time that was given out', () => {
    const { times } = place(before, synced, { claims: 40_000, at: T0 + 60_000 })
    expect(times).toEqual([T0 + 30_000, T0 + 12_000, T0 + 42_000])
  })
})

describe('the boots under which an identity is looked for', () => {
  const { clock } = place({ claims: 2_000, at: T0 }, { claims: 60_000, at: T0 + 58_000 })

  it('are none for an epoch stamp', () => {
    expect(candidates(clock, { claims: T0, at: T0 })).toEqual([])
  })

  it('are the first one, for a device never heard of', () => {
    expect(candidates(newClock(), { claims: 2_000, at: T0 })).toEqual([1])
  })

  it('are the current one where the uptime has not fallen', () => {
    expect(candidates(clock, { claims: 61_000, at: T0 + 59_000 })).toEqual([1])
  })

  it('are the current one and then a new one where it fell: it may have been published twice', () => {
    expect(candidates(clock, { claims: 2_000, at: T0 + 59_000 })).toEqual([1, 2])
  })

  it('are only a new one where the current said so more than ten minutes ago', () => {
    expect(candidates(clock, { claims: 2_000, at: T0 + 10 * MINUTE })).toEqual([1, 2])
    expect(candidates(clock, { claims: 2_000, at: T0 + 10 * MINUTE + 1 })).toEqual([2])
  })

  it('are an earlier one for a redelivery with its own received_at', () => {
    const rebooted = placeFrom(clock, { claims: 1_000, at: T0 + 2 * MINUTE }).clock
    expect(candidates(rebooted, { claims: 60_000, at: T0 + 58_000 })).toEqual([1])
  })

  it('end with the boot that the report is given', () => {
    const series = fc.array(
      fc.record({
        claims: fc.oneof(fc.nat(100_000), fc.integer({ min: T0, max: T0 + 100_000 })),
        at: fc.integer({ min: T0, max: T0 + 100_000 }),
      }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(series, (messages) => {
        let known = newClock()
        for (const message of messages) {
          const tried = candidates(known, message)
          const { clock: next, boot } = placeInTime(known, stamped(message), message.at)
          if (boot !== tried.at(-1)) return false
          // And so again when it is redelivered, in the state that it led to.
          if (boot !== undefined && !candidates(next, message).includes(boot)) return false
          known = next
        }
        return true
      }),
    )
  })
})

describe('for any series of messages', () => {
  const series = fc.array(
    fc.record({
      claims: fc.oneof(fc.nat(500_000), fc.integer({ min: T0 - 900_000, max: T0 + 900_000 })),
      at: fc.integer({ min: T0, max: T0 + 500_000 }),
      uptime: fc.option(fc.nat(500_000), { nil: undefined }),
    }),
    { maxLength: 40 },
  )

  it('placing does not touch the clock it is given, and keeps it small plain JSON', () => {
    fc.assert(
      fc.property(series, (messages) => {
        let clock = newClock()
        for (const { claims, at, uptime } of messages) {
          const before = JSON.stringify(clock)
          const next = placeInTime(
            clock,
            stamped({ claims, at, ...(uptime === undefined ? {} : { uptime }) }),
            at,
          ).clock
          if (JSON.stringify(clock) !== before) return false
          clock = next
        }
        expect(JSON.parse(JSON.stringify(clock))).toEqual(clock)
        return (
          clock.boots.length <= 4 &&
          clock.recent_offsets_ms.length <= 8 &&
          JSON.stringify(clock).length < 1_500
        )
      }),
    )
  })

  it('received in order, no event is more than five minutes in the future, and a boot’s estimates never go back but together', () => {
    fc.assert(
      fc.property(series, (messages) => {
        const ordered = [...messages].sort((a, b) => a.at - b.at)
        const last = new Map<number, number>()
        let clock = newClock()
        for (const { claims, at, uptime } of ordered) {
          const placed = placeInTime(
            clock,
            stamped({ claims, at, ...(uptime === undefined ? {} : { uptime }) }),
            at,
          )
          clock = placed.clock
          if (placed.moved) last.delete(placed.moved.number)
          if (!Number.isInteger(placed.event_time) || placed.event_time > at + 5 * MINUTE) return false
          if (placed.boot === undefined) continue
          if (placed.event_time < (last.get(placed.boot) ?? 0)) return false
          last.set(placed.boot, placed.event_time)
        }
        return true
      }),
    )
  })
})
