/**
 * The payload of an archive row without what its columns say already: a template that most rows of a device share, and
 * the values that go into it. From both the same bytes come again; where they would not, the text is kept as it is.
 *
 * In a template U+0001, which no JSON has, begins a place: a letter for the column, and for a number how it is written.
 */
import type { ArchiveRow } from './archive.ts'

/** Numbers of a payload that no reading's column has, in the order in which they stand in it. */
export const SLOTS = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'] as const
export type Slot = (typeof SLOTS)[number]

/** What a payload is made of again. */
export type PayloadParts = { template: string | null } & Record<Slot, number | null>

export const MARK = '\u0001'

/** Places of texts. */
export const TEXT_PLACES = {
  a: 'device_id',
  b: 'device_type',
  c: 'event_type',
  d: 'location',
  e: 'pilot_state',
  f: 'session_id',
} as const

/** Places of readings, each followed by 0 for the shortest way to write it or by its number of decimals. */
export const READING_PLACES = {
  g: 'pwm_duty_cycle',
  h: 'current_draw',
  i: 'voltage_v',
  j: 'power_kw',
  k: 'energy_delivered_kwh',
  l: 'energy_consumed_kwh',
} as const

/** The place of `reported_timestamp`. */
export const STAMP_PLACE = 't'

/**
 * Places of slots, each followed by its number of decimals, by `r` for so many ms before the stamp, or by `x` for eight
 * hexadecimal digits.
 */
export const SLOT_PLACES: Readonly<Record<string, Slot>> = {
  m: 'v1',
  n: 'v2',
  o: 'v3',
  p: 'v4',
  q: 'v5',
  s: 'v6',
}

export const MOST_DECIMALS = 4
/** Beyond this a reading has no place: SQL writes it as a decimal of 18 digits, 6 of them behind the point. */
export const MOST_READING = 1e9
/** Of a reading in the shortest way. */
export const SHORTEST_DECIMALS = 6

export type PlacedColumns = Pick<
  ArchiveRow,
  | 'reported_timestamp'
  | (typeof TEXT_PLACES)[keyof typeof TEXT_PLACES]
  | (typeof READING_PLACES)[keyof typeof READING_PLACES]
>

export const WHOLE: PayloadParts = {
  template: null,
  v1: null,
  v2: null,
  v3: null,
  v4: null,
  v5: null,
  v6: null,
}

/** Longer than any report; what is not worth it costs nothing. */
const MOST_TEXT = 8_192

/** A string or a number of a JSON text, and behind a key its colon. */
const TOKENS = /"((?:[^"\\]|\\.)*)"(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** At most 15 digits, which a double keeps. */
const PLAIN_NUMBER = /^-?(?=[\d.]{1,16}$)(?:0|[1-9]\d{0,14})(?:\.(\d{1,14}))?$/
const HEX = /^(?:[0-9a-f]{8}|[0-9a-f]{16})$/
/** Somebody writes a fixed number of decimals. */
const TRAILING_ZERO = /\.\d*0[,}\]\s]/

const TEXTS_BY_KEY = new Map(
  Object.entries(TEXT_PLACES).map(([letter, column]) => [column as string, letter]),
)
const READINGS_BY_KEY = new Map(
  Object.entries(READING_PLACES).map(([letter, column]) => [column as string, letter]),
)
const SLOT_LETTERS = Object.keys(SLOT_PLACES)

