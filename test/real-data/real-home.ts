/** The embedded home over a folder of its own, filled by a test and asked what it made of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import { type Embedded, startEmbedded } from '../../embedded/start.ts'
import { configArriving } from '../../events/config-record.ts'
import type { DeviceConfig, DeviceType } from '../../events/event.ts'
import type { Summary } from '../../events/ports.ts'
import { telemetryTopic } from '../../events/topics.ts'
import type { ImportPorts } from '../../processors/import-ports.ts'
import { type Row, readRows } from '../../processors/import-rows.ts'
import { readBytes } from '../../tools/import-file.ts'

export type RealHome = {
  home: Embedded
  ports: ImportPorts
  configure(device_id: string, effective_from: number, config: DeviceConfig): Promise<void>
  /** Messages of one device, in order, as it would have sent them. */
  say(type: DeviceType, device_id: string, messages: Record<string, unknown>[]): Promise<void>
  /** Resolves when everything that came in has been processed. */
  settle(): Promise<void>
  /** Oldest first. */
  all(kind: Summary['kind']): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

export async function startRealHome(data: string): Promise<RealHome> {
  const home = await startEmbedded({
    data,
    mqtt_port: 0,
    http_port: 0,
    logger: { info() {}, warn() {}, error() {} },
    onFatal: (error) => {
      throw error
    },
  })
  const { door, reads } = home
  return {
    home,
    ports: {
      admit: door.admit,
      putConfig: (message) => door.admit(configArriving(message)),
      deviceType: async (device_id) => (await reads.device(device_id))?.device_type ?? null,
      configHistory: reads.configHistory,
    },
    configure: async (device_id, effective_from, config) => {
      await door.admit(configArriving({ device_id, effective_from, written_at: Date.now(), config }))
    },
    say: async (type, device_id, messages) => {
      const topic = telemetryTopic(type, device_id)
      const arriving = messages.map((message) => ({
        source: 'mqtt' as const,
        topic,
        payload: new TextEncoder().encode(JSON.stringify(message)),
      }))
      await Promise.all(arriving.map(door.admit))
    },
    settle: async () => {
      while (home.figures().lag_records > 0) await sleep(20)
    },
    all: async (kind) => {
      const found: Summary[] = []
      let cursor: string | null | undefined
      do {
        const query = { kind, by: 'all', from: 0, to: 9_999_999_999_999, limit: 500 } as const
        const page = await reads.summaries({ ...query, ...(cursor && { cursor }) })
        found.push(...page.items)
        cursor = page.next_cursor
      } while (cursor)
      return found.reverse().map(({ body }) => body)
    },
    stop: async () => {
      await home.stop()
    },
  }
}

export function newFolder(): { data: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'pilotline-real-'))
  return { data: join(folder, 'data'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** How many rows each table of a stopped home holds. */
export function rowCounts(data: string): Record<string, number> {
  const store = sqliteStore(filesOf(data).hot)
  const counts = Object.entries(store.dump()).map(([table, rows]) => [table, rows.length])
  store.close()
  return Object.fromEntries(counts)
}

/** Rows of a recording by the names of its header, which is on line `header_line`. */
export async function recordedRows(
  path: string,
  delimiter = ',',
  header_line = 1,
): Promise<Record<string, string>[]> {
  const rows: Row[] = []
  for await (const row of readRows(readBytes(path), delimiter)) if (row.line >= header_line) rows.push(row)
  const names = rows.shift()?.cells ?? []
  return rows.map(({ cells }) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])))
}
