/** What a replay that writes has written, or would: as JSON and as text, the same for the same log. */
import { hashOf } from '../events/hash.ts'
import { dollarsOf } from './replay-cost.ts'
import { count } from './replay-report.ts'
import type { ReplayFigures } from './replay-write.ts'

export type WriteReport = {
  report: 'repair' | 'restream' | 'shadow'
  dry_run: boolean
  records: number
  duplicates: number
  events: number
  late: number
  quarantined: number
  rows: Record<string, number>
  /** On DynamoDB on demand and Kinesis; on a machine of one's own it costs nothing. */
  dollars_on_aws: number
  hash: string
}

export function writeReport(
  report: WriteReport['report'],
  dry_run: boolean,
  figures: ReplayFigures,
): WriteReport {
  const { records, duplicates, events, late, quarantined } = figures
  const rows = Object.fromEntries(Object.entries(figures.rows).sort(([a], [b]) => (a < b ? -1 : 1)))
  const dollars_on_aws = Math.round(dollarsOf(figures) * 1e6) / 1e6
  const told = { report, dry_run, records, duplicates, events, late, quarantined, rows, dollars_on_aws }
  return { ...told, hash: hashOf([JSON.stringify(told)]) }
}

/** `paid`: it is AWS that is written. */
export function writeLines(report: WriteReport, paid: boolean): string[] {
  const { dry_run, records, duplicates, events, late, quarantined, rows, dollars_on_aws } = report
  const tables = Object.entries(rows).map(([table, n]) => `${count(n)} ${table}`)
  const dollars = `$${dollars_on_aws.toFixed(6)}`
  const would = dry_run ? 'would write' : 'wrote'
  const processed =
    report.report === 'restream'
      ? []
      : [
          `${count(duplicates)} known, ${count(events)} new, ${count(late)} late, ${count(quarantined)} quarantined`,
        ]
  return [
    `${count(records)} records read`,
    ...processed,
    `${would} ${tables.length > 0 ? tables.join(', ') : 'nothing'}`,
    paid ? `about ${dollars} on AWS` : `nothing to pay on this machine; the same on AWS is about ${dollars}`,
    `report ${report.hash}`,
  ]
}