/** Null where the text is to be kept as it is. */
export function takeApart(text: string, columns: PlacedColumns): PayloadParts | null {
  if (text.length > MOST_TEXT || text.includes(MARK) || !text.startsWith('{')) return null
  const parts: PayloadParts = { ...WHOLE }
  const fixed = TRAILING_ZERO.test(text)
  const stamp = String(columns.reported_timestamp)
  let taken = 0
  let key = ''

  function slot(value: number, written: string): string | null {
    const letter = SLOT_LETTERS[taken]
    if (letter === undefined) return null
    parts[SLOTS[taken++] as Slot] = value
    return MARK + letter + written
  }

  function text_(token: string, value: string): string {
    const letter = TEXTS_BY_KEY.get(key)
    if (letter && columns[TEXT_PLACES[letter as keyof typeof TEXT_PLACES]] === value)
      return `"${MARK}${letter}"`
    if (value === columns.device_id) return `"${MARK}a"`
    if (!HEX.test(value) || SLOTS.length - taken < value.length / 8) return token
    let places = ''
    for (let at = 0; at < value.length; at += 8)
      places += slot(Number.parseInt(value.slice(at, at + 8), 16), 'x')
    return `"${places}"`
  }

  function number(token: string): string {
    if (token === stamp) return MARK + STAMP_PLACE
    const plain = PLAIN_NUMBER.exec(token)
    if (!plain) return token
    const decimals = plain[1]?.length ?? 0
    const letter = READINGS_BY_KEY.get(key)
    if (letter) {
      const value = columns[READING_PLACES[letter as keyof typeof READING_PLACES]]
      const way = fixed ? decimals : 0
      const written = value !== null && Math.abs(value) < MOST_READING && way <= MOST_DECIMALS
      if (written && writeReading(value, way) === token) return MARK + letter + way
    }
    if (key === 'uptime_ms' && columns.reported_timestamp !== null && decimals === 0)
      return slot(columns.reported_timestamp - Number(token), 'r') ?? token
    return slotted(token, decimals) ?? token
  }

  function slotted(token: string, decimals: number): string | null {
    const value = Number(token.replace('.', ''))
    return decimals > MOST_DECIMALS || Object.is(value, -0) ? null : slot(value, String(decimals))
  }

  parts.template = text.replace(TOKENS, (token: string, value: string | undefined, colon?: string) => {
    if (value === undefined) return number(token)
    if (colon === undefined) return text_(token, value)
    key = value
    return token
  })
  // Nothing is lost that would not come back: what does not is kept as it came.
  return putTogether(parts, columns) === text ? parts : null
}

/** A part of a template: a text, or a place. */
export type TemplatePart =
  | string
  | { kind: 'text'; column: (typeof TEXT_PLACES)[keyof typeof TEXT_PLACES] }
  | { kind: 'reading'; column: (typeof READING_PLACES)[keyof typeof READING_PLACES]; decimals: number }
  | { kind: 'slot'; column: Slot | 'reported_timestamp'; way: string }

/** Templates are few, and rows are many. */
const KNOWN_TEMPLATES = 2_000
const known = new Map<string, TemplatePart[]>()

/** The text again, from the template and the columns of its row. */
export function putTogether(parts: PayloadParts, columns: PlacedColumns): string {
  const template = parts.template ?? ''
  let places = known.get(template)
  if (!places) {
    if (known.size >= KNOWN_TEMPLATES) known.clear()
    places = placesOf(template)
    known.set(template, places)
  }
  let text = ''
  for (const part of places) text += typeof part === 'string' ? part : writePlace(part, parts, columns)
  return text
}

/** What a template is made of, in its order. */
export function placesOf(template: string): TemplatePart[] {
  const [first = '', ...placed] = template.split(MARK)
  return [first, ...placed.flatMap((part) => placeAt(part))]
}

function placeAt(part: string): TemplatePart[] {
  const letter = part[0] as string
  const way = part[1] as string
  const text = TEXT_PLACES[letter as keyof typeof TEXT_PLACES]
  if (text) return [{ kind: 'text', column: text }, part.slice(1)]
  if (letter === STAMP_PLACE) return [{ kind: 'slot', column: 'reported_timestamp', way: '0' }, part.slice(1)]
  const reading = READING_PLACES[letter as keyof typeof READING_PLACES]
  if (reading) return [{ kind: 'reading', column: reading, decimals: Number(way) }, part.slice(2)]
  return [{ kind: 'slot', column: SLOT_PLACES[letter] as Slot, way }, part.slice(2)]
}

function writePlace(
  part: Exclude<TemplatePart, string>,
  parts: PayloadParts,
  columns: PlacedColumns,
): string {
  if (part.kind === 'text') return String(columns[part.column])
  if (part.kind === 'reading') return writeReading(columns[part.column] as number, part.decimals)
  if (part.column === 'reported_timestamp') return String(columns.reported_timestamp)
  return writeSlot(parts[part.column] as number, part.way, columns)
}

/** `decimals` 0: the shortest way. */
export function writeReading(value: number, decimals: number): string {
  if (decimals > 0) return value.toFixed(decimals)
  const shortest = String(value)
  const point = shortest.indexOf('.')
  return point < 0 || shortest.length - point - 1 <= SHORTEST_DECIMALS
    ? shortest
    : value.toFixed(SHORTEST_DECIMALS)
}

function writeSlot(value: number, way: string, { reported_timestamp }: PlacedColumns): string {
  if (way === 'x') return value.toString(16).padStart(8, '0')
  if (way === 'r') return String((reported_timestamp as number) - value)
  const decimals = Number(way)
  if (decimals === 0) return String(value)
  const digits = String(Math.abs(value)).padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return `${value < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}
