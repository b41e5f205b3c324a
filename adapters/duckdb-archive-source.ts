/** The archive as an ordered source of records: what a replay reads. */
import type { DuckDBBlobValue } from '@duckdb/node-api'
import {
  type ArchiveFiles,
  type ArchiveSource,
  DAY_MS,
  dayOf,
  dayPath,
  joinPosition,
  LANDING,
} from '../events/archive.ts'
import { mayHold, readPlace } from '../events/archive-places.ts'
import type { LogRecord, RecordSource } from '../events/record.ts'
import { type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'

/** Days up to which each day's folder is listed, rather than the whole archive. */
const DAYS_LISTED = 62

/** Records by event time in the range, in the order of the log: compacted ones, and those that still wait for a night. */
export function duckdbArchiveSource(files: ArchiveFiles, options: DuckOptions = {}): ArchiveSource {
  return {
    records: async function* ({ from, to, device_id }) {
      const names = await namesIn(files, { from, to, device_id })
      if (names.length === 0) return
      const duck = await openDuck(options)
      try {
        const paths = await files.bring(names, duck.scratch)
        let last = ''
        for await (const rows of duck.stream(recordsSql(paths, { from, to, device_id }))) {
          for (const row of rows) {
            const record = recordOf(row)
            // A batch that was delivered twice landed twice, perhaps.
            if (record.position === last) continue
            last = record.position
            yield record
          }
        }
      } finally {
        await duck.close()
      }
    },
  }
}

type Range = { from: number; to: number; device_id: string | undefined }

async function namesIn(files: ArchiveFiles, { from, to, device_id }: Range): Promise<string[]> {
  const inRange = ({ name }: { name: string }) => {
    const place = readPlace(name)
    if (!place) return false
    const within = place.day >= dayOf(from) && place.day <= dayOf(Math.max(from, to - 1))
    return within && (device_id === undefined || mayHold(place.part, device_id))
  }
  const listed = await Promise.all(prefixes(from, to).map((prefix) => files.list(prefix)))
  const landing = await files.list(LANDING)
  return [...listed.flat().filter(inRange), ...landing].map(({ name }) => name)
}

function prefixes(from: number, to: number): string[] {
  const first = Math.floor(from / DAY_MS)
  const days = Math.ceil(to / DAY_MS) - first
  if (days > DAYS_LISTED) return ['']
  const each = Array.from({ length: Math.max(0, days) }, (_, n) => dayOf((first + n) * DAY_MS))
  return each.flatMap((day) => {
    const [year, month, date] = day.split('-')
    return [`${dayPath(day)}/`, `telemetry/year=${year}/month=${month}/day=${date}/`]
  })
}

/** Bytes come as bytes: text that is decoded here would only be encoded again. */
function recordsSql(paths: string[], { from, to, device_id }: Range): string {
  const device = device_id === undefined ? '' : `AND device_id = ${sqlText(device_id)}`
  return `
    SELECT log_segment, log_offset::DOUBLE, epoch_ms(received_at)::DOUBLE, source, topic, verdict,
      CASE WHEN payload IS NULL THEN from_base64(payload_base64) ELSE encode(payload) END
    FROM ${parquetFiles(paths)}
    WHERE event_time >= make_timestamp_ms(${from}) AND event_time < make_timestamp_ms(${to}) ${device}
    ORDER BY log_segment, log_offset`
}

function recordOf(row: unknown[]): LogRecord {
  const [log_segment, log_offset, received_at, source, topic, verdict, payload] = row
  return {
    position: joinPosition({ log_segment: log_segment as string, log_offset: log_offset as number }),
    received_at: received_at as number,
    source: source as RecordSource,
    topic: topic as string,
    verdict: verdict as string,
    payload: new Uint8Array((payload as DuckDBBlobValue).bytes),
  }
}
