/** One hash for everything that needs a name out of its content. */
import { hash } from 'node:crypto'

/** 32 hex digits of the SHA-256 of the parts; as a JSON array, so that ["ab", "c"] and ["a", "bc"] differ. */
export function hashOf(parts: readonly (string | number | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32)
}
