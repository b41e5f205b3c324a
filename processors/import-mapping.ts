/** Which column of a file is which field: the notation `field=column[:unit]`, and what it comes to for one header. */
import { parse as parseCsv } from 'csv-parse/sync'
import { shown } from '../events/rejection.ts'
import { type FieldSpec, type FieldSpecs, unitsOf } from './import-fields.ts'
import { BadImport } from './import-report.ts'

/** Of one field: the column it is read from, as it was written, or the value that every row has. */
export type Mapping = Map<string, { column: string } | { value: string }>

/** Where a field of a row is found: in a column, or in several, as a date and a time of day. `unit` is null where none was named. */
export type Source = { field: string } & (Columns | { value: string })
type Columns = { indexes: number[]; unit: string | null }

/**
 * Reads `maps` (`field=column[:unit]`, several with commas between; an entry whose column holds a comma stands in double
 * quotes) and `sets` (`field=value`). Throws BadImport for an unknown, repeated or missing field.
 */
export function parseMapping(specs: FieldSpecs, maps: readonly string[], sets: readonly string[]): Mapping {
  const mapping: Mapping = new Map()
  const add = (flag: string, entry: string, what: 'column' | 'value') => {
    const at = entry.indexOf('=')
    const field = entry.slice(0, Math.max(0, at)).trim()
    const named = entry.slice(at + 1).trim()
    if (at < 1 || named === '') throw new BadImport(`${flag}: ${JSON.stringify(entry)} is not field=${what}`)
    if (!Object.hasOwn(specs, field))
      throw new BadImport(
        `${flag}: ${JSON.stringify(field)} is no field; there are ${Object.keys(specs).join(', ')}`,
      )
    if (mapping.has(field)) throw new BadImport(`${flag}: ${field} is given twice`)
    mapping.set(field, what === 'column' ? { column: named } : { value: named })
  }
  for (const text of maps) for (const entry of entriesOf(text)) add('--map', entry, 'column')
  for (const entry of sets) add('--set', entry, 'value')
  const missing = Object.keys(specs).filter((field) => specs[field]?.required && !mapping.has(field))
  if (missing.length > 0) throw new BadImport(`--map: ${missing.join(', ')} must be mapped to a column`)
  return mapping
}

/** The mapping's fields in the order of `specs`, each with its place in a row under this header. Throws BadImport. */
export function bindMapping(specs: FieldSpecs, mapping: Mapping, header: readonly string[]): Source[] {
  const sources: Source[] = []
  for (const [field, spec] of Object.entries(specs)) {
    const mapped = mapping.get(field)
    if (!mapped) continue
    sources.push(
      'value' in mapped
        ? { field, value: mapped.value }
        : { field, ...findColumns(mapped.column, spec, header) },
    )
  }
  return sources
}

/** A column may itself have a colon, or a plus, in its name, so the whole text is looked for first. */
function findColumns(column: string, spec: FieldSpec, header: readonly string[]): Columns {
  const units = unitsOf(spec)
  const colon = column.lastIndexOf(':')
  const whole = indexOf(column, header)
  if (whole !== null) return { indexes: [whole], unit: null }
  const indexes = joined(column, spec, header)
  if (indexes) return { indexes, unit: null }
  const named = colon < 0 ? '' : column.slice(0, colon)
  const index = colon < 0 ? null : indexOf(named, header)
  const found = index === null ? joined(named, spec, header) : [index]
  if (!found)
    throw new BadImport(
      `--map: the file has no column ${JSON.stringify(column)}; its columns are ${header.map(printable).join(', ')}`,
    )
  const unit = column.slice(colon + 1)
  if (units.includes(unit)) return { indexes: found, unit }
  const known = units.length > 0 ? `is none of ${units.join(', ')}` : 'is not for a column of text'
  throw new BadImport(`--map: the unit ${JSON.stringify(unit)} of ${JSON.stringify(column)} ${known}`)
}

/** A column's name as a terminal can show it: what is no text is a file of another kind. */
function printable(name: string): string {
  return /[\p{Cc}\ufffd]/u.test(name) ? shown(name) : name
}

/** A time in two columns or more: `Date+Time`. */
function joined(named: string, spec: FieldSpec, header: readonly string[]): number[] | null {
  if (spec.kind !== 'time' || !named.includes('+')) return null
  const found = named.split('+').map((one) => indexOf(one.trim(), header))
  return found.every((index) => index !== null) ? found : null
}

function indexOf(column: string, header: readonly string[]): number | null {
  const index = header.indexOf(column)
  if (index < 0) return null
  if (header.indexOf(column, index + 1) >= 0)
    throw new BadImport(`--map: the file has more than one column ${JSON.stringify(column)}`)
  return index
}

function entriesOf(text: string): string[] {
  let entries: string[][]
  try {
    entries = parseCsv(text, { trim: true, relax_quotes: true })
  } catch {
    throw new BadImport(`--map: ${JSON.stringify(text)} opens a quote and does not close it`)
  }
  return entries.flat().filter((entry) => entry !== '')
}
