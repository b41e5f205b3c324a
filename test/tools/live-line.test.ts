import { describe, expect, it } from 'vitest'
import type { Figures } from '../../embedded/figures.ts'
import { createLiveLine, formatLiveLine, formatTotals } from '../../tools/live-line.ts'

const figures: Figures = {
  records_in: 1_234_567,
  records_refused: 0,
  events: 1_234_500,
  decided: 321,
  late: 1,
  duplicates: 2,
  quarantined: 3,
  lag_records: 42,
  lag_s: 0.25,
  mqtt_connections: 30,
  troubles: [],
}

describe('the live line', () => {
  it('shows events in, decided, lag and quarantined', () => {
    expect(formatLiveLine(figures, 10_234.4, 200)).toBe(
      '10,234 events/s, 1,234,567 in · 321 decided · lag 42 (0.3 s) · 3 quarantined',
    )
  })

  it('at the end tells what all of it came to, and what is left', () => {
    expect(formatTotals({ ...figures, lag_records: 0 })).toBe(
      'stopped: 1,234,567 in · 321 decided · 3 quarantined',
    )
    expect(formatTotals(figures)).toContain('· 42 left for the next start')
  })

  it('says what is wrong', () => {
    const line = formatLiveLine({ ...figures, troubles: ['the disk is full'] }, 0, 200)
    expect(line).toContain('· the disk is full')
  })

  it.each([10, 40, 79, 80])('stays below %i columns, so that it never wraps', (columns) => {
    expect(formatLiveLine(figures, 10_234, columns).length).toBeLessThan(columns)
  })

  it('is redrawn in place, with what is printed above it', () => {
    const written: string[] = []
    const line = createLiveLine({ write: (text) => written.push(text) })
    line.print('first')
    line.draw('one')
    line.draw('two')
    line.print('a warning')
    line.end()
    expect(written).toEqual([
      'first\n',
      '\r\u001b[2Kone',
      '\r\u001b[2Ktwo',
      '\r\u001b[2Ka warning\ntwo',
      '\n',
    ])
  })
})
