/** A file read whole before anything of it enters: what is good in it, and what is bad. */

import type { Rejected } from '../events/rejection.ts'
import { type Fields, isBadRow, readFields } from './import-cells.ts'
import type { FieldSpecs } from './import-fields.ts'
import { bindMapping, type Mapping } from './import-mapping.ts'
import { BadImport, type BadRow, type ImportReport, newReport } from './import-report.ts'
import type { Row } from './import-rows.ts'
import type { TimeRules } from './import-time.ts'

export type Reading<S extends FieldSpecs> = {
  specs: S
  mapping: Mapping
  times: TimeRules
  /** What is wrong with a row whose cells could each be read, or null. */
  flaw: (fields: Fields<S> & { line: number }) => Rejected | null
  /** Told now and then how many rows have been read. */
  onRows?: (rows: number) => void
}

const TELL_EVERY = 1_000

/** Reads the rows of a file whose first row is its header. Throws BadImport for a file or a mapping that cannot be read. */
export async function readImport<S extends FieldSpecs>(
  rows: AsyncIterable<Row>,
  { specs, mapping, times, flaw, onRows }: Reading<S>,
): Promise<{ read: (Fields<S> & { line: number })[]; report: ImportReport }> {
  const report = newReport()
  const read: (Fields<S> & { line: number })[] = []
  let sources: ReturnType<typeof bindMapping> | null = null
  let columns = 0
  for await (const row of rows) {
    if (!sources) {
      sources = bindMapping(specs, mapping, row.cells)
      columns = row.cells.length
      continue
    }
    report.rows++
    const fields = readFields(specs, sources, row, columns, times)
    const line = { line: row.line }
    const bad = isBadRow(fields) ? fields : flaw({ ...fields, ...line })
    if (bad) report.bad.push({ ...line, ...bad.rejection } satisfies BadRow)
    else read.push({ ...(fields as Fields<S>), ...line })
    if (report.rows % TELL_EVERY === 0) onRows?.(report.rows)
  }
  if (!sources) throw new BadImport('the file is empty: its first row should name its columns')
  onRows?.(report.rows)
  report.good = read.length
  return { read, report }
}
