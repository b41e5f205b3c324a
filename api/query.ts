/** Query parameters: read, checked and described by one table, so that the document says what the code does. */
import { type TSchema, Type } from 'typebox'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { shown } from '../events/rejection.ts'
import { parseIsoTime } from '../events/timestamp.ts'
import { Problem } from './problem.ts'

/** `read` returns the value, or the rule that the text breaks (`is not …`). */
export type QueryParam<T> = {
  description: string
  schema: TSchema
  read: (text: string) => { value: T } | { rule: string }
  absent: T
  required?: true
}

export type QuerySpec = Record<string, QueryParam<unknown>>
export type QueryOf<S extends QuerySpec> = {
  [K in keyof S]: S[K] extends QueryParam<infer T> ? T : never
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** Every parameter by its name. Throws a 400 that names parameter, value and rule, for unknown and repeated ones too. */
export function readQuery<S extends QuerySpec>(search: URLSearchParams, spec: S): QueryOf<S> {
  const values: Record<string, unknown> = {}
  for (const name in spec) values[name] = spec[name]?.absent
  const seen = new Set<string>()
  for (const [name, text] of search) {
    const param = Object.hasOwn(spec, name) ? spec[name] : undefined
    if (!param) throw badParameter(name, text, `is not known here; known are: ${names(spec)}`)
    if (seen.has(name)) throw badParameter(name, text, 'is given more than once')
    seen.add(name)
    const outcome = param.read(text)
    if ('rule' in outcome) throw badParameter(name, text, outcome.rule)
    values[name] = outcome.value
  }
  for (const name in spec)
    if (spec[name]?.required && !seen.has(name)) throw badParameter(name, undefined, 'but required')
  if (typeof values.from === 'number' && typeof values.to === 'number' && values.from > values.to)
    throw badParameter('from', search.get('from') ?? '0', `is after to, which is ${search.get('to')}`)
  return values as QueryOf<S>
}

export function badParameter(parameter: string, value: string | undefined, rule: string): Problem {
  const named = shown(value)
  return new Problem(400, `${parameter}: ${named} ${rule}`, { parameter, value: named, rule })
}

function names(spec: QuerySpec): string {
  return Object.keys(spec).join(', ') || 'none'
}

/** An id, or any other text that is compared as it stands. */
export function textParam(description: string): QueryParam<string | undefined> {
  return {
    description,
    schema: Type.String({ minLength: 1 }),
    read: (text) => (text === '' ? { rule: 'is empty' } : { value: text }),
    absent: undefined,
  }
}

export function requiredTextParam(description: string): QueryParam<string> {
  return { ...textParam(description), absent: '', required: true } as QueryParam<string>
}

export function enumParam<T extends string>(
  description: string,
  values: readonly T[],
): QueryParam<T | undefined> {
  return {
    description,
    schema: Type.Enum([...values]),
    read: (text) =>
      values.includes(text as T) ? { value: text as T } : { rule: `is none of ${values.join(', ')}` },
    absent: undefined,
  }
}

/** `include=retracted`: with what a later event has undone. */
export function includeParam(description: string): QueryParam<'retracted' | undefined> {
  return enumParam(description, ['retracted'])
}

function timeParam(description: string, absent: number): QueryParam<number> {
  const rule = 'is neither epoch milliseconds nor an ISO 8601 date, nor a date and time with its offset'
  return {
    description: `${description} Epoch ms, ISO 8601 with offset, or a date (UTC midnight).`,
    schema: Type.Union([Type.Integer({ minimum: 0, maximum: MAX_TIMESTAMP_MS }), Type.String()]),
    read: (text) => {
      const value = parseTime(text)
      return value === null ? { rule } : { value }
    },
    absent,
  }
}

/** Epoch ms of a time as people and programs write it in a URL, or null. */
export function parseTime(text: string): number | null {
  if (/^\d{1,13}$/.test(text)) return Number(text)
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return inRange(parseIsoTime(`${text}T00:00Z`))
  // An unescaped + of an offset arrives as a space.
  return inRange(parseIsoTime(text.replace(/ (?=\d\d:?\d\d$)/, '+')))
}

function inRange(ms: number | null): number | null {
  return ms !== null && ms >= 0 && ms <= MAX_TIMESTAMP_MS ? ms : null
}

const limitParam: QueryParam<number> = {
  description: `Most items of one answer, ${DEFAULT_LIMIT} unless told.`,
  schema: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
  read: (text) => {
    const value = /^\d{1,4}$/.test(text) ? Number(text) : 0
    if (value < 1 || value > MAX_LIMIT) return { rule: `is not a whole number from 1 to ${MAX_LIMIT}` }
    return { value }
  },
  absent: DEFAULT_LIMIT,
}

export const pageParams = {
  limit: limitParam,
  cursor: textParam('`next_cursor` of the answer before this one, with the same other parameters.'),
}

/** Half-open: `from` is in, `to` is not. */
export const rangeParams = {
  from: timeParam('Beginning, included; the beginning of all time unless told.', 0),
  to: timeParam('End, not included; the far future unless told.', MAX_TIMESTAMP_MS),
}
