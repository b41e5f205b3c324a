/** Messages that are long and never alike take no more memory than is given. */
import { hash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, NOON } from './archived-records.ts'
import { createNightHome, type NightHome } from './night-home.ts'
import { onStream } from './stream-records.ts'

let home: NightHome
beforeEach(async () => {
  home = await createNightHome()
})
afterEach(() => home.close())

const ROWS = 6_000

const wide = (n: number) => charger(n, NOON - n, { note: hash('sha512', `${n}`).repeat(48) }, `dev-${n % 40}`)

it.each<[string, boolean, (record: LogRecord, n: number) => LogRecord]>([
  ['of one log, and lets them go', true, (record) => record],
  ['of one log, and keeps them', false, (record) => record],
  ['of two shards', true, (record, n) => onStream(record, n >> 2, n % 2, NOON + n * 1_000)],
])('a replay reads them %s', async (_, fleeting, placed) => {
  const all = Array.from({ length: ROWS }, (_, n) => placed(wide(n), n))
  for (let n = 0; n < ROWS; n += 1_000) await home.land(all.slice(n, n + 1_000))
  all.sort((a, b) => (a.position < b.position ? -1 : 1))
  const source = duckdbArchiveSource(home.files, { memory_mb: 64, threads: 1 })
  const read: string[] = []
  let wrong = 0
  for await (const batch of source.batches({ from: 0, to: 9e12 }, { fleeting }))
    for (const { position, payload } of batch) {
      if (Buffer.compare(payload, all[read.length]?.payload ?? new Uint8Array()) !== 0) wrong++
      read.push(position)
    }
  expect(read).toEqual(all.map(({ position }) => position))
  expect(wrong).toBe(0)
})
