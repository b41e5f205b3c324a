/** One hash for everything that needs a name out of its content. */
import { hash } from 'node:crypto'

/** 32 hex digits of the SHA-256 of the parts, each behind its length, so that ["ab", "c"] and ["a", "bc"] differ. */
export function hashOf(parts: readonly (string | number | null)[]): string {
  let text = ''
  for (const part of parts) text += part === null ? '-' : `${String(part).length}:${part}`
  return hash('sha256', text, 'hex').slice(0, 32)
}
