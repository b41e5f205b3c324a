/** The archive as an ordered source of records: what a replay reads. */
import {
  type ArchivedRecord,
  type ArchiveFiles,
  type ArchiveSource,
  LANDING,
  recordOfRow,
} from '../events/archive.ts'
import { READING_PLACES, SLOTS, TEXT_PLACES } from '../events/archive-payload.ts'
import type { LogRecord } from '../events/record.ts'
import { filesOfRange } from './archive-files.ts'
import { type Duck, type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'
import { fewValued, typesOf } from './duckdb-short-texts.ts'

/** Records by event time in the range, in the order of the log: compacted ones, and those that still wait for a night. */
export function duckdbArchiveSource(files: ArchiveFiles, options: DuckOptions = {}): ArchiveSource {
  return {
    records: async function* ({ from, to, device_id }) {
      const range = { from, to, ...(device_id !== undefined && { device_id }) }
      const landing = await files.list(LANDING)
      const names = [...(await filesOfRange(files, range)), ...landing.map(({ name }) => name)]
      if (names.length === 0) return
      const duck = await openDuck(options)
      try {
        const paths = await files.bring(names, duck.scratch)
        let last = ''
        for await (const record of recordsOf(duck, rangeOf(paths, { from, to, device_id }))) {
          // A batch that was delivered twice landed twice, perhaps.
          if (record.position !== last) yield record
          last = record.position
        }
      } finally {
        await duck.close()
      }
    },
  }
}

type Range = { from: number; to: number; device_id: string | undefined }

/** Rows of the range, as a source of a SELECT. */
function rangeOf(paths: string[], { from, to, device_id }: Range): string {
  const device = device_id === undefined ? '' : `AND device_id = ${sqlText(device_id)}`
  return `(SELECT * FROM ${parquetFiles(paths)}
    WHERE event_time >= make_timestamp_ms(${from}) AND event_time < make_timestamp_ms(${to}) ${device})`
}

const NUMBERS = [
  'log_offset',
  'reported_timestamp',
  ...Object.values(READING_PLACES),
  ...SLOTS,
] as const satisfies (keyof ArchivedRecord)[]
const TEXTS = [
  'log_segment',
  'source',
  'topic',
  'verdict',
  'template',
  ...Object.values(TEXT_PLACES),
] as const
const MOST_KEPT = 50_000

/**
 * Records in the order of the log. Texts that repeat come as numbers and are looked up in a list: to make a text of
 * bytes costs more than all else of a row.
 */
async function* recordsOf(duck: Duck, rows: string): AsyncIterable<LogRecord> {
  const few = new Set(await fewValued(duck, rows, TEXTS, MOST_KEPT))
  await typesOf(duck, rows, [...few])
  const lists = new Map<string, string[]>()
  for (const name of few) lists.set(name, await valuesOf(duck, name))
  const texts = TEXTS.map((name) => (few.has(name) ? `enum_code(${name}::few_${name})::INTEGER` : name))
  const sorted = `SELECT ${[...texts, ...NUMBERS.map((name) => `${name}::DOUBLE`)].join(', ')},
    epoch_ms(received_at)::DOUBLE, payload, payload_base64 FROM ${rows} ORDER BY log_segment, log_offset`
  for await (const columns of duck.columns(sorted)) {
    const row = {} as ArchivedRecord
    const set = row as unknown as Record<string, unknown>
    const names = [...TEXTS, ...NUMBERS, 'received_at', 'payload', 'payload_base64']
    const of = names.map((name, n) => ({ name, list: lists.get(name), values: columns[n] as unknown[] }))
    for (let nth = 0; nth < (columns[0]?.length ?? 0); nth++) {
      for (const { name, list, values } of of) {
        const value = values[nth]
        set[name] = list && value !== null ? list[value as number] : value
      }
      yield recordOfRow(row)
    }
  }
}

async function valuesOf(duck: Duck, name: string): Promise<string[]> {
  const rows = await duck.rows<{ value: string }>(
    `SELECT unnest(enum_range(NULL::few_${name}))::VARCHAR AS value`,
  )
  return rows.map(({ value }) => value)
}
