/** The audit's side of the archive: what it holds of each device within a stretch of the log. */
import type { ArchiveFiles, ArchiveRow } from '../events/archive.ts'
import { dayOf, LANDING } from '../events/archive.ts'
import { comparePlaces, type LogPlace } from '../events/archive-position.ts'
import type { LogRecord } from '../events/record.ts'
import { archiveRow } from '../processors/archive-row.ts'
import { openRecord } from '../processors/decode-record.ts'
import type { AuditEngine, AuditSession } from '../workflows/audit-night.ts'
import { filesOfDays } from './archive-files.ts'
import { NO_ROWS, RECORD_SELECT } from './duckdb-columns.ts'
import { type HeldRow, identityOfHeld } from './duckdb-copies.ts'
import { type Duck, type DuckOptions, openDuck, sqlText } from './duckdb-open.ts'
import { PLACE, placedWhereOlder } from './duckdb-places.ts'

type Tally = { rows: number; offsets: bigint; ticks: bigint }

/** Both ends included. Of one shard segments are of one length, and sort as they follow each other. */
type Span = { from: LogPlace; to: LogPlace }

export function duckdbAudit(files: ArchiveFiles, options: DuckOptions = {}): AuditEngine {
  return { begin: () => begin(files, options) }
}

async function begin(files: ArchiveFiles, options: DuckOptions): Promise<AuditSession> {
  const tallies = new Map<string | null, Tally>()
  const spans = new Map<string, Span>()
  const days = new Set<string>()
  let duck: Duck | null = null

  function note(records: readonly LogRecord[]): void {
    for (const record of records) {
      const { device_id, log_segment, log_offset, log_tick, event_time } = rowOf(record)
      const tally = tallies.get(device_id) ?? { rows: 0, offsets: 0n, ticks: 0n }
      tally.rows++
      tally.offsets += BigInt(log_offset)
      tally.ticks += BigInt(log_tick)
      tallies.set(device_id, tally)
      const [, shard = ''] = log_segment.split('.')
      const place = { log_segment, log_offset, log_tick }
      const span = spans.get(shard)
      spans.set(shard, { from: earlier(span?.from ?? place, place), to: later(span?.to ?? place, place) })
      days.add(dayOf(event_time))
    }
  }

  async function openArchive(): Promise<Duck> {
    if (duck) return duck
    duck = await openDuck(options)
    const names = await namesOf(files, days)
    const paths = await files.bring(names, duck.scratch)
    const rows = paths.length > 0 ? `* FROM ${await placedWhereOlder(duck, paths)}` : NO_ROWS
    await duck.run(`CREATE TEMP VIEW archived AS SELECT ${rows}`)
    return duck
  }

  return {
    note,
    agrees: async () => {
      if (spans.size === 0) return true
      const archive = await openArchive()
      const held = await archive.rows<HeldTally>(`
        SELECT device_id, count(*) AS rows, sum(log_offset)::VARCHAR AS offsets, sum(log_tick)::VARCHAR AS ticks FROM
          (SELECT DISTINCT device_id, ${PLACE} FROM archived WHERE ${[...spans].map(within).join(' OR ')})
        GROUP BY device_id`)
      return (
        held.length === tallies.size &&
        held.every(({ device_id, rows, offsets, ticks }) => {
          const tally = tallies.get(device_id)
          return tally?.rows === rows && tally.offsets === BigInt(offsets) && tally.ticks === BigInt(ticks)
        })
      )
    },
    missing: async (records) => missing(await openArchive(), records.map(rowOf)),
    close: async () => {
      await duck?.close()
    },
  }
}

type HeldTally = { device_id: string | null; rows: number; offsets: string; ticks: string }

const earlier = (a: LogPlace, b: LogPlace) => (comparePlaces(b, a) < 0 ? b : a)
const later = (a: LogPlace, b: LogPlace) => (comparePlaces(a, b) < 0 ? b : a)

function within([shard, { from, to }]: [string, Span]): string {
  return `(split_part(log_segment, '.', 2) = ${sqlText(shard)} AND ${beyond('>', from)} AND ${beyond('<', to)})`
}

/** Behind a place or in front of it, the place itself included. */
function beyond(sign: '<' | '>', { log_segment, log_offset, log_tick }: LogPlace): string {
  const segment = sqlText(log_segment)
  const behind = `log_offset ${sign} ${log_offset} OR (log_offset = ${log_offset} AND log_tick ${sign}= ${log_tick})`
  return `(log_segment ${sign} ${segment} OR (log_segment = ${segment} AND (${behind})))`
}

/** Compacted files of the days, and what waits for a night that was not well. */
async function namesOf(files: ArchiveFiles, days: ReadonlySet<string>): Promise<string[]> {
  const landing = await files.list(LANDING)
  return [...(await filesOfDays(files, days)), ...landing.map(({ name }) => name)]
}

/** Rows whose position the archive does not have, but for copies of what it has. */
async function missing(duck: Duck, rows: ArchiveRow[]): Promise<{ device_id: string | null }[]> {
  await duck.run(
    'CREATE OR REPLACE TEMP TABLE shown (nth INTEGER, log_segment VARCHAR, log_offset BIGINT, log_tick BIGINT, device_id VARCHAR, reported_timestamp BIGINT)',
  )
  for (let from = 0; from < rows.length; from += 2_000) {
    const values = rows
      .slice(from, from + 2_000)
      .map(
        ({ log_segment, log_offset, log_tick, device_id, reported_timestamp }, n) =>
          `(${from + n}, ${sqlText(log_segment)}, ${log_offset}, ${log_tick}, ${device_id === null ? 'NULL' : sqlText(device_id)}, ${reported_timestamp ?? 'NULL'})`,
      )
    await duck.run(`INSERT INTO shown VALUES ${values.join(', ')}`)
  }
  const absent = await duck.rows<{ nth: number }>(`SELECT nth FROM shown ANTI JOIN archived USING (${PLACE})`)
  if (absent.length === 0) return []
  const twins = await duck.rows<HeldRow>(`
    SELECT ${RECORD_SELECT} FROM archived a
    SEMI JOIN (SELECT * FROM shown ANTI JOIN archived USING (${PLACE})) s
      ON s.device_id = a.device_id AND s.reported_timestamp = a.reported_timestamp`)
  const known = new Set(twins.map(identityOfHeld))
  return absent.map(({ nth }) => rows[nth] as ArchiveRow).filter(({ identity }) => !known.has(identity))
}

function rowOf(record: LogRecord): ArchiveRow {
  return archiveRow(openRecord(record), () => null)
}
