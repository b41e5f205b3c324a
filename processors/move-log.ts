/** Moving to another home: the log of one, put record by record on the log of the other, as it came in and when it came in. */
import type { EventLog } from '../events/ports.ts'

export type MoveReport = {
  records: number
  /** Of the payloads. */
  bytes: number
  /** When the first and the last of them came in, epoch ms; null where there was none. */
  first_received_at: number | null
  last_received_at: number | null
  /** Of the last one; where the next move goes on. */
  position: string
}

export type MovePorts = {
  read: EventLog['read']
  append: EventLog['append']
  /** All up to this position is durable in the other log. */
  keep(position: string): Promise<void>
  /** Hears of each step how many records it had. */
  onRecords(records: number): void
}

/** Records of one step: what is put again where a move is broken off, at most. */
const STEP = 500

/**
 * Moves what comes after `from` ('' is the beginning), up to and with `to`. Whatever the two homes do with it, they do to
 * the same records in the same order of each device: the time of receipt, the source and the verdict travel with them.
 * Rejects where the other log takes no more; what `keep` heard last is then where to go on.
 */
export async function moveLog(range: { from: string; to: string }, ports: MovePorts): Promise<MoveReport> {
  const report: MoveReport = {
    records: 0,
    bytes: 0,
    first_received_at: null,
    last_received_at: null,
    position: range.from,
  }
  while (report.position < range.to) {
    const read = await ports.read(report.position, STEP)
    const records = read.filter(({ position }) => position <= range.to)
    const last = records.at(-1)
    if (!last) break
    await ports.append(records)
    report.records += records.length
    report.first_received_at ??= records[0]?.received_at ?? null
    report.last_received_at = last.received_at
    for (const { payload } of records) report.bytes += payload.byteLength
    report.position = last.position
    await ports.keep(last.position)
    ports.onRecords(records.length)
  }
  return report
}
