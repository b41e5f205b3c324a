import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import type { NewRecord } from '../../events/record.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const record: NewRecord = {
  received_at: 1_763_000_000_000,
  source: 'mqtt',
  topic: 'ev/evse/dev-1/telemetry',
  payload: new Uint8Array([1, 2, 3]),
  verdict: 'ok',
}

test('a position is not given again after the newest records were removed', async () => {
  const file = folder.file('log.sqlite')
  const log = sqliteLog(file)
  log.appendSync([record, record, record])
  const last = await log.tail()
  const archive = new DatabaseSync(file)
  archive.exec('DELETE FROM log')
  archive.close()
  expect(await log.read('', 10)).toEqual([])
  log.appendSync([record])
  expect((await log.tail()) > last).toBe(true)
  log.close()
})

test('a try writes as much as an append of so many bytes, and leaves nothing to read and no position out', async () => {
  const file = folder.file('log.sqlite')
  const log = sqliteLog(file)
  const reader = sqliteLog(file, { readonly: true })
  const written = () => statSync(`${file}-wal`).size
  const before = written()
  await log.tryRoom(0)
  expect(written()).toBeGreaterThan(before)
  await log.tryRoom(1_000_000)
  expect(written() - before).toBeGreaterThan(1_000_000)
  expect([await reader.tail(), await reader.read('', 10)]).toEqual(['', []])
  log.appendSync([record, record])
  await log.tryRoom(10)
  log.appendSync([record])
  expect((await reader.read('', 10)).map(({ position }) => Number(position))).toEqual([1, 2, 3])
  reader.close()
  log.close()
})

test('a reader beside the writer sees each append when it is committed', async () => {
  const file = folder.file('log.sqlite')
  const writer = sqliteLog(file)
  const reader = sqliteLog(file, { readonly: true })
  expect(await reader.tail()).toBe('')
  writer.appendSync([record, record])
  expect(await reader.read('', 10)).toEqual(await writer.read('', 10))
  expect(() => reader.appendSync([record])).toThrow('readonly')
  reader.close()
  writer.close()
})

test('a scan leaves out what is not wanted, and still says how far it has come', () => {
  const log = sqliteLog(folder.file('log.sqlite'))
  const topics = ['a', 'b', 'b', 'b', 'a', 'c']
  log.appendSync(topics.map((name) => ({ ...record, topic: `ev/evse/${name}/telemetry` })))
  const isA = (topic: string) => topic === 'ev/evse/a/telemetry'
  const [first, second] = [log.scan('', 4, isA), log.scan('00000000000000000004', 4, isA)]
  expect([first?.records.map(({ position }) => Number(position)), first?.position]).toEqual([
    [1],
    '00000000000000000004',
  ])
  expect([second?.records.map(({ position }) => Number(position)), second?.position]).toEqual([
    [5],
    '00000000000000000006',
  ])
  expect(log.scan('00000000000000000001', 2, isA)).toEqual({ records: [], position: '00000000000000000003' })
  expect(log.scan('00000000000000000006', 4, isA)).toBeNull()
  expect(log.scan('', 9, null)?.records).toHaveLength(6)
  log.close()
})
