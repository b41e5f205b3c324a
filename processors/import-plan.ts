/** A file read whole before anything of it enters: what is good in it, and what is bad. */

import { isRejected, type Rejected } from '../events/rejection.ts'
import { type Fields, readFields } from './import-cells.ts'
import type { FieldSpecs } from './import-fields.ts'
import { bindMapping, type Mapping, type Source } from './import-mapping.ts'
import { BadImport, type ImportReport, newReport } from './import-report.ts'
import type { Row } from './import-rows.ts'
import type { TimeRules } from './import-time.ts'

export type Reading<S extends FieldSpecs, R> = {
  specs: S
  mapping: Mapping
  times: TimeRules
  /** What a row comes to whose cells could each be read, or what is wrong with it. */
  judge: (fields: Fields<S> & { line: number }) => R | Rejected
  /** Told now and then how many rows have been read. */
  onRows?: ((rows: number) => void) | undefined
}

const TELL_EVERY = 1_000

/** Reads the rows of a file whose first row is its header. Throws BadImport for a file or a mapping that cannot be read. */
export async function readImport<S extends FieldSpecs, R extends object>(
  rows: AsyncIterable<Row>,
  { specs, mapping, times, judge, onRows }: Reading<S, R>,
): Promise<{ read: R[]; report: ImportReport }> {
  const report = newReport()
  const read: R[] = []
  let header: { sources: Source[]; columns: number } | null = null
  for await (const row of rows) {
    if (!header) {
      header = { sources: bindMapping(specs, mapping, row.cells), columns: row.cells.length }
      continue
    }
    report.rows++
    const { line } = row
    const fields = readFields(specs, header.sources, row, header.columns, times)
    const outcome = isRejected(fields) ? fields : judge({ ...fields, line })
    if (isRejected(outcome)) report.bad.push({ line, ...outcome.rejection })
    else read.push(outcome)
    if (report.rows % TELL_EVERY === 0) onRows?.(report.rows)
  }
  if (!header) throw new BadImport('the file is empty: its first row should name its columns')
  onRows?.(report.rows)
  report.good = read.length
  return { read, report }
}
