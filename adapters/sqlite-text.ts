/**
 * Text on its way into SQLite and back. What a device calls itself may hold U+0000, at which a column's text is cut off when
 * it is read, or half a surrogate pair, all of which SQLite would store as one and the same character: both are spelt out.
 */

/** A noncharacter that no text should hold; one that does has it spelt out too, so that no two texts become one. */
const MARK = '\uffff'

export function toColumn(text: string): string {
  if (text.isWellFormed() && !text.includes('\0') && !text.includes(MARK)) return text
  return text
    .replaceAll(MARK, `${MARK}ffff`)
    .replaceAll('\0', `${MARK}0000`)
    .replace(/\p{Surrogate}/gu, (half) => MARK + half.charCodeAt(0).toString(16))
}

export function fromColumn(text: string): string {
  if (!text.includes(MARK)) return text
  return text.replace(/\uffff([0-9a-f]{4})/g, (_, unit: string) =>
    String.fromCharCode(Number.parseInt(unit, 16)),
  )
}

export function toNullableColumn(text: string | null): string | null {
  return text === null ? null : toColumn(text)
}

export function fromNullableColumn(text: string | null): string | null {
  return text === null ? null : fromColumn(text)
}
