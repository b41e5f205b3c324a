import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIsoTime } from '../../events/timestamp.ts'

describe('an ISO 8601 time', () => {
  it.each([
    ['2024-01-01T00:00:00Z', 1704067200000],
    ['2024-01-01T00:00Z', 1704067200000],
    ['2024-01-01t00:00:00z', 1704067200000],
    ['2024-01-01T01:00:00+01:00', 1704067200000],
    ['2023-12-31T18:30:00-0530', 1704067200000],
    ['2024-01-01T00:00:00.5Z', 1704067200500],
    ['2024-01-01T00:00:00,123999Z', 1704067200123],
    ['2024-02-29T00:00:00Z', 1709164800000],
    ['1969-12-31T23:59:59Z', -1000],
  ])('%s is %d', (text, ms) => {
    expect(parseIsoTime(text)).toBe(ms)
  })

  it.each([
    '',
    '2024-01-01',
    '2024-01-01T00:00:00',
    '2023-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:60Z',
    '2024-01-01T00:00:00+24:00',
    '0000-01-00T00:00:00Z',
    ' 2024-01-01T00:00:00Z',
    '1704067200000',
  ])('%j is none', (text) => {
    expect(parseIsoTime(text)).toBeNull()
  })

  it('is read as the platform reads it, for every moment from 1970 to 2286', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999_999_999 }), (ms) => {
        return parseIsoTime(new Date(ms).toISOString()) === ms
      }),
    )
  })
})
