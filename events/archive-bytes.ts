/**
 * The bytes of a payload straight from its template and its values: what `putTogether` writes as text and then encodes, at
 * a fraction of the cost. A replay of the archive does it for every record.
 */
import {
  placesOf,
  READING_PLACES,
  SHORTEST_DECIMALS,
  SLOTS,
  TEXT_PLACES,
  type TemplatePart,
  writeReading,
} from './archive-payload.ts'

/** Texts and numbers of a row by their place in these lists: names would have to be looked up row by row. */
export const PAYLOAD_TEXTS = Object.values(TEXT_PLACES)
export const PAYLOAD_NUMBERS = ['reported_timestamp', ...Object.values(READING_PLACES), ...SLOTS] as const

/** What a row says, by the places above; `text` as its bytes. */
export type PayloadValues = { number(nth: number): number; text(nth: number): Uint8Array }

/**
 * A part of a template, ready to be written: the bytes in front of a place, and the place, all of one shape, which is
 * what makes them quick. `nth` is the value's place in the lists above, `decimals` how many stand behind a point, of a
 * reading 0 for the shortest way to write it.
 */
export type BytePiece = PlaceKind & { before: Uint8Array }

/** A place: whose value, and how it is written. */
export type PlaceKind = {
  kind: 'nothing' | 'text' | 'reading' | 'digits' | 'to_stamp' | 'hex'
  nth: number
  decimals: number
}

const UTF8 = new TextEncoder()

export function bytePieces(template: string): BytePiece[] {
  const pieces: BytePiece[] = []
  let before = ''
  for (const part of [...placesOf(template), null]) {
    if (typeof part === 'string') {
      before += part
      continue
    }
    pieces.push({ before: UTF8.encode(before), ...(part ? placeKind(part) : NO_PLACE) })
    before = ''
  }
  return pieces
}

const NO_PLACE: PlaceKind = { kind: 'nothing', nth: 0, decimals: 0 }

export function placeKind(part: Exclude<TemplatePart, string>): PlaceKind {
  if (part.kind === 'text') return { kind: 'text', nth: PAYLOAD_TEXTS.indexOf(part.column), decimals: 0 }
  const nth = PAYLOAD_NUMBERS.indexOf(part.column)
  if (part.kind === 'reading') return { kind: 'reading', nth, decimals: part.decimals }
  if (part.way === 'x') return { kind: 'hex', nth, decimals: 0 }
  if (part.way === 'r') return { kind: 'to_stamp', nth, decimals: 0 }
  return { kind: 'digits', nth, decimals: Number(part.way) }
}

const ZERO = 48
const POINT = 46
const MINUS = 45
const HEX_DIGITS = UTF8.encode('0123456789abcdef')
/** A power costs more than all the digits. */
const POWERS = Array.from({ length: 17 }, (_, n) => 10 ** n)
/** A number takes no more than this. */
const MOST_NUMBER = 32
/** Beyond it two whole numbers may be one double. */
const MOST_WHOLE = 2 ** 53

/** Bytes that are written one behind the other, in room that grows. What it gives is valid until the next. */
export class PayloadWriter {
  private room = new Uint8Array(16_384)
  private at = 0

  /** A view of the row's payload. */
  write(pieces: readonly BytePiece[], values: PayloadValues): Uint8Array {
    this.at = 0
    for (let n = 0; n < pieces.length; n++) {
      const { before, kind, nth, decimals } = pieces[n] as BytePiece
      this.copy(before)
      if (kind === 'text') this.copy(values.text(nth))
      else if (kind === 'reading') this.reading(values.number(nth), decimals)
      else if (kind === 'digits') this.digits(values.number(nth), decimals)
      else if (kind === 'to_stamp') this.digits(values.number(0) - values.number(nth), 0)
      else if (kind === 'hex') this.hex(values.number(nth))
    }
    return this.room.subarray(0, this.at)
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.room.length) return
    const room = new Uint8Array((this.at + bytes) * 2)
    room.set(this.room)
    this.room = room
  }

  private copy(bytes: Uint8Array): void {
    const { length } = bytes
    // With room for a number behind it, so that no number has to ask.
    this.reserve(length + MOST_NUMBER)
    const { room, at } = this
    // A call costs more than so few bytes.
    if (length > 32) room.set(bytes, at)
    else for (let n = 0; n < length; n++) room[at + n] = bytes[n] as number
    this.at = at + length
  }

  /** Of a reading: a decimal whose double it is says the same as the text of it, and is quicker found. */
  private reading(value: number, decimals: number): void {
    const [first, last] = decimals > 0 ? [decimals, decimals] : [0, SHORTEST_DECIMALS]
    for (let places = first; places <= last; places++) {
      const power = POWERS[places] as number
      const scaled = Math.round(value * power)
      if (scaled / power !== value || Math.abs(scaled) > 1e15) continue
      this.digits(scaled, places)
      return
    }
    this.copy(UTF8.encode(writeReading(value, decimals)))
  }

  private digits(value: number, decimals: number): void {
    let rest = Math.abs(value)
    if (!(rest < MOST_WHOLE)) throw new RangeError(`${value} is no whole number that a payload has`)
    const { room } = this
    if (value < 0) room[this.at++] = MINUS
    let length = decimals > 0 ? decimals + 1 : 1
    while (length < 16 && rest >= (POWERS[length] as number)) length++
    const end = this.at + length + (decimals > 0 ? 1 : 0)
    let at = end - 1
    let n = 0
    // Whole numbers of 32 bits are divided some times as fast.
    while (rest >= 1e9) {
      const high = Math.floor(rest / 1e7)
      let low = rest - high * 1e7
      for (let digit = 0; digit < 7; digit++) {
        const tenth = (low / 10) | 0
        room[at--] = ZERO + (low - tenth * 10)
        low = tenth
        if (++n === decimals) room[at--] = POINT
      }
      rest = high
    }
    let low = rest | 0
    while (n < length) {
      const tenth = (low / 10) | 0
      room[at--] = ZERO + (low - tenth * 10)
      low = tenth
      if (++n === decimals) room[at--] = POINT
    }
    this.at = end
  }

  private hex(value: number): void {
    const { room, at } = this
    for (let n = 7, rest = value >>> 0; n >= 0; n--, rest >>>= 4)
      room[at + n] = HEX_DIGITS[rest & 15] as number
    this.at = at + 8
  }
}
