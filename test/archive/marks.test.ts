import { expect, it } from 'vitest'
import { duckdbMarks } from '../../adapters/duckdb-marks.ts'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { electricalTold, marksOf } from '../../energy/energy-marks.ts'
import { archiveBatch } from '../../processors/archive-batch.ts'
import type { MarkRange } from '../../workflows/aggregate-night.ts'
import { charger, NOON } from './archived-records.ts'

it('marks out of the archive are those of the readings themselves', async () => {
  const said = Array.from({ length: 3_000 }, (_, n) => {
    // Now and then a field is missing, and a register falls.
    const at = NOON + n * 7_919
    const fields = {
      ...(n % 3 !== 0 && { energy_delivered_kwh: ((n * 37) % 1_000) / 10 }),
      ...(n % 4 !== 0 && { current_draw: (n * 13) % 32 }),
      ...(n % 5 !== 0 && { voltage_v: 230 }),
      ...(n % 7 === 0 && { power_kw: (n % 11) / 2 }),
    }
    return { at, device_id: `dev-${n % 3}`, fields }
  })
  const files = memoryArchive()
  const records = said.map(({ at, device_id, fields }, n) => charger(n + 1, at, fields, device_id))
  const quiet = { info() {}, warn() {}, error() {} }
  const metrics = { count() {}, gauge() {} }
  await archiveBatch(records, { files, write: writeLanding, store: memoryStore(), metrics, logger: quiet })
  async function marksIn(more: Partial<MarkRange> = {}): Promise<unknown[]> {
    const found: unknown[] = []
    const range = { from: NOON - 86_400_000, to: NOON + 86_400_000, ...more }
    for await (const marks of duckdbMarks(files).marks(range)) found.push(marks)
    return found
  }
  const found = await marksIn()
  const expected = ['dev-0', 'dev-1', 'dev-2'].map((device_id) => ({
    device_id,
    marks: marksOf(
      said
        .filter((one) => one.device_id === device_id)
        .map(({ at, fields }) => ({
          at,
          register_kwh: (fields as { energy_delivered_kwh?: number }).energy_delivered_kwh,
          ...electricalTold(fields),
        })),
    ),
  }))
  const close = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1e9) / 1e9 : value)
  const rounded = (all: unknown) => JSON.parse(JSON.stringify(all, (_, value) => close(value)))
  expect(rounded(found)).toEqual(rounded(expected))
  expect(await marksIn({ device_ids: ['dev-2', 'dev-0'] })).toEqual([found[0], found[2]])
  expect(await marksIn({ landed_after: '2026-11-19' })).toEqual(found)
  expect(await marksIn({ landed_after: '2026-11-20' })).toEqual([])
})
