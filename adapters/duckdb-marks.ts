/** Registers and power out of compacted files, as marks. */
import { type EnergyMark, MARK_MS } from '../energy/energy-marks.ts'
import { type ArchiveFiles, arrivalDay, LANDING } from '../events/archive.ts'
import type { MarkRange, MarkSource } from '../workflows/aggregate-night.ts'
import { filesOfDevices, filesOfRange } from './archive-files.ts'
import { type DuckOptions, openDuck, parquetFiles, sqlText } from './duckdb-open.ts'

export function duckdbMarks(files: ArchiveFiles, options: DuckOptions = {}): MarkSource {
  return {
    marks: async function* (range) {
      const found = (await filesOfRange(files, range)).filter((name) => !OF_STATIONS.test(name))
      const names = range.device_ids ? filesOfDevices(found, range.device_ids) : found
      // What has come in since: the first reading behind the day says what flowed up to its end.
      for (const { name } of await files.list(LANDING))
        if (arrivalDay(name) > (range.landed_after ?? '')) names.push(name)
      if (names.length === 0) return
      const duck = await openDuck(options)
      try {
        let device: string | null = null
        let marks: EnergyMark[] = []
        for await (const rows of duck.stream(marksSql(await files.bring(names, duck.scratch), range))) {
          for (const [
            device_id,
            first_at,
            last_at,
            first_kwh,
            last_kwh,
            peak_kw,
            peak_a,
          ] of rows as MarkRow[]) {
            if (device !== device_id) {
              if (device !== null) yield { device_id: device, marks }
              device = device_id
              marks = []
            }
            marks.push({ first_at, last_at, first_kwh, last_kwh, peak_kw, peak_a })
          }
        }
        if (device !== null) yield { device_id: device, marks }
      } finally {
        await duck.close()
      }
    },
  }
}

/** They have no sessions whose energy could be split. */
const OF_STATIONS = /^(?:months\/)?telemetry\//

type MarkRow = [string, number, number, number | null, number | null, number | null, number | null]

/** The same as `marksOf` makes of readings. */
function marksSql(paths: string[], { from, to, device_ids }: MarkRange): string {
  const own = device_ids ? ` AND device_id IN (${device_ids.map(sqlText).join(', ')})` : ''
  return `
    SELECT device_id, coalesce(min(ms) FILTER (WHERE kwh IS NOT NULL), min(ms))::DOUBLE,
      coalesce(max(ms) FILTER (WHERE kwh IS NOT NULL), min(ms))::DOUBLE,
      arg_min(kwh, ms), arg_max(kwh, ms), max(kw), max(current_a)
    FROM (
      SELECT device_id, epoch_ms(event_time) AS ms, energy_delivered_kwh::DOUBLE AS kwh,
        -- Only where it is asked for: to read a number from its text is much of the work.
        CASE WHEN power_kw IS NOT NULL THEN power_kw::DOUBLE
          WHEN voltage_v IS NOT NULL THEN current_draw::DOUBLE * voltage_v::DOUBLE / 1000 END AS kw,
        CASE WHEN power_kw IS NULL AND voltage_v IS NULL THEN current_draw::DOUBLE END AS current_a
      FROM ${parquetFiles(paths)}
      WHERE (energy_delivered_kwh IS NOT NULL OR power_kw IS NOT NULL OR current_draw IS NOT NULL) AND device_id IS NOT NULL
        AND event_time >= make_timestamp_ms(${from}) AND event_time < make_timestamp_ms(${to})${own})
    GROUP BY device_id, ms // ${MARK_MS} ORDER BY device_id, ms // ${MARK_MS}`
}
