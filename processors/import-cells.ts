/** A row's cells as the fields they are mapped to, each of its kind; the first that cannot be read makes the row bad. */
import { type Rejected, reject, rejectWith } from '../events/rejection.ts'
import type { FieldSpec, FieldSpecs } from './import-fields.ts'
import type { Source } from './import-mapping.ts'
import type { Row } from './import-rows.ts'
import { readTime, type TimeRules } from './import-time.ts'

type KindOf<S extends FieldSpec> = S['kind'] extends 'text'
  ? string
  : S['kind'] extends 'json'
    ? unknown
    : S['kind'] extends 'flag'
      ? boolean
      : number

/** What a row says: its required fields, and of the others those that are mapped and not empty. */
export type Fields<S extends FieldSpecs> = {
  [F in keyof S as S[F] extends { required: true } ? F : never]: KindOf<S[F]>
} & { [F in keyof S as S[F] extends { required: true } ? never : F]?: KindOf<S[F]> }

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** The fields of a row that has `columns` cells, or what is wrong with it. */
export function readFields<S extends FieldSpecs>(
  specs: S,
  sources: readonly Source[],
  row: Row,
  columns: number,
  times: TimeRules,
): Fields<S> | Rejected {
  const { cells } = row
  if (cells.length !== columns)
    return rejectWith('row', `${cells.length} cells`, `and not the header’s ${columns}`)
  const fields: Record<string, unknown> = {}
  for (const source of sources) {
    const spec = specs[source.field] as FieldSpec
    const text = 'value' in source ? source.value : textOf(cells, source.indexes)
    if (text === '') {
      if (spec.required) return reject(source.field, text, 'is empty')
      continue
    }
    if (text.includes('\ufffd')) return reject(source.field, text, 'is not UTF-8')
    const unit = 'unit' in source ? source.unit : null
    const outcome = readCell(spec, text, unit, times)
    if ('rule' in outcome) return reject(source.field, text, outcome.rule)
    fields[source.field] = outcome.value
  }
  return fields as Fields<S>
}

function textOf(cells: readonly string[], indexes: readonly number[]): string {
  const [only] = indexes
  if (indexes.length === 1) return cells[only as number] ?? ''
  return indexes
    .map((index) => cells[index] ?? '')
    .join(' ')
    .trim()
}

function readCell(
  spec: FieldSpec,
  text: string,
  unit: string | null,
  times: TimeRules,
): { value: unknown } | { rule: string } {
  if (spec.kind === 'text') return { value: text }
  if (spec.kind === 'time') return readTime(text, unit, times)
  if (spec.kind === 'json') return readJson(text)
  if (spec.kind === 'flag') return readFlag(text)
  if (!DECIMAL.test(text)) return { rule: 'is not a number (a point for decimals, nothing for thousands)' }
  const per = unit === null ? 1 : (spec.units[unit]?.per ?? 1)
  const value = Number(text) / per
  return Number.isFinite(value) ? { value } : { rule: 'is not a finite number' }
}

const FLAGS: Record<string, boolean> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  on: true,
  off: false,
}

function readFlag(text: string): { value: boolean } | { rule: string } {
  const value = DECIMAL.test(text) ? Number(text) > 0 : FLAGS[text.toLowerCase()]
  return value === undefined ? { rule: 'is none of true, false, yes, no, on, off, and no number' } : { value }
}

function readJson(text: string): { value: unknown } | { rule: string } {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { rule: 'is not JSON' }
  }
}
