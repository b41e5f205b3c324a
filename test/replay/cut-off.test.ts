import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import { lawful } from '../simulation/law.ts'
import { fleetRecords, folderWith, newFolder, replay, write } from './replay-world.ts'

const REPLAY = join(import.meta.dirname, '..', '..', 'tools', 'replay.ts')

function start(args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', REPLAY, ...args], {
    stdio: 'ignore',
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, ended }
}

function dumpOf(data: string) {
  const store = sqliteStore(filesOf(data).hot)
  const dump = lawful(store.dump())
  store.close()
  return dump
}

function isBegun(checkpoint: string): boolean {
  try {
    return Object.keys(JSON.parse(readFileSync(checkpoint, 'utf8')).places).length > 0
  } catch {
    return false
  }
}

describe('a replay that is cut off', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)(
    'by %s goes on where it was, and comes to the same',
    async (signal) => {
      const data = await folderWith(fleetRecords(31, 'orderly'))
      const file = write((await replay('print', '--log', data)).out)
      const into = newFolder()
      const checkpoint = join(newFolder(), 'checkpoint.json')
      const args = ['restream', '--file', file, '--into', into, '--yes', '--checkpoint', checkpoint]
      const { child, ended } = start([...args, '--rate', '50'])
      await vi.waitFor(() => expect(isBegun(checkpoint)).toBe(true), { timeout: 60_000, interval: 50 })
      child.kill(signal)
      expect(await ended).toBe(signal === 'SIGKILL' ? null : 2)
      expect(JSON.parse(readFileSync(checkpoint, 'utf8')).done).toBe(false)
      expect((await replay(...args)).code).toBe(0)
      expect(dumpOf(into)).toEqual(dumpOf(data))
      const log = sqliteLog(filesOf(into).log)
      const again =
        (await log.read('', 1_000_000)).length - (await log.read('', 1_000_000)).filter(isFirst()).length
      log.close()
      // At most what was under way is told twice.
      expect(again).toBeLessThanOrEqual(2_000)
    },
    240_000,
  )
})

function isFirst(): (record: { topic: string; received_at: number; payload: Uint8Array }) => boolean {
  const seen = new Set<string>()
  return ({ topic, received_at, payload }) => {
    const name = `${topic} ${received_at} ${Buffer.from(payload).toString('base64')}`
    return !seen.has(name) && Boolean(seen.add(name))
  }
}
