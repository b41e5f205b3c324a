/** What an import says: of a row that did not enter, and of the whole. */
import type { Rejection } from '../events/event.ts'

/** A row nothing of which entered. `line` is the file's, from 1, where the row begins; the header is one too. */
export type BadRow = Rejection & { line: number }

/** What became of the rows of a file. They add up: rows = good + repeated + unchanged + bad. */
export type ImportReport = {
  rows: number
  /** Rows whose events entered, or, before anything has, that may. */
  good: number
  /** Rows that say what a row before them said. */
  repeated: number
  /** Configurations that are in force as they stand. */
  unchanged: number
  /** In the file's order. */
  bad: BadRow[]
}

/** The call, the mapping or the whole file is wrong: nothing has entered. The message is one line for a person. */
export class BadImport extends Error {}

export function newReport(): ImportReport {
  return { rows: 0, good: 0, repeated: 0, unchanged: 0, bad: [] }
}

/** The report with rows that had counted as good and were found bad later. */
export function withBad(report: ImportReport, bad: readonly BadRow[]): ImportReport {
  const all = [...report.bad, ...bad].sort((a, b) => a.line - b.line)
  return { ...report, good: report.good - bad.length, bad: all }
}
