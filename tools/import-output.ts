/** What `npm run import` shows: progress on a terminal, the bad rows, and a summary. */
import { describeRejection } from '../events/event.ts'
import type { ClockOffset } from '../processors/import-clock.ts'
import type { BadRow, ImportReport } from '../processors/import-report.ts'
import type { Processed } from './import-target.ts'
import { count, createLiveLine, type Terminal } from './live-line.ts'

/** Where text goes. `tty` is a terminal that progress may be drawn on, or null. */
export type ImportStreams = { out: (text: string) => void; err: (text: string) => void; tty: Terminal | null }

export type Progress = {
  /** What is being done, and how much of it is done; what is done in a second follows from the calls. */
  tell(doing: string, done: number): void
  end(): void
}

const REDRAW_MS = 200

/** Quiet without a terminal. */
export function createProgress(tty: Terminal | null, monotonic_ms: () => number): Progress {
  if (!tty) return { tell: () => {}, end: () => {} }
  const line = createLiveLine(tty)
  let current = { doing: '', since_ms: 0, drawn_ms: 0 }
  return {
    tell: (doing, done) => {
      const now = monotonic_ms()
      if (doing !== current.doing) current = { doing, since_ms: now, drawn_ms: 0 }
      if (now - current.drawn_ms < REDRAW_MS) return
      current.drawn_ms = now
      const elapsed_s = (now - current.since_ms) / 1000
      const rate = elapsed_s > 0 ? `, ${count(done / elapsed_s)}/s` : ''
      line.draw(`${doing} ${count(done)}${rate}`)
    },
    end: () => line.end(),
  }
}

export function formatBadRow(row: BadRow): string {
  return `line ${row.line}: ${describeRejection(row)}`
}

/** The closing lines. */
export function formatSummary(
  report: ImportReport,
  of: { noun: string; dry_run: boolean; processed: Processed | null },
): string[] {
  const { rows, good, repeated, unchanged, bad } = report
  const counts = [
    counted(rows, 'row'),
    `${counted(good, of.noun)} ${becameOfRows(of)}`,
    ...(repeated > 0 ? [`${count(repeated)} repeated`] : []),
    ...(unchanged > 0 ? [`${count(unchanged)} unchanged`] : []),
    `${count(bad.length)} bad`,
  ]
  const lines = [counts.join(', ')]
  if (of.dry_run) lines.push('a dry run: nothing was written')
  else if (of.processed) lines.push(...formatProcessed(of.processed))
  else lines.push('the server has them all on its log, and processes them')
  return lines
}

/** A file that is imported again is on the log again, and nothing of it counts. */
function becameOfRows(of: { dry_run: boolean; processed: Processed | null }): string {
  if (of.dry_run) return 'would enter'
  return of.processed && of.processed.duplicates > 0 && isNothingNew(of.processed)
    ? 'known already'
    : 'entered'
}

function isNothingNew({ events, quarantined }: Processed): boolean {
  return events + quarantined === 0
}

/** Below this two recordings are not of one charge. */
const ALIKE = 0.9
/** Clocks are read to the second, and a second more. */
const ON_TIME_S = 2

/** What comparing two clocks has come to. */
export function formatClock(offset: ClockOffset | null, beside: string): string {
  if (!offset || offset.agreement < ALIKE)
    return `its readings are nowhere like those of ${beside}: nothing can be said of its clock`
  const { shift_s, agreement, seconds } = offset
  const said = `the two agree best so: ${agreement.toFixed(3)} over ${count(seconds)} s`
  if (Math.abs(shift_s) <= ON_TIME_S) return `its clock and that of ${beside} are alike (${said})`
  const where = shift_s > 0 ? 'behind' : 'ahead of'
  return `its clock is ${count(Math.abs(shift_s))} s ${where} that of ${beside} (${said}); nothing is corrected`
}

function formatProcessed(processed: Processed): string[] {
  const { events, duplicates, late, quarantined } = processed
  if (isNothingNew(processed))
    return [`nothing is new${duplicates > 0 ? `: ${counted(duplicates, 'event')} known` : ''}`]
  const lines = [`${counted(events, 'event')} new, ${count(duplicates)} known`]
  if (late > 0)
    lines.push(`${counted(late, 'event')} older than what the device had told before: kept, and marked late`)
  if (quarantined > 0) lines.push(`${counted(quarantined, 'record')} quarantined: see GET /v1/quarantine`)
  return lines
}

/** `1 row`, `2 rows`. */
export function counted(many: number, noun: string): string {
  return `${count(many)} ${noun}${many === 1 ? '' : 's'}`
}
