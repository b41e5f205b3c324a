/** What a device may be called. Ids such as `../../x`, `a/b` and `constructor` are legal, and encoded where they enter a path. */
import { type Rejected, reject } from './rejection.ts'

export const MAX_DEVICE_ID_CHARACTERS = 128

/** Begins the ids of pairs, which the system makes itself (`pair-id.ts`). */
export const PAIR_PREFIX = 'pair:'

const CONTROL = /\p{Cc}/u

/** The last good one: messages of a device are often read one behind the other. */
let last: string | null = null

/** What is wrong with the id that a device, or somebody who speaks of one, gives; null for a good one. */
export function deviceIdFlaw(id: unknown): Rejected | null {
  if (id === last && id !== null) return null
  if (id === undefined || id === null) return reject('device_id', undefined, 'but required')
  if (typeof id !== 'string') return reject('device_id', id, 'is not text')
  if (id === '') return reject('device_id', id, 'is empty')
  if (id.length > MAX_DEVICE_ID_CHARACTERS)
    return reject('device_id', id, `is longer than ${MAX_DEVICE_ID_CHARACTERS} characters`)
  if (id.startsWith(PAIR_PREFIX))
    return reject('device_id', id, `begins with "${PAIR_PREFIX}", as only the system’s own do`)
  if (CONTROL.test(id)) return reject('device_id', id, 'holds a control character')
  // Half a surrogate pair cannot be percent-encoded, so it can name no topic and no path.
  if (!id.isWellFormed()) return reject('device_id', id, 'is not well-formed Unicode')
  last = id
  return null
}
