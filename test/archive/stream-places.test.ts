/** Records that one column alone tells apart: they are two, wherever records are told apart. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { duckdbAudit } from '../../adapters/duckdb-audit.ts'
import { DAY_MS } from '../../events/archive.ts'
import { splitPosition } from '../../events/archive-position.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, NOON, recordAt } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'
import { onStream } from './stream-records.ts'

const DAY = '2026-11-20'
const now = () => NOON + DAY_MS

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const refused = (at: number) => recordAt(1, at, 'ev/evse/dev-1/telemetry', 'no JSON at all')
/** Two with one counter, two with one clock, of a device, and two that nobody can read. */
const twins = (): LogRecord[] => [
  onStream(charger(1, NOON), 7, 0, NOON),
  onStream(charger(2, NOON + 1), 7, 0, NOON + 1_000),
  onStream(charger(3, NOON + 2), 8, 0, NOON + 1_000),
  onStream(refused(NOON + 3), 9, 0, NOON + 2_000),
  onStream(refused(NOON + 3), 9, 0, NOON + 3_000),
]

/** What the audit says of the log, shown all of it. */
async function audited(log: LogRecord[]): Promise<{ agrees: boolean; missing: number }> {
  const session = await duckdbAudit(home.files).begin()
  session.note(log)
  const agrees = await session.agrees()
  const missing = (await session.missing(log)).length
  await session.close()
  return { agrees, missing }
}

describe('records that differ in their clocks alone', () => {
  it('are told apart by their ticks', () => {
    const [a, b] = twins().map(({ position }) => splitPosition(position))
    expect([a?.log_segment, a?.log_offset]).toEqual([b?.log_segment, b?.log_offset])
    expect(a?.log_tick).not.toBe(b?.log_tick)
  })

  it.each([[undefined], [2]])(
    'are two after the night, in the order of the stream; a batch of %s',
    async (batch_rows) => {
      const log = twins()
      await home.land(log)
      expect(await home.archived()).toEqual(log)
      const done = await home.night(DAY, { now, ...(batch_rows && { batch_rows }) })
      expect(done).toMatchObject({ well: true, rows: 5, copies: 0 })
      expect(await home.archived()).toEqual(log)
      expect(await audited(log)).toEqual({ agrees: true, missing: 0 })
    },
  )

  it('are copies when they are delivered again, and one that comes later is not', async () => {
    const log = twins()
    const [first, second, ...others] = log as [LogRecord, LogRecord, LogRecord]
    await home.land([first, ...others])
    await home.land(others)
    expect(await home.night(DAY, { now })).toMatchObject({ well: true, copies: 3 })
    expect(await audited(log)).toEqual({ agrees: false, missing: 1 })
    await home.land([first, second, ...others])
    expect(await home.night('2026-11-21', { now: () => NOON + 2 * DAY_MS })).toMatchObject({
      well: true,
      copies: 4,
    })
    expect(await home.archived()).toEqual(log)
  })

  it('make the audit feel which of them is there', async () => {
    const [first, second] = twins() as [LogRecord, LogRecord]
    await home.land([first, onStream(charger(2, NOON + 1), 7, 0, NOON + 5_000)])
    await home.night(DAY, { now })
    // As many of the device, and the same offsets.
    expect(await audited([first, second])).toEqual({ agrees: false, missing: 0 })
    await home.land([onStream(charger(4, NOON + 4), 10)])
    expect(await audited([first, onStream(charger(9, NOON + 9), 7, 0, NOON + 6_500)])).toEqual({
      agrees: false,
      missing: 1,
    })
  })
})

it('a replay has the order of each shard, in one stretch and in many', async () => {
  const log: LogRecord[] = []
  for (let day = 0; day < 3; day++) {
    const at = NOON - (2 - day) * DAY_MS
    for (let n = 0; n < 30; n++) {
      // Some of it is a day late.
      const happened = at + n * 60_000 - (n % 7 === 0 ? DAY_MS : 0)
      const record = { ...charger(n, happened, {}, `dev-${n % 4}`), received_at: at + n * 60_000 }
      log.push(onStream(record, 1_000 * day + (n >> 1), n % 4 < 2 ? 3 : 17, at + (n % 2) * 1_000))
    }
    await home.land(log.slice(-30))
    await home.night(new Date(at).toISOString().slice(0, 10), { now: () => at + DAY_MS })
  }
  expect(await home.names('landing/')).toEqual([])
  const ofShard = (all: LogRecord[], shard: string) => all.filter(({ position }) => position.endsWith(shard))
  for (const stretch_rows of [20, 1_000_000]) {
    const read: LogRecord[] = []
    const source = duckdbArchiveSource(home.files, { stretch_rows })
    for await (const record of source.records({ from: 0, to: NOON * 2 })) read.push(record)
    expect(read.length).toBe(log.length)
    for (const shard of ['03', '17'])
      expect(ofShard(read, shard)).toEqual(
        ofShard(log, shard).toSorted((a, b) => (a.position < b.position ? -1 : 1)),
      )
  }
})
