/** What writing costs: rows by table, and dollars where it is DynamoDB on demand or Kinesis that is written. */
import type { BatchWrite, Put } from '../events/ports.ts'
import type { NewRecord } from '../events/record.ts'

/** us-east-1, November 2026. */
const DOLLARS_A_WRITE_UNIT = 0.625 / 1e6
const DOLLARS_A_PUT_UNIT = 0.014 / 1e6
const WRITE_UNIT_BYTES = 1024
const PUT_UNIT_BYTES = 25 * 1024
/** What the stream's envelope adds, beside base64. */
const ENVELOPE_BYTES = 160

/** An item is written once, and once more for each index that it is in. */
const COPIES: Record<Put['table'], number> = {
  events: 2,
  summaries: 4,
  aliases: 1,
  identities: 1,
  checkpoints: 1,
  config: 1,
}
const STATE_COPIES = 2

export type WriteFigures = {
  /** Rows by table, `records` for what goes on a log. */
  rows: Record<string, number>
  write_units: number
  put_units: number
}

export function noFigures(): WriteFigures {
  return { rows: {}, write_units: 0, put_units: 0 }
}

export function rowsOf({ rows }: WriteFigures): number {
  return Object.values(rows).reduce((sum, n) => sum + n, 0)
}

export function dollarsOf({ write_units, put_units }: WriteFigures): number {
  return write_units * DOLLARS_A_WRITE_UNIT + put_units * DOLLARS_A_PUT_UNIT
}

export function addBatch(figures: WriteFigures, { devices, quarantined }: BatchWrite): void {
  for (const { puts, state } of devices) {
    for (const { table, item } of puts) add(figures, table, item, COPIES[table])
    add(figures, 'states', state, STATE_COPIES)
  }
  for (const item of quarantined) add(figures, 'quarantine', item, 2)
}

export function addRecord(figures: WriteFigures, { payload, topic }: NewRecord): void {
  figures.rows.records = (figures.rows.records ?? 0) + 1
  const bytes = Math.ceil(payload.byteLength / 3) * 4 + topic.length + ENVELOPE_BYTES
  figures.put_units += Math.ceil(bytes / PUT_UNIT_BYTES)
}

function add(figures: WriteFigures, table: string, item: object, copies: number): void {
  figures.rows[table] = (figures.rows[table] ?? 0) + 1
  figures.write_units += Math.ceil(JSON.stringify(item).length / WRITE_UNIT_BYTES) * copies
}
