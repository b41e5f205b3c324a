/** Questions to the archive in SQL. */

export type QueryAnswer = {
  columns: { name: string; type: string }[]
  /** Values as JSON has them; whole numbers beyond what a double holds, dates and times as text. */
  rows: unknown[][]
  /** There were more rows than the limit lets through. */
  truncated: boolean
}

export type ArchiveQuery = {
  /** @throws BadQuestion, QuestionTooBig, ArchiveMoved */
  ask(sql: string, parameters?: Record<string, string>): Promise<QueryAnswer>
}

/** The SQL is wrong, or wants what no question may; the message is for the person who wrote it. */
export class BadQuestion extends Error {}
/** It went beyond a limit of time, memory or size. */
export class QuestionTooBig extends Error {}
/** Nothing is wrong with it: files that it is about became others while it was asked. */
export class ArchiveMoved extends Error {}
