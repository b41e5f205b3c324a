/** A payload that is taken apart comes together to the byte, here and in SQL, or is kept as it came. */
import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { type Duck, openDuck, parquetFiles } from '../../adapters/duckdb-open.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { type ArchiveRow, recordOfRow } from '../../events/archive.ts'
import { MARK, putTogether, takeApart, WHOLE } from '../../events/archive-payload.ts'
import { PAYLOAD_SQL } from '../../events/archive-payload-sql.ts'
import type { LogRecord } from '../../events/record.ts'
import { newFleet, runFleet } from '../../firmware-model/fleet.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { charger, everyKind, NOON, recordAt } from './archived-records.ts'
import { payloads } from './payload-texts.ts'
import '../steady-seed.ts'

const rowOf = (record: LogRecord) => archiveRow(openRecord(record), () => null)

let duck: Duck
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  duck = await openDuck()
  folder = await temporaryFolder()
})
afterAll(async () => {
  await duck.close()
  await folder.remove()
})

/** The payloads of the records as SQL sees them in a file, in their order. */
async function inSql(records: readonly LogRecord[]): Promise<(string | null)[]> {
  await writeFile(folder.file('rows.parquet'), await writeLanding(records.map(rowOf)))
  const rows = await duck.rows<{ payload: string | null }>(
    `SELECT ${PAYLOAD_SQL} AS payload FROM ${parquetFiles([folder.file('rows.parquet')])} ORDER BY log_offset`,
  )
  return rows.map(({ payload }) => payload)
}

describe('a payload in the archive', () => {
  it('comes back to the byte, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(payloads, fc.string({ unit: 'binary' }), fc.uint8Array()), (payload) => {
        const record = recordAt(1, NOON + 80, 'ev/evse/dev-1/telemetry', payload)
        expect(recordOfRow(rowOf(record))).toEqual(record)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the same text in SQL', async () => {
    const many = fc.sample(payloads, { numRuns: 1_500, seed: 7 })
    const records = many.map((payload, n) => recordAt(n, NOON + n, 'ev/evse/dev-1/telemetry', payload))
    expect(await inSql(records)).toEqual(records.map(({ payload }) => new TextDecoder().decode(payload)))
    expect(records.map(rowOf).filter(({ template }) => template !== null).length).toBeGreaterThan(1_000)
  })

  it('of every kind that the log holds is the same text in SQL, or none where the bytes are none', async () => {
    const text = (payload: Uint8Array) => {
      const decoded = new TextDecoder().decode(payload)
      return decoded.includes('\ufffd') ? null : decoded
    }
    expect(await inSql(everyKind())).toEqual(everyKind().map(({ payload }) => text(payload)))
  })

  it('shares its template with what else the device reports', () => {
    const fleet = newFleet({ seed: 3, chargers: 8, thermostats: 4, start_at: NOON, pace: 'brisk' })
    const rows = runFleet(fleet, NOON + 24 * 3_600_000).events.map(({ at, topic, payload }, n) =>
      rowOf(recordAt(n, at, topic, payload)),
    )
    const templates = new Set(rows.map(({ template }) => template))
    expect(rows.length).toBeGreaterThan(500)
    expect(templates.size).toBeLessThan(rows.length / 20)
    expect(rows.filter(({ payload }) => payload !== null).length).toBeLessThan(rows.length / 50)
  })
})

const row: ArchiveRow = rowOf(charger(1, NOON, { current_draw: 16, voltage_v: 240, location: 'garage' }))

test.each([
  ['{"current_draw":16}', { template: `{"current_draw":${MARK}h0}` }],
  [
    '{"current_draw":16.00,"voltage_v":240.0}',
    { template: `{"current_draw":${MARK}h2,"voltage_v":${MARK}i1}` },
  ],
  // Not what the column says: it is a number of its own.
  ['{"current_draw":17}', { template: `{"current_draw":${MARK}m0}`, v1: 17 }],
  ['{"soc":71.3,"n":-4}', { template: `{"soc":${MARK}m1,"n":${MARK}n0}`, v1: 713, v2: -4 }],
  [
    '{"event_id":"ed2ce9d800000018"}',
    { template: `{"event_id":"${MARK}mx${MARK}nx"}`, v1: 0xed2ce9d8, v2: 24 },
  ],
  ['{"at":"garage","location":"garage"}', { template: `{"at":"garage","location":"${MARK}d"}` }],
  // More numbers than there are slots: the last ones stay.
  [
    '{"a":[1,2,3,4,5,6,7]}',
    {
      v1: 1,
      v2: 2,
      v3: 3,
      v4: 4,
      v5: 5,
      v6: 6,
      template: `{"a":[${[...'mnopqs'].map((at) => `${MARK}${at}0`).join()},7]}`,
    },
  ],
])('%s is taken apart', (text, parts) => {
  const apart = takeApart(text, row)
  expect(apart).toEqual({ ...WHOLE, ...parts })
  expect(putTogether(apart ?? WHOLE, row)).toBe(text)
})

const long = `{"long":"${'x'.repeat(9_000)}"}`

test.each(['no object', `{"mark":"${MARK}"}`, long])('%s is kept as it came', (text) => {
  expect(takeApart(text, row)).toBeNull()
})
