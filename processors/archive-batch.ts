/** The archive as it streams: records of the log become rows, rows become landing files. */
import type { ArchiveFiles, ArchiveRow } from '../events/archive.ts'
import { dayOf, landingName } from '../events/archive.ts'
import type { HotStore, Logger, Metrics } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { archiveRow } from './archive-row.ts'
import { openRecord } from './decode-record.ts'
import { lookUpWireless } from './wireless-claims.ts'

/** Rows as the bytes of a Parquet file. @throws BadArchiveRow before anything of a row that the file cannot hold is written */
export type LandingWriter = (rows: readonly ArchiveRow[]) => Promise<Uint8Array>

/** A row holds what its column cannot: our own bug, named by field, value and rule. */
export class BadArchiveRow extends Error {}

export type ArchivePorts = {
  files: ArchiveFiles
  write: LandingWriter
  /** Whose an uplink is. */
  store: Pick<HotStore, 'findAliases' | 'loadStates'>
  metrics: Metrics
  logger: Logger
}

/** Puts the records into landing files by day of arrival; durable when it resolves with the files' names. */
export async function archiveBatch(records: readonly LogRecord[], ports: ArchivePorts): Promise<string[]> {
  const opened = records.map(openRecord)
  const wireless = await lookUpWireless(opened, ports.store as HotStore)
  const days = new Map<string, { rows: ArchiveRow[]; first: LogRecord; last: LogRecord }>()
  for (const one of opened) {
    const { record } = one
    const row = archiveRow(one, (id) => wireless(id, record.received_at))
    const day = dayOf(record.received_at)
    const file = days.get(day)
    if (!file) days.set(day, { rows: [row], first: record, last: record })
    else {
      file.rows.push(row)
      file.last = record
    }
  }
  const names: string[] = []
  for (const { rows, first, last } of days.values()) {
    const name = landingName(first, last)
    await ports.files.put(name, await ports.write(rows))
    names.push(name)
  }
  ports.metrics.count('archived', records.length)
  return names
}
