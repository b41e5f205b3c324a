import { describe, expect, it } from 'vitest'
import { createLocalClock } from '../../processors/local-time.ts'

function momentsOf(zone: string, local: string): string[] {
  return createLocalClock(zone)(Date.parse(`${local}Z`)).map((ms) => new Date(ms).toISOString().slice(0, 16))
}

describe('a local time in its zone', () => {
  it.each([
    ['Europe/Berlin', '2026-01-15T12:00', '2026-01-15T11:00'],
    ['Europe/Berlin', '2026-07-15T12:00', '2026-07-15T10:00'],
    ['America/Los_Angeles', '2019-03-01T06:20', '2019-03-01T14:20'],
    ['Asia/Kathmandu', '2026-01-15T12:00', '2026-01-15T06:15'],
    ['Pacific/Kiritimati', '2026-01-15T12:00', '2026-01-14T22:00'],
    ['Pacific/Niue', '2026-01-15T12:00', '2026-01-15T23:00'],
    ['UTC', '2026-03-29T02:30', '2026-03-29T02:30'],
  ])('is one moment: %s %s', (zone, local, utc) => {
    expect(momentsOf(zone, local)).toEqual([utc])
  })

  it.each([
    ['Europe/Berlin', '2026-03-29T02:00'],
    ['Europe/Berlin', '2026-03-29T02:59'],
    ['America/New_York', '2026-03-08T02:30'],
    ['Australia/Lord_Howe', '2026-10-04T02:15'],
  ])('is none where clocks are put forward over it: %s %s', (zone, local) => {
    expect(momentsOf(zone, local)).toEqual([])
  })

  it.each([
    ['Europe/Berlin', '2026-10-25T02:00', '2026-10-25T00:00', '2026-10-25T01:00'],
    ['Europe/Berlin', '2026-10-25T02:59', '2026-10-25T00:59', '2026-10-25T01:59'],
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-04T14:45', '2026-04-04T15:15'],
  ])('is two where clocks are put back over it: %s %s', (zone, local, first, second) => {
    expect(momentsOf(zone, local)).toEqual([first, second])
  })

  it.each([
    ['2026-03-29T01:59', '2026-03-29T00:59'],
    ['2026-03-29T03:00', '2026-03-29T01:00'],
    ['2026-10-25T01:59', '2026-10-24T23:59'],
    ['2026-10-25T03:00', '2026-10-25T02:00'],
  ])('is one again right before and right after a change: Berlin %s', (local, utc) => {
    expect(momentsOf('Europe/Berlin', local)).toEqual([utc])
  })

  it('is refused for a zone that there is not', () => {
    expect(() => createLocalClock('Europe/Nowhere')).toThrow(RangeError)
  })
})
