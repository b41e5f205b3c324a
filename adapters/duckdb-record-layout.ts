/** How rows of the archive come out of DuckDB to become records: what repeats as a number, what is nowhere not at all. */
import { PAYLOAD_NUMBERS } from '../events/archive-bytes.ts'
import { RECORD_TEXTS, type RecordLayout, type RecordText } from './archive-records.ts'
import type { Duck } from './duckdb-open.ts'
import { typesOf } from './duckdb-short-texts.ts'

/** Values of a text that are kept here: with more of them a text comes as it is. */
const MOST_KEPT = 50_000
/** Of long ones so many: a device that writes something else each time has a template a message, of thousands of bytes. */
const MOST_LONG = 2_000
const LONG_BYTES = 512
/** Texts of which there may be many. */
const MANY = [
  'log_segment',
  'topic',
  'template',
  'device_id',
  'location',
  'session_id',
] as const satisfies RecordText[]

/**
 * Texts that repeat come as numbers and are looked up in a list: to make a text of bytes costs more than all else of a
 * row. Columns that have nothing do not come. `bytes`: of payloads and templates that come as they are.
 */
export async function layoutOf(duck: Duck, rows: string): Promise<RecordLayout & { bytes: number }> {
  // All in one look: many small files cost more to open than to read.
  const figures = [
    'count(*) - count(template) AS whole',
    'count(nullif(log_tick, 0)) AS ticks',
    'sum(strlen(coalesce(payload, payload_base64)))::DOUBLE AS whole_bytes',
    'sum(strlen(template))::DOUBLE AS template_bytes',
    ...PAYLOAD_NUMBERS.map((name) => `count(${name}) AS ${name}`),
    ...MANY.flatMap((name) => [
      `approx_count_distinct(${name}) AS ${name}`,
      `approx_count_distinct(CASE WHEN strlen(${name}) > ${LONG_BYTES} THEN ${name} END) AS long_${name}`,
    ]),
  ]
  const [has = {}] = await duck.rows<Record<string, number>>(`SELECT ${figures.join(', ')} FROM ${rows}`)
  const isMany = (name: string) => (has[name] ?? 0) >= MOST_KEPT || (has[`long_${name}`] ?? 0) >= MOST_LONG
  const many: ReadonlySet<string> = new Set(MANY.filter(isMany))
  const few = RECORD_TEXTS.filter((name) => !many.has(name))
  await typesOf(duck, rows, few)
  const lists = new Map<RecordText, string[]>()
  for (const name of few) lists.set(name, await valuesOf(duck, name))
  return {
    few: lists,
    numbers: PAYLOAD_NUMBERS.filter((name) => (has[name] ?? 0) > 0),
    whole: (has.whole ?? 0) > 0,
    ticks: (has.ticks ?? 0) > 0,
    bytes: (has.whole_bytes ?? 0) + (many.has('template') ? (has.template_bytes ?? 0) : 0),
  }
}

async function valuesOf(duck: Duck, name: string): Promise<string[]> {
  const rows = await duck.rows<{ value: string }>(
    `SELECT unnest(enum_range(NULL::few_${name}))::VARCHAR AS value`,
  )
  return rows.map(({ value }) => value)
}
