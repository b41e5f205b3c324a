/** Given / when / then for the processor: records go through `processBatch` into a real store, and rows are what is looked at. */
import { onTestFinished } from 'vitest'
import { positionText } from '../../adapters/log-position.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import type { StoreDump } from '../../adapters/store-tables.ts'
import type { Arriving, EventRow, HotStore, Summary } from '../../events/ports.ts'
import type { LogRecord, NewRecord } from '../../events/record.ts'
import { type BatchReport, processBatch } from '../../processors/process-batch.ts'
import { type DeviceState, parseDeviceState } from '../../statecharts/device-state.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import type { Release } from '../stand-ins/release.ts'

export const HOMES = ['memory', 'sqlite'] as const
export type Home = (typeof HOMES)[number]

export type DumpedStore = HotStore & { dump(): StoreDump }

export type LogLine = { level: string; message: string; fields: Record<string, unknown> }

export type Given = {
  store: DumpedStore
  /** The code that processes what comes next. */
  release: Release
  /** Everything laid on the log so far, with its positions. */
  log: LogRecord[]
  lines: LogLine[]
  counted: Record<string, number>
  /** What was put on the log for pairs, and has not been processed yet. */
  fed: NewRecord[]
  /** The records as one batch. */
  when(...records: NewRecord[]): Promise<BatchReport>
  /** Records of the log once more, as one batch. */
  again(records: LogRecord[]): Promise<BatchReport>
  /** What was fed, as a batch; with it the pairs are where their members are. */
  whenFed(): Promise<BatchReport>
}

/** A world in which the records have been processed, each in a batch of its own. */
export async function given(home: Home | DumpedStore, ...records: NewRecord[]): Promise<Given> {
  const store = typeof home === 'string' ? await storeAt(home) : home
  const log: LogRecord[] = []
  const lines: LogLine[] = []
  const counted: Record<string, number> = {}
  const say =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level, message, fields })
  const logger = { info: say('info'), warn: say('warn'), error: say('error') }
  const count = (name: string, by = 1) => {
    counted[name] = (counted[name] ?? 0) + by
  }
  const fed: NewRecord[] = []
  const feed = async (records: Arriving[]) => {
    for (const { received_at = 0, ...record } of records) fed.push({ ...record, received_at, verdict: 'ok' })
  }
  const again = (batch: LogRecord[]) =>
    world.release.processBatch(batch, { store, metrics: { count, gauge() {} }, logger, feed }, 'test')
  const when = (...added: NewRecord[]) => {
    const batch = added.map((record, n) => ({ ...record, position: positionText(log.length + n + 1) }))
    log.push(...batch)
    return again(batch)
  }
  const whenFed = () => when(...fed.splice(0))
  const world: Given = { store, release: { processBatch }, log, lines, counted, fed, when, again, whenFed }
  for (const record of records) await when(record)
  return world
}

export async function storeAt(home: Home): Promise<DumpedStore> {
  if (home === 'memory') return memoryStore()
  const folder = await temporaryFolder()
  const store = sqliteStore(folder.file('hot.sqlite'))
  onTestFinished(async () => {
    store.close()
    await folder.remove()
  })
  return store
}

export function rowsOf({ store }: Given, wanted: Partial<EventRow> = {}): EventRow[] {
  const entries = Object.entries(wanted)
  return store
    .dump()
    .events.filter((row) => entries.every(([name, value]) => row[name as keyof EventRow] === value))
}

/** What charts decided, in key order: `session_start`, `session_end`, … */
export function decidedBy(world: Given): string[] {
  return rowsOf(world, { origin: 'chart' }).flatMap(({ event_type, retracted }) =>
    retracted ? [`${event_type} retracted`] : [event_type],
  )
}

/** Bodies of the sessions, cycles or alarms, by their start. */
export function thingsOf({ store }: Given, kind: Summary['kind']): Record<string, unknown>[] {
  return store
    .dump()
    .summaries.filter((summary) => summary.kind === kind)
    .sort((a, b) => a.started_at - b.started_at)
    .map(({ body }) => body)
}

export function itemOf({ store }: Given, device_id?: string) {
  const { states } = store.dump()
  const item = device_id === undefined ? states[0] : states.find((state) => state.device_id === device_id)
  if (!item) throw new Error(`nothing is known of ${device_id ?? 'any device'}`)
  return item
}

export function stateOf(world: Given, device_id?: string): DeviceState {
  return parseDeviceState(itemOf(world, device_id).state)
}

/** Why each quarantined record was refused, in log order. */
export function reasonsOf({ store }: Given): string[] {
  return store.dump().quarantine.map(({ reason }) => reason)
}
