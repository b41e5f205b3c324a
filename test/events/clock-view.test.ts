import { describe, expect, it } from 'vitest'
import { clockView, needsTimeSync, newClock } from '../../events/clock.ts'
import { MINUTE, place, placeFrom, T0 } from './clock-series.ts'

describe('what is shown of a clock', () => {
  const behind = (n: number, by = 11 * MINUTE) =>
    Array.from({ length: n }, (_, i) => ({ claims: T0 + i * 1_000 - by, at: T0 + i * 1_000 }))

  it('is unknown before the first message', () => {
    expect(clockView(newClock())).toEqual({ offset_ms: null, quality: 'unknown', boots: 0 })
    expect(needsTimeSync(newClock())).toBe(false)
  })

  it('is the greatest of reported − received, which delay only makes smaller', () => {
    const { clock } = place(
      { claims: T0 - 4_000, at: T0 },
      { claims: T0 + 10_000 - 1_500, at: T0 + 10_000 },
      { claims: T0 + 20_000 - 9_000, at: T0 + 20_000 },
    )
    expect(clockView(clock)).toEqual({ offset_ms: -1_500, quality: 'device', boots: 0 })
  })

  it('forgets what it was more than eight messages ago', () => {
    const recent = Array.from({ length: 8 }, (_, i) => ({
      claims: T0 + i * 1_000 - 2_000,
      at: T0 + i * 1_000,
    }))
    expect(clockView(place({ claims: T0, at: T0 }, ...recent.slice(1)).clock).offset_ms).toBe(0)
    expect(clockView(place({ claims: T0, at: T0 }, ...recent).clock).offset_ms).toBe(-2_000)
  })

  it('is behind when at least five messages come from more than ten minutes back', () => {
    expect(clockView(place(...behind(4)).clock).quality).toBe('device')
    expect(clockView(place(...behind(5)).clock)).toMatchObject({ quality: 'behind', offset_ms: -11 * MINUTE })
    expect(clockView(place(...behind(5, 10 * MINUTE)).clock).quality).toBe('device')
  })

  it('is not behind where one message came in time: the others were late', () => {
    const late = place(...behind(5), { claims: T0 + 9_000, at: T0 + 9_000 })
    expect(clockView(late.clock).quality).toBe('device')
  })

  it('is not behind while a backlog catches up, message by message', () => {
    const backlog = Array.from({ length: 12 }, (_, i) => ({
      claims: T0 - (24 - 2 * i) * 60 * MINUTE,
      at: T0 + i * 10,
    }))
    expect(clockView(place(...backlog).clock).quality).toBe('device')
  })

  it('is ahead when the latest message claimed the future', () => {
    expect(clockView(place({ claims: T0 + 6 * MINUTE, at: T0 }).clock).quality).toBe('ahead')
  })

  it('is estimated while the device stamps by uptime, and then the device is to be sent the time', () => {
    const unset = place({ claims: T0, at: T0 }, { claims: 2_000, at: T0 + MINUTE }).clock
    expect(clockView(unset)).toEqual({ offset_ms: null, quality: 'estimated', boots: 1 })
    expect(needsTimeSync(unset)).toBe(true)
    const set = placeFrom(unset, { claims: T0 + 2 * MINUTE, at: T0 + 2 * MINUTE }).clock
    expect(needsTimeSync(set)).toBe(false)
  })

  it('is not touched by imported history', () => {
    const live = place({ claims: 10_000, at: T0 + 20_000 }).clock
    const imported = Array.from({ length: 6 }, (_, i) => ({
      claims: T0 - i * 86_400_000,
      at: T0 + 30_000,
      history: true,
    }))
    const after = placeFrom(live, ...imported).clock
    expect(after).toEqual(live)
    expect(clockView(placeFrom(newClock(), ...imported).clock).quality).toBe('unknown')
  })
})
