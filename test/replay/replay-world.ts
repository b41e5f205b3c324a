/** Data folders as a stopped server leaves them, and `npm run replay` over them in this process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { folderArchive } from '../../adapters/folder-archive.ts'
import { writeLanding } from '../../adapters/parquet-landing.ts'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { CONSUMER, filesOf } from '../../embedded/folder.ts'
import type { DeviceConfig } from '../../events/event.ts'
import type { Logger, Metrics } from '../../events/ports.ts'
import type { NewRecord } from '../../events/record.ts'
import { configTopic } from '../../events/topics.ts'
import type { FaultLevel } from '../../firmware-model/radio.ts'
import { archiveBatch } from '../../processors/archive-batch.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { runReplay } from '../../tools/replay-command.ts'
import { parseSimulateOptions } from '../../tools/simulate-options.ts'
import { createWorld } from '../../tools/simulate-world.ts'

export const quiet: Logger = { info() {}, warn() {}, error() {} }
export const uncounted: Metrics = { count() {}, gauge() {} }
const utf8 = new TextEncoder()

const made: string[] = []
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pilotline-replay-'))
  made.push(folder)
  return folder
}

export function write(content: string | Uint8Array, name = 'records.ndjson'): string {
  const path = join(newFolder(), name)
  writeFileSync(path, content)
  return path
}

/** What a fleet sends, and what it is configured as, in the order in which it arrives. */
export function fleetRecords(seed: number, faults: FaultLevel, more: string[] = []): NewRecord[] {
  const flags = ['--seed', `${seed}`, '--evse', '6', '--thermostats', '3', '--hours', '60', '--out', '-']
  const options = parseSimulateOptions([...flags, '--faults', faults, ...more], () => {})
  const world = createWorld(options, Date.UTC(2026, 0, 5), null)
  const configs = world.configs.map(({ device_id, config }) => configRecord(device_id, config, world.start))
  const deliveries = [...world.runTo(world.until), ...world.rest()]
  return [...configs, ...deliveries.map((one) => fromDevice(one.topic, one.received_at, one.payload))]
}

export function configRecord(device_id: string, config: DeviceConfig, at: number, from = at): NewRecord {
  const message = { device_id, effective_from: from, written_at: at, config }
  const payload = utf8.encode(JSON.stringify(message))
  return { received_at: at, source: 'internal', topic: configTopic(device_id), verdict: 'ok', payload }
}

export function fromDevice(topic: string, received_at: number, payload: string): NewRecord {
  return { received_at, source: 'mqtt', topic, verdict: 'unchecked', payload: utf8.encode(payload) }
}

/** A folder with these on its log, processed as the server does it: in batches, pairs fed by the log. */
export async function folderWith(records: readonly NewRecord[], data = newFolder()): Promise<string> {
  mkdirSync(data, { recursive: true })
  const files = filesOf(data)
  const log = sqliteLog(files.log)
  log.appendSync([...records])
  await processTo(data)
  log.close()
  return data
}

/** Runs the charts to the end of the log. */
export async function processTo(data: string): Promise<void> {
  const files = filesOf(data)
  const log = sqliteLog(files.log)
  const store = sqliteStore(files.hot)
  const feed = async (fed: Parameters<NonNullable<Parameters<typeof processBatch>[1]['feed']>>[0]) =>
    log.appendSync(fed.map(({ received_at = 0, ...one }) => ({ ...one, received_at, verdict: 'ok' })))
  for (;;) {
    const batch = await log.read(await store.position(CONSUMER), 700)
    if (batch.length === 0) break
    await processBatch(batch, { store, metrics: uncounted, logger: quiet, feed }, CONSUMER)
  }
  store.close()
  log.close()
}

export async function replay(...args: string[]) {
  let out = ''
  let err = ''
  const code = await runReplay(args, {
    out: {
      write: (text) => {
        out += text
      },
    },
    err: (text) => {
      err += text
    },
    tty: null,
  })
  return { code, out, err }
}

/** What the thread of the archive does with the log, behind a position. */
export async function archived(data: string, after = ''): Promise<void> {
  const log = sqliteLog(filesOf(data).log)
  const store = sqliteStore(filesOf(data).hot)
  const files = folderArchive(filesOf(data).archive)
  await archiveBatch(await log.read(after, 1_000_000), {
    files,
    write: writeLanding,
    store,
    metrics: uncounted,
    logger: quiet,
  })
  store.close()
  log.close()
}
