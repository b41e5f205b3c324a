/** Positions of the logs that number their records: from 1, as texts that sort as the numbers do. */

const POSITION_DIGITS = 20

export function positionText(position: number): string {
  return String(position).padStart(POSITION_DIGITS, '0')
}

/** The number in a position, 0 for '' (the beginning). @throws RangeError where `text` is no position of such a log. */
export function parseLogPosition(text: string): number {
  if (text === '') return 0
  if (!/^\d{20}$/.test(text)) throw new RangeError(`${JSON.stringify(text)} is no position of this log`)
  return Number(text)
}
