/** Where a page of a fleet's devices ended: by how long they have been in a state, which no store sorts by. */
import { BadCursor } from '../events/ports.ts'

type Place = { since: number | null; device_id: string; instance: string }

/** The page behind the cursor, of places in order. @throws BadCursor */
export function pageBehind<T extends Place>(all: readonly T[], limit: number, cursor: string | undefined) {
  const behind = cursor === undefined ? null : decode(cursor)
  const from = behind === null ? 0 : all.findIndex((one) => isBehind(one, behind))
  const items = from < 0 ? [] : all.slice(from, from + limit)
  const last = items.at(-1)
  const isLast = from < 0 || from + limit >= all.length
  return { items, next_cursor: isLast || !last ? null : encode(last) }
}

/** Places come and go between two pages, so the last one itself may be gone. */
function isBehind(one: Place, place: Place): boolean {
  const [a, b] = [one.since ?? Number.POSITIVE_INFINITY, place.since ?? Number.POSITIVE_INFINITY]
  if (a !== b) return a > b
  if (one.device_id !== place.device_id) return one.device_id > place.device_id
  return one.instance > place.instance
}

function encode({ since, device_id, instance }: Place): string {
  return Buffer.from(JSON.stringify(['fleet', since, device_id, instance])).toString('base64url')
}

function decode(cursor: string): Place {
  const bytes = Buffer.from(cursor, 'base64url')
  const parts = bytes.toString('base64url') === cursor ? parsed(bytes.toString()) : null
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== 'fleet')
    throw new BadCursor('not of this list')
  const [, since, device_id, instance] = parts
  const isPlace = since === null || Number.isSafeInteger(since)
  if (!isPlace || typeof device_id !== 'string' || typeof instance !== 'string')
    throw new BadCursor('not of this list')
  return { since, device_id, instance }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
