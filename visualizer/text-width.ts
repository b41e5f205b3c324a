/**
 * Widths of text, without a screen to measure on. Helvetica's advance widths (Adobe's core AFM), which Arial, Liberation
 * Sans and Arimo share: the same picture on every machine that has any of them.
 */

/** In 1/1000 em, for the characters from space to tilde. */
const REGULAR = widths(
  '278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584',
  '584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611',
  '278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722',
  '500 500 500 334 260 334 584',
)
const BOLD = widths(
  '278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584',
  '584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611',
  '333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778',
  '556 556 500 389 280 389 584',
)
/** Anything else counts as a wide letter. */
const OTHER = 1000

export const FONTS = "Helvetica, Arial, 'Liberation Sans', Arimo, sans-serif"

export type Weight = 'regular' | 'bold'

/** In pixels. */
export function textWidth(text: string, size_px: number, weight: Weight): number {
  const table = weight === 'bold' ? BOLD : REGULAR
  let sum = 0
  for (const char of text) sum += table[char.charCodeAt(0) - 32] ?? OTHER
  return (sum * size_px) / 1000
}

function widths(...lines: string[]): number[] {
  return lines.flatMap((line) => line.split(' ').map(Number))
}
