/** What the state machine keeps of an error. */

const MOST_CHARACTERS = 150

/**
 * A line under the error's own name, without a trace, and without signs that JSON within JSON spells with more and more
 * strokes: 128 batches of it must fit in the state of an execution.
 */
export function inOneLine({ name, message }: Error): Error {
  const plain = message
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
  return Object.assign(new Error(plain.slice(0, MOST_CHARACTERS)), { name, stack: '' })
}
