/** JSON as every parser takes it. */

/** A backslash that is spelt out is passed over, so that what follows it is not taken for an escape. */
const HALF_PAIR = /\\\\|\\ud[89a-f][0-9a-f]{2}/g

/**
 * Half a surrogate pair, which a device may have said, is U+FFFD: `JSON.stringify` spells it `\ud800`, and many a reader
 * refuses the whole document for that.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\ud')) return text
  return text.replace(HALF_PAIR, (found) => (found === '\\\\' ? found : '\ufffd'))
}
