/** Cursors: where a page ended, as base64url that says which list it belongs to. Every part is checked on the way in. */
import { type EventKey, keyText, parseKeyText } from '../events/key.ts'
import { BadCursor, type Page } from '../events/ports.ts'

export type CursorList =
  | 'devices'
  | 'standings'
  | 'events'
  | 'location_events'
  | 'summaries'
  | 'config'
  | 'quarantine'

/** Parts of the last key of a page, most significant first. */
export type CursorParts = (string | number | EventKey)[]

export function encodeCursor(list: CursorList, parts: CursorParts): string {
  const texts = parts.map((part) => (typeof part === 'object' ? keyText(part) : String(part)))
  return Buffer.from(JSON.stringify([list, ...texts])).toString('base64url')
}

/** The parts of a cursor as texts. @throws BadCursor where it is not one of `list` with `count` parts. */
function decodeCursor(list: CursorList, count: number, cursor: string): string[] {
  const bytes = Buffer.from(cursor, 'base64url')
  // Node skips what is not base64url; a cursor of ours comes out as it went in.
  if (bytes.toString('base64url') !== cursor) throw badCursor()
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString())
  } catch {
    throw badCursor()
  }
  if (!Array.isArray(parsed) || parsed[0] !== list || parsed.length !== count + 1) throw badCursor()
  if (!parsed.every((part) => typeof part === 'string')) throw badCursor()
  return parsed.slice(1)
}

/** @throws BadCursor */
export function decodeTextCursor(list: 'devices' | 'standings' | 'quarantine', cursor: string): string {
  return decodeCursor(list, 1, cursor)[0] as string
}

/** @throws BadCursor */
export function decodeEventCursor(cursor: string): EventKey {
  return keyPart(decodeCursor('events', 1, cursor)[0])
}

/** Devices of one location may share a key, so the device is part of the place. @throws BadCursor */
export function decodeLocationCursor(cursor: string): EventKey & { device_id: string } {
  const [key, device_id] = decodeCursor('location_events', 2, cursor)
  return { ...keyPart(key), device_id: device_id as string }
}

/** @throws BadCursor */
export function decodeSummaryCursor(cursor: string): { started_at: number; id: string } {
  const [startedAt, id] = decodeCursor('summaries', 2, cursor)
  return { started_at: integerPart(startedAt), id: id as string }
}

export type ConfigPlace = { effective_from: number; written_at: number; identity: string }

/** @throws BadCursor */
export function decodeConfigCursor(cursor: string): ConfigPlace {
  const [effectiveFrom, writtenAt, identity] = decodeCursor('config', 3, cursor)
  return {
    effective_from: integerPart(effectiveFrom),
    written_at: integerPart(writtenAt),
    identity: identity as string,
  }
}

/** A page out of up to `limit + 1` rows: the one too many only says that there is more. */
export function pageOf<T>(rows: T[], limit: number, cursorAt: (last: T) => string): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: rows.length > limit && last !== undefined ? cursorAt(last) : null }
}

function keyPart(text: string | undefined): EventKey {
  const key = parseKeyText(text ?? '')
  if (!key) throw badCursor()
  return key
}

function integerPart(text: string | undefined): number {
  if (!/^-?\d{1,15}$/.test(text ?? '')) throw badCursor()
  return Number(text)
}

function badCursor(): BadCursor {
  return new BadCursor('this cursor is not one that this list gave')
}
