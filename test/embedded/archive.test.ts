import { AssertionError } from 'node:assert'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { duckdbArchiveSource } from '../../adapters/duckdb-archive-source.ts'
import { folderArchive } from '../../adapters/folder-archive.ts'
import { memoryArchiveBook } from '../../adapters/memory-archive-book.ts'
import { memoryLog } from '../../adapters/memory-log.ts'
import { type ArchiveLoopParts, archiveOnce, runArchive } from '../../embedded/archive-loop.ts'
import { filesOf } from '../../embedded/folder.ts'
import { startEmbedded } from '../../embedded/start.ts'
import type { LogRecord } from '../../events/record.ts'
import { charger, NOON } from '../archive/archived-records.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'
import { createKeptLogger } from './gated-log.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

async function loop(records: number, archive: ArchiveLoopParts['archive']) {
  const log = memoryLog()
  await log.append(Array.from({ length: records }, (_, n) => charger(n + 1, NOON + n)))
  const stop = new AbortController()
  const pauses: number[] = []
  const logger = createKeptLogger()
  const parts: ArchiveLoopParts = {
    log,
    book: memoryArchiveBook(),
    archive,
    pause: async (wait_ms) => {
      pauses.push(wait_ms)
      if (wait_ms === 7) stop.abort()
    },
    gather_ms: 7,
    onArchived: () => {},
    logger,
  }
  return { parts, stop, pauses, logger }
}

it('everything is archived once, in order, and the mark is behind it', async () => {
  const seen: LogRecord[] = []
  const { parts, stop, pauses } = await loop(10_050, async (records) => void seen.push(...records))
  await runArchive(parts, stop.signal)
  expect(seen.length).toBe(10_050)
  expect(new Set(seen.map(({ position }) => position)).size).toBe(10_050)
  expect(await parts.book.mark('archived')).toBe(
    await parts.log.read('', 20_000).then((all) => all.at(-1)?.position),
  )
  expect(pauses).toEqual([7])
})

it('what fails is tried again, ever more slowly, and the mark stays before it', async () => {
  let failures = 3
  const { parts, stop, pauses, logger } = await loop(10, async () => {
    if (failures-- > 0) throw new Error('the disk is full')
    return []
  })
  await runArchive(parts, stop.signal)
  expect(pauses).toEqual([1_000, 2_000, 4_000, 7])
  expect(logger.lines.map(({ message }) => message)).toEqual([
    'archiving failed, it is tried again',
    'archiving failed, it is tried again',
    'archiving failed, it is tried again',
    'the archive is well again',
  ])
})

it('our own bug ends it', async () => {
  const { parts, stop } = await loop(1, () => Promise.reject(new AssertionError({ message: 'broken' })))
  await expect(runArchive(parts, stop.signal)).rejects.toThrow('broken')
  expect(await parts.book.mark('archived')).toBe('')
})

it('a file holds so many bytes at most, and one record at least', async () => {
  const sizes: number[] = []
  const { parts } = await loop(0, async (records) => void sizes.push(records.length))
  const payload = new Uint8Array(5 * 1024 * 1024)
  const log = {
    read: async (after: string) =>
      [1, 2].map((n) => ({ ...charger(n, NOON), payload })).filter((r) => r.position > after),
  }
  await archiveOnce({ ...parts, log })
  await archiveOnce({ ...parts, log })
  expect(sizes).toEqual([1, 1])
})

it('a home archives what it takes in, and after a stop goes on where it was', async () => {
  const data = folder.file('data')
  const logger = createKeptLogger()
  const onFatal = (error: Error) => {
    throw error
  }
  const archived = async () => {
    const records: LogRecord[] = []
    if (!existsSync(filesOf(data).archive)) return records
    const source = duckdbArchiveSource(folderArchive(filesOf(data).archive))
    for await (const record of source.records({ from: 0, to: NOON * 2 })) records.push(record)
    return records
  }
  for (const round of [1, 2]) {
    const home = await startEmbedded({
      data,
      mqtt_port: 0,
      http_port: 0,
      archive_gather_ms: 50,
      logger,
      onFatal,
    })
    for (let n = 0; n < 20; n++) {
      const { topic, payload } = charger(n, NOON + round * 60_000 + n)
      await home.door.admit({ source: 'http', topic, payload })
    }
    const count = (await home.log.read('', 1_000)).length
    await vi.waitFor(async () => expect((await archived()).length).toBeGreaterThanOrEqual(count), {
      timeout: 30_000,
      interval: 200,
    })
    const log = await home.log.read('', 1_000)
    expect(await archived()).toEqual(log.slice(0, (await archived()).length))
    await home.stop()
  }
  expect(logger.lines.filter(({ level }) => level !== 'info')).toEqual([])
})
