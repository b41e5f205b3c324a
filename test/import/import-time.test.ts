import { describe, expect, it } from 'vitest'
import { readTime } from '../../processors/import-time.ts'
import { createLocalClock } from '../../processors/local-time.ts'
import { NOW } from './import-world.ts'

const BERLIN = { name: 'Europe/Berlin', clock: createLocalClock('Europe/Berlin') }
const AT = Date.parse('2019-03-01T14:20:00Z')

function read(text: string, unit: string | null = null, zone: typeof BERLIN | null = null): number | string {
  const outcome = readTime(text, unit, { zone, latest: NOW })
  return 'rule' in outcome ? outcome.rule : outcome.value
}

describe('a time in a cell', () => {
  it.each([
    ['1551450000000', null],
    ['1551450000000', 'ms'],
    ['1551450000', 's'],
    ['1551450000.000', 's'],
    ['2019-03-01T14:20:00Z', null],
    ['2019-03-01 14:20Z', null],
    ['2019-03-01 14:20:00+00:00', null],
    ['2019-03-01 15:20:00+01', null],
    ['2019-03-01 15:20:00 +0100', null],
    ['2019-03-01T06:20:00.000-08:00', null],
  ])('is read as it is written: %s (%s)', (text, unit) => {
    expect(read(text, unit)).toBe(AT)
  })

  it('keeps milliseconds, of seconds and of ISO 8601', () => {
    expect(read('1684237476.8', 's')).toBe(1684237476800)
    expect(read('2023-05-16 11:44:36.800000+00:00')).toBe(1684237476800)
  })

  it('without an offset is refused where no zone is named, and that of the zone where one is', () => {
    expect(read('2019-03-01T15:20:00')).toBe('has no offset from UTC: name its zone with --time-zone')
    expect(read('2019-03-01 15:20', null, BERLIN)).toBe(AT)
  })

  it('with an offset is not touched by the zone', () => {
    expect(read('2019-03-01T14:20:00Z', null, BERLIN)).toBe(AT)
  })

  it('that the zone’s clocks skip or repeat is refused, and stands with an offset', () => {
    expect(read('2026-03-29T02:30', null, BERLIN)).toMatch(/^is no time in Europe\/Berlin/)
    expect(read('2025-10-26T02:30', null, BERLIN)).toMatch(/^is twice in Europe\/Berlin/)
    expect(read('2025-10-26T02:30+01:00', null, BERLIN)).toBe(Date.parse('2025-10-26T01:30Z'))
  })

  it.each(['yesterday', '2019-02-30T10:00Z', '2019-03-01', '14:20', '2019-03-01T25:00Z', '-5', '1e12'])(
    'is refused where it is none: %s',
    (text) => {
      expect(read(text, null, BERLIN)).toMatch(/^is neither epoch milliseconds nor/)
    },
  )

  it('before the first epoch time that the log knows from an uptime is refused', () => {
    expect(read('999999999999')).toBe('is before 2001-09-09T01:46:40.000Z')
    expect(read('1000000000000')).toBe(1_000_000_000_000)
    expect(read('1999-12-31T23:00Z')).toBe('is before 2001-09-09T01:46:40.000Z')
  })

  it('in seconds where nobody said so is refused with what to write', () => {
    expect(read('1551450000')).toMatch(/put :s behind/)
  })

  it('after the import itself is refused', () => {
    expect(read(String(NOW))).toBe(NOW)
    expect(read(String(NOW + 1))).toBe('is in the future')
    expect(read('99999999999999')).toBe('is in the future')
  })
})
